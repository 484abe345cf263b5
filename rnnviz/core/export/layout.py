"""Characters on a grid: what stands for each, in which row and column. Shared by all exports."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

TAB_STOP = 8
"""A tab reaches to the next multiple of so many columns."""
NEWLINE_SHOWN = "\u21b5"
TAB_SHOWN = "\u2192"
_SIMPLE_END = 0x530
"""Latin, Greek and Cyrillic letters stand before it."""


class Cell(NamedTuple):
    """One character on the grid."""

    place: int
    """Which character of the range."""
    shown: str
    column: int
    width: int
    """In columns."""
    symbol: bool
    """Whether a symbol stands for something that cannot be seen."""

    @property
    def blank(self) -> str:
        """For a terminal: blanks instead of the symbols of newline and tab."""
        if self.symbol and self.shown in (NEWLINE_SHOWN, TAB_SHOWN):
            return " " * self.width
        return self.shown


def shown(character: str) -> tuple[str, bool]:
    """What is drawn for a character, and whether that is a symbol in its place.

    Control characters become their pictures; what would turn the writing direction, join its
    neighbours or break the encoding becomes a replacement mark; a combining mark gets a circle.
    """
    code = ord(character)
    if character == "\n":
        return NEWLINE_SHOWN, True
    if character == "\t":
        return TAB_SHOWN, True
    if code < 32:
        return chr(0x2400 + code), True
    if code == 127:
        return "\u2421", True
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or is_no_character(code):
        return "\ufffd", True
    return ("\u25cc" + character, False) if category[0] == "M" else (character, False)


def is_no_character(code: int) -> bool:
    """Whether Unicode keeps a code from ever being a character; XML forbids two of them."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code < 0xFDF0


def stands_alone(drawn: str) -> bool:
    """Whether what is drawn in a cell must be placed by itself, lest it be joined or turned."""
    if drawn.isascii() or drawn in (NEWLINE_SHOWN, TAB_SHOWN):
        return False
    if len(drawn) > 1 or ord(drawn) > 0xFFFF:  # a viewer may count the latter as two
        return True
    if ord(drawn) < _SIMPLE_END:
        return False
    turned = unicodedata.bidirectional(drawn) in ("R", "AL", "AN")
    return turned or unicodedata.east_asian_width(drawn) not in "WF"


def width(character: str, column: int) -> int:
    """How many columns a character takes that begins in this column."""
    if character == "\t":
        return TAB_STOP - column % TAB_STOP
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def rows(characters: str, columns: int | None = None) -> list[list[Cell]]:
    """The characters in rows: a new one after each newline, and where a row is full.

    Args:
        columns: a longer line is broken after its last blank that fits, or in the middle of a word
            if there is none; None breaks no line.
    """
    found: list[list[Cell]] = [[]]
    column = 0
    for place, character in enumerate(characters):
        wide = width(character, column)
        # A newline may hang over the edge, rather than make a row of its own.
        if columns is not None and column + wide > columns and character != "\n":
            carried = _after_last_blank(found[-1], characters)
            found.append([])
            column = 0
            for cell in carried:
                found[-1].append(cell._replace(column=column))
                column += cell.width
            wide = width(character, column)
        symbol_or_self, symbol = shown(character)
        found[-1].append(Cell(place, symbol_or_self, column, wide, symbol))
        column += wide
        if character == "\n":
            found.append([])
            column = 0
    return found if found[-1] else found[:-1]


def _after_last_blank(row: list[Cell], characters: str) -> list[Cell]:
    """Take the unfinished word off the end of a row; nothing if the row is one word."""
    for number in range(len(row) - 1, -1, -1):
        if characters[row[number].place] in " \t":
            carried = row[number + 1 :]
            del row[number + 1 :]
            return carried
    return []
