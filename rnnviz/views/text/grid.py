"""Where the cells of a text lie in the window, in whole pixels."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRect
from PySide6.QtGui import QFont, QFontMetricsF

BAND = 3
"""The height of the band that shows a label under each row, in pixels."""


class Grid(Struct, frozen=True):
    """Where cells lie in the viewport, in whole pixels."""

    cell: int
    """The width of a column."""
    height: int
    """From one row to the next."""
    gap: int
    """The part of the height at its foot that stays free of colour."""
    ascent: float
    left: int
    """Where column 0 begins when nothing is scrolled away."""
    top: int
    first_column: int = 0

    @classmethod
    def of(cls, font: QFont, left: int, first_column: int, bands: int) -> Grid:
        """The grid of a font whose letter spacing makes every advance `cell`."""
        metrics = QFontMetricsF(font)
        text = round(metrics.height())
        pad = max(1, text // 10)
        gap = (BAND + 1) * bands + 2
        return cls(
            round(metrics.horizontalAdvance("M" * 16) / 16),
            text + 2 * pad + gap,
            gap,
            pad + metrics.ascent(),
            left,
            6,
            first_column,
        )

    def moved_to(self, left: int) -> Grid:
        """The same grid with column 0 elsewhere."""
        return replace(self, left=left)

    def x(self, column: int) -> int:
        """The left edge of a column."""
        return self.left + (column - self.first_column) * self.cell

    def y(self, row: int) -> int:
        """The upper edge of a row of the page."""
        return self.top + row * self.height

    def rect(self, row: int, begin: int, end: int) -> QRect:
        """The coloured part of the cells of a row from column `begin` up to `end`."""
        return QRect(self.x(begin), self.y(row), (end - begin) * self.cell, self.height - self.gap)

    def row_at(self, y: float) -> int:
        """The row of the page under a height; it may lie outside."""
        return int((y - self.top) // self.height)

    def column_at(self, x: float) -> int:
        """The column under a place; negative left of the text."""
        return self.first_column + int((x - self.left) // self.cell)


def gridded(font: QFont) -> QFont:
    """The font with letters spaced so that every advance is a whole number of pixels."""
    plain = QFont(font)
    plain.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0)
    advance = QFontMetricsF(plain).horizontalAdvance("M" * 64) / 64
    plain.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, max(1, round(advance)) - advance)
    return plain
