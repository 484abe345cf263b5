"""Where the cells and names of a table lie in the window; arithmetic on pixels, nothing painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

SLANT = math.radians(58)
"""How steep the names of columns stand."""
SMALLEST = 9.5
"""Points of the smallest font of names."""
NAME_INSET = 2.0
"""How far right of the middle of its column a leaning name begins."""
_LONGEST_NAME = 120.0
_ROOM = 10.0
_LEAST_CELL, _LARGEST_CELL = 0.25, 240.0
_TALLEST, _WIDEST = 110.0, 240.0
"""Cells are not larger than that by themselves."""
_CLOSER = 1.0
"""Names of columns may stand so much closer than a line is high, if all are seen whole then."""
_LAST = 12
"""Names of columns, from the last one back, that may reach beyond the cells."""
_SLIMMEST = 3.4
"""How many times wider than high a cell may be."""


@dataclass(frozen=True)
class TableLayout:
    """R rows and C columns of cells, names on the left and on top that never scroll away."""

    rows: int
    columns: int
    width: float = _TALLEST
    height: float = _TALLEST
    """Of a cell, in pixels."""
    longest: float = 0.0
    """The width of the longest name of a column."""
    last: tuple[float, ...] = ()
    """The widths of the last names of columns, from the last one back."""
    left: float = 0.0
    """The width of the names of rows."""
    top: float = 0.0
    """The height of the names of columns."""
    x: float = 0.0
    y: float = 0.0
    """How far the cells are scrolled away."""
    line: float = 14.0
    """The least distance between two names."""
    points: float = SMALLEST
    """The size of the font of names."""
    mirrored: bool = False
    """Whether the first column is the rightmost, as a sentence from right to left is read."""

    @classmethod
    def of(
        cls,
        row_names: Sequence[str],
        column_names: Sequence[str],
        metrics: QFontMetricsF,
        points: float = SMALLEST,
        *,
        mirrored: bool = False,
    ) -> TableLayout:
        """The layout of a table with these names, set in this font of so many points."""
        most = _LONGEST_NAME * points / SMALLEST

        def longest(names: Sequence[str]) -> float:
            return max((metrics.horizontalAdvance(name) for name in names), default=0.0)

        # Whole pixels: the lines between cells and the edges of their colours fall together.
        left = math.ceil(min(longest(row_names), most) + 2 * _ROOM)
        widest = min(longest(column_names), most)
        seen = column_names[:_LAST] if mirrored else column_names[: -_LAST - 1 : -1]
        last = tuple(min(longest([name]), most) for name in seen)
        made = cls(len(row_names), len(column_names), left=left, longest=widest, mirrored=mirrored)
        return replace(made, last=last, line=metrics.height() - 1, points=points)._headed()

    @property
    def longest_name(self) -> float:
        """Pixels after which a name is cut."""
        return _LONGEST_NAME * self.points / SMALLEST

    def suits(self, width: float, height: float) -> bool:
        """Whether all cells and names are seen whole in so much room, the names in their font."""
        seen = self.width >= self.line - _CLOSER and self.height >= self.line + 2
        across = self.left + self.columns * self.width + self.overhang
        down = self.top + self.rows * self.height
        cut = max(self.left - 2 * _ROOM, self.longest) >= self.longest_name
        room = self.left <= 0.3 * width and self.top <= 0.36 * height and not cut
        return seen and room and across <= width and down <= height

    # Sizes

    def fitting(self, width: float, height: float) -> TableLayout:
        """The same with cells so large that all fit, wider than high where there is room."""
        for made in (replace(self, width=_WIDEST)._headed(), replace(self, width=0.5)._headed()):
            found = made._filling(width, height)
            if found.slanted == made.slanted:
                break
        # Fewer names reach beyond the cells now that these are wider: once more, with that room.
        return found._filling(width, height) if found.slanted else found

    def _filling(self, width: float, height: float) -> TableLayout:
        """The same with cells as large as its names leave room for."""
        overhang = max(self.overhang, _ROOM)
        across = (width - self.left - overhang) / max(self.columns, 1)
        down = min((height - self.top - _ROOM) / max(self.rows, 1), _TALLEST)
        across = min(across, _WIDEST, _SLIMMEST * max(down, 1.0))
        down = min(down, max(across, 1.0))
        wide, high = _clamped(across), _clamped(down)
        return replace(self, width=wide, height=high, x=0.0, y=0.0)._headed()

    def readable(self, room: float) -> TableLayout:
        """The same with cells at least so large that every name has room; the rest is scrolled.

        Args:
            room: pixels across: cells that grew higher may be wider, too, as long as all fit.
        """
        least = math.ceil(self.line)
        width = self.width if self.width >= self.line - _CLOSER else float(least)
        height = max(self.height, float(least))
        if height > self.height:
            free = (room - self.left - max(self.overhang, _ROOM)) / max(self.columns, 1)
            width = max(width, float(math.floor(min(free, _SLIMMEST * height, _WIDEST))))
        return replace(self, width=width, height=height)._headed()

    def _headed(self) -> TableLayout:
        """The same with as much room above the cells as the names take."""
        if not self.slanted:
            return replace(self, top=math.ceil(self.line + 2 * _ROOM))
        return replace(self, top=math.ceil(self.longest * math.sin(SLANT) + 2 * _ROOM))

    @property
    def slanted(self) -> bool:
        """Whether names of columns are too long to stand side by side."""
        return self.longest + 8 > self.width

    def zoomed(self, factor: float, at: QPointF) -> TableLayout:
        """The same with larger cells; what lies at a point stays there."""
        width, height = _clamped(self.width * factor), _clamped(self.height * factor)
        across, down = width / self.width, height / self.height
        x = (at.x() - self.left + self.x) * across - (at.x() - self.left)
        y = (at.y() - self.top + self.y) * down - (at.y() - self.top)
        made = replace(self, width=width, height=height, x=max(0.0, x), y=max(0.0, y))
        return made._headed()

    def sized_like(self, other: TableLayout) -> TableLayout:
        """The same with cells as large as another's."""
        return replace(self, width=other.width, height=other.height)._headed()

    def scrolled(self, x: float, y: float) -> TableLayout:
        """The same with cells elsewhere."""
        return replace(self, x=x, y=y)

    @property
    def overhang(self) -> float:
        """How far names of the last columns reach beyond the cells."""
        if not (self.columns and self.slanted):
            return 0.0
        reach = max(
            (length * math.cos(SLANT) - back * self.width for back, length in enumerate(self.last)),
            default=0.0,
        )
        return max(0.0, NAME_INSET + reach + self.line / 2 * math.sin(SLANT) - self.width / 2)

    @property
    def size(self) -> tuple[float, float]:
        """The width and height of all cells."""
        return self.columns * self.width, self.rows * self.height

    # Places

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies in the window."""
        return self.seen_rect(row, self.turned(column))

    def turned(self, column: int) -> int:
        """The column as it is counted from the left, and back."""
        return self.columns - 1 - column if self.mirrored else column

    def seen_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies whose column is counted from the left."""
        return QRectF(
            self.left + column * self.width - self.x,
            self.top + row * self.height - self.y,
            self.width,
            self.height,
        )

    def row_rect(self, row: int) -> QRectF:
        """Where a row of cells lies."""
        first = self.seen_rect(row, 0)
        return QRectF(first.x(), first.y(), self.columns * self.width, self.height)

    def column_rect(self, column: int) -> QRectF:
        """Where a column of cells lies."""
        first = self.cell_rect(0, column)
        return QRectF(first.x(), first.y(), self.width, self.rows * self.height)

    def row_at(self, y: float) -> int | None:
        """The row at a height, whether on its cells or on its name."""
        row = math.floor((y - self.top + self.y) / self.height)
        return row if y >= self.top and 0 <= row < self.rows else None

    def column_at(self, x: float, y: float) -> int | None:
        """The column at a place; names of columns lean to the right."""
        if y < self.top and self.slanted:
            x -= (self.top - y) / math.tan(SLANT)
        column = math.floor((x - self.left + self.x) / self.width)
        found = x >= self.left and 0 <= column < self.columns
        return self.turned(column) if found else None

    def visible_rows(self, height: float) -> range:
        """The rows of which something is seen."""
        first = max(0, math.floor(self.y / self.height))
        last = math.ceil((self.y + height - self.top) / self.height)
        return range(first, min(self.rows, max(first, last)))

    def visible_columns(self, width: float) -> range:
        """The columns of which something is seen, counted from the left."""
        first = max(0, math.floor(self.x / self.width))
        last = math.ceil((self.x + width - self.left) / self.width)
        return range(first, min(self.columns, max(first, last)))

    @property
    def every_row(self) -> int:
        """Which names of rows are drawn: every one, every second, every fifth and so on."""
        return _spaced(self.line / self.height)

    @property
    def every_column(self) -> int:
        """Which names of columns are drawn."""
        return _spaced((self.line - _CLOSER) / self.width)


_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def _spaced(needed: float) -> int:
    return next((step for step in _STEPS if step >= needed), _STEPS[-1])


def _clamped(cell: float) -> float:
    cell = min(max(cell, _LEAST_CELL), _LARGEST_CELL)
    return float(math.floor(cell)) if cell > 4 else cell
