"""The rows of a CSV: cells in quotes may hold the mark between cells, quotes and line ends."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable

from rnnviz.core.errors import TextError

Rows = list[tuple[int, list[str]]]
"""Cells, with the number of the line where their row begins."""


def rows_of_csv(lines: Iterable[str], delimiter: str, name: str) -> Rows:
    """The rows of these lines in which anything stands; `name` is the file's.

    Raises:
        TextError: a quote is not closed, or something follows where one closes.
    """
    # A document is one field. The limit is the process's: others that read CSV get theirs back.
    limit = csv.field_size_limit(min(sys.maxsize, 1 << 30))
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    rows, begins = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise TextError(
            f"{name} is no CSV from line {begins:,} on: {error}; a quote inside quotes is written "
            "twice"
        ) from error
    finally:
        csv.field_size_limit(limit)
    return rows
