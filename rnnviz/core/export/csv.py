"""A coloured text as a table, one row a character, for spreadsheets and scripts."""

from __future__ import annotations

import math
from pathlib import Path

from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.spreadsheets import csv_rows
from rnnviz.core.files.writing import save_file

COLUMNS = ("offset", "character", "code_point", "value", "surprisal_bits")


def csv_table(coloured: ColouredText) -> str:
    """The table as RFC 4180 text: `COLUMNS`, the concept's title where there are labels, bands.

    What is unknown is an empty field; tabs and line ends are kept inside quotes.
    """
    concept = () if coloured.labels is None else (coloured.concept,)
    rows: list[list[object]] = [[*COLUMNS, *concept, *(band.name for band in coloured.bands)]]
    for place, character in enumerate(coloured.characters):
        row: list[object] = [
            coloured.start + place,
            character,
            f"U+{ord(character):04X}",
            _field(float(coloured.values[place])),
            "" if coloured.surprisal is None else _field(float(coloured.surprisal[place])),
        ]
        if coloured.labels is not None:
            row.append(_field(float(coloured.labels[place])))
        row += [_field(float(band.values[place])) for band in coloured.bands]
        rows.append(row)
    return csv_rows(rows)


def write_csv(path: Path, coloured: ColouredText) -> None:
    """Write the table, UTF-8; a lone surrogate becomes a question mark."""
    save_file(path, csv_table(coloured))


def _field(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
