"""Words in a table that a spreadsheet opens: none of them is a formula."""

from __future__ import annotations

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
"""How a formula begins, also in full width."""


def plain_cell(words: str) -> str:
    r"""Words as a cell that is shown and never computed: an apostrophe says so.

    A number stays a number, and one character is no formula: texts consist of such cells.

    >>> plain_cell('=HYPERLINK("http://evil.example")'), plain_cell("=")
    ('\'=HYPERLINK("http://evil.example")', '=')
    >>> plain_cell("-0.5"), plain_cell("-2+3+cmd|' /C calc'!A0")
    ('-0.5', "'-2+3+cmd|' /C calc'!A0")
    """
    if len(words) < 2 or not words.startswith(_BEGINNINGS) or _is_number(words):
        return words
    return "'" + words


def _is_number(words: str) -> bool:
    try:
        float(words)
    except ValueError:
        return False
    return True
