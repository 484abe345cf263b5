"""Words in a table that a spreadsheet opens: none of them is a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable

_QUOTED = re.compile('[,;|"\t\r\n\v\f]')
"""What parts cells or rows somewhere: a cell that holds any is quoted."""
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"
"""What some programs drop before they look how a cell begins."""
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
"""How a formula begins, also in full width."""
_LATER = re.compile(rf"([;|\t\r\n])(?=[\"{_UNSEEN}]*(?:[=@＝＠]|[-+＋－][\w.(@=+-]))")  # noqa: RUF001
"""Where a cell could begin in a spreadsheet that parts cells otherwise, with a formula."""


def plain_cell(words: str) -> str:
    r"""Words as a cell that is shown and never computed: an apostrophe says so.

    A number stays a number, and one character is no formula: texts consist of such cells.

    >>> plain_cell('=HYPERLINK("http://evil.example")'), plain_cell("=")
    ('\'=HYPERLINK("http://evil.example")', '=')
    >>> plain_cell("-0.5"), plain_cell("-2+3+cmd|' /C calc'!A0")
    ('-0.5', "'-2+3+cmd|' /C calc'!A0")

    Where the comma is the decimal sign, semicolons part cells, also within quotes.

    >>> plain_cell("a;=1+1;-)")
    "a;'=1+1;-)"
    """
    begins = words.lstrip(_UNSEEN).startswith(_BEGINNINGS)
    if len(words) < 2 or not begins or _is_number(words):
        return _LATER.sub(r"\1'", words)
    return "'" + _LATER.sub(r"\1'", words)


def csv_row(cells: Iterable[object]) -> str:
    r"""A row as RFC 4180 has it, with its line end: words are plain cells, None is empty.

    >>> csv_row(("a;b", "=1+1", 0.5, None))
    '"a;b",\'=1+1,0.5,\r\n'
    """
    return ",".join(map(_cell, cells)) + "\r\n"


def csv_rows(rows: Iterable[Iterable[object]]) -> str:
    """Rows one after the other, as `csv_row` writes them."""
    return "".join(map(csv_row, rows))


def csv_bytes(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as a file of them, UTF-8; a lone surrogate becomes a question mark."""
    return csv_rows(rows).encode("utf-8", "replace")


def _cell(value: object) -> str:
    if not isinstance(value, str):
        return "" if value is None else str(value)
    words = plain_cell(value)
    if _QUOTED.search(words) is None:
        return words
    doubled = words.replace('"', '""')
    return f'"{doubled}"'


def _is_number(words: str) -> bool:
    try:
        float(words)
    except ValueError:
        return False
    return True
