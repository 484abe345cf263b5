"""Where the cells and names of a table lie in the window; arithmetic on pixels, nothing painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

SLANT = math.radians(58)
"""How steep the names of columns stand."""
_LONGEST_NAME = 150.0
_ROOM = 10.0
_LEAST_CELL, _LARGEST_CELL, _USUAL_CELL = 0.25, 64.0, 30.0


@dataclass(frozen=True)
class TableLayout:
    """R rows and C columns of square cells, names on the left and on top that never scroll away."""

    rows: int
    columns: int
    cell: float = _USUAL_CELL
    """The side of a cell in pixels."""
    left: float = 0.0
    """The width of the names of rows."""
    top: float = 0.0
    """The height of the names of columns."""
    x: float = 0.0
    y: float = 0.0
    """How far the cells are scrolled away."""
    line: float = 14.0
    """The least distance between two names."""

    @classmethod
    def of(
        cls, row_names: Sequence[str], column_names: Sequence[str], metrics: QFontMetricsF
    ) -> TableLayout:
        """The layout of a table with these names, set in this font."""

        def longest(names: Sequence[str]) -> float:
            return max((metrics.horizontalAdvance(name) for name in names), default=0.0)

        left = min(longest(row_names), _LONGEST_NAME) + 2 * _ROOM
        top = min(longest(column_names), _LONGEST_NAME) * math.sin(SLANT) + 2 * _ROOM
        return cls(len(row_names), len(column_names), left=left, top=top, line=metrics.height() - 1)

    @property
    def longest_name(self) -> float:
        """Pixels after which a name is cut."""
        return _LONGEST_NAME

    # Sizes

    def fitting(self, width: float, height: float, *, largest: float = _USUAL_CELL) -> TableLayout:
        """The same with cells so large that all fit, and not larger than is usual."""
        across = (width - self.left - self.overhang) / max(self.columns, 1)
        down = (height - self.top - _ROOM) / max(self.rows, 1)
        return replace(self, cell=_clamped(min(across, down, largest)), x=0.0, y=0.0)

    def zoomed(self, factor: float, at: QPointF) -> TableLayout:
        """The same with larger cells; what lies at a point stays there."""
        cell = _clamped(self.cell * factor)
        grown = cell / self.cell
        x = (at.x() - self.left + self.x) * grown - (at.x() - self.left)
        y = (at.y() - self.top + self.y) * grown - (at.y() - self.top)
        return replace(self, cell=cell, x=max(0.0, x), y=max(0.0, y))

    def scrolled(self, x: float, y: float) -> TableLayout:
        """The same with cells elsewhere."""
        return replace(self, x=x, y=y)

    @property
    def overhang(self) -> float:
        """How far the last name of a column reaches beyond its cell."""
        return (self.top - 2 * _ROOM) / math.tan(SLANT) if self.columns else 0.0

    @property
    def size(self) -> tuple[float, float]:
        """The width and height of all cells."""
        return self.columns * self.cell, self.rows * self.cell

    # Places

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies in the window."""
        return QRectF(
            self.left + column * self.cell - self.x,
            self.top + row * self.cell - self.y,
            self.cell,
            self.cell,
        )

    def row_rect(self, row: int) -> QRectF:
        """Where a row of cells lies."""
        first = self.cell_rect(row, 0)
        return QRectF(first.x(), first.y(), self.columns * self.cell, self.cell)

    def column_rect(self, column: int) -> QRectF:
        """Where a column of cells lies."""
        first = self.cell_rect(0, column)
        return QRectF(first.x(), first.y(), self.cell, self.rows * self.cell)

    def row_at(self, y: float) -> int | None:
        """The row at a height, whether on its cells or on its name."""
        row = math.floor((y - self.top + self.y) / self.cell)
        return row if y >= self.top and 0 <= row < self.rows else None

    def column_at(self, x: float, y: float) -> int | None:
        """The column at a place; names of columns lean to the right."""
        if y < self.top:
            x -= (self.top - y) / math.tan(SLANT)
        column = math.floor((x - self.left + self.x) / self.cell)
        return column if x >= self.left and 0 <= column < self.columns else None

    def visible_rows(self, height: float) -> range:
        """The rows of which something is seen."""
        first = max(0, math.floor(self.y / self.cell))
        last = math.ceil((self.y + height - self.top) / self.cell)
        return range(first, min(self.rows, max(first, last)))

    def visible_columns(self, width: float) -> range:
        """The columns of which something is seen."""
        first = max(0, math.floor(self.x / self.cell))
        last = math.ceil((self.x + width - self.left) / self.cell)
        return range(first, min(self.columns, max(first, last)))

    @property
    def every(self) -> int:
        """Which names are drawn: every one, every second, every fifth and so on."""
        needed = math.ceil(self.line / self.cell)
        return next((step for step in _STEPS if step >= needed), _STEPS[-1])


_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def _clamped(cell: float) -> float:
    cell = min(max(cell, _LEAST_CELL), _LARGEST_CELL)
    return float(math.floor(cell)) if cell > 4 else cell
