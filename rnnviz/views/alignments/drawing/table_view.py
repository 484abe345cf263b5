"""A table of numbers of any size with a name for every row and column: scrolled and zoomed."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from rnnviz.core.alignments.words.tokens import runs_right_to_left
from rnnviz.core.colours.colour import Scale
from rnnviz.views.alignments.drawing.pointed_view import PointedView
from rnnviz.views.alignments.drawing.table_layout import SMALLEST, TableLayout
from rnnviz.views.alignments.drawing.table_painter import (
    NOWHERE,
    Outlines,
    Place,
    Table,
    TablePainter,
    name_font,
)
from rnnviz.views.shared.theme import theme_of

_ZOOM = 1.25
_SIZES = (20.0, 18.0, 16.0, 14.0, 12.5, 11.0, 10.0)
"""Points of names, the largest first: the first that fits is taken."""
_MOST_LARGE = 120
"""Tables with more rows or columns have small names at once."""
Zoom = Literal["readable", "all", "own"]
"""All names readable, all cells in view, or as the person zoomed."""


class TableView(PointedView):
    """Values (R, C) as coloured cells; names of rows on the left, of columns slanted on top.

    Signals:
        edit_requested(row, column): a cell was double-clicked, or Enter pressed on it.
        erase_requested(row, column): Delete was pressed on a cell.
    """

    edit_requested = Signal(int, int)
    erase_requested = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.table = Table(np.zeros((0, 0), np.float32), (), (), Scale(0.0, 1.0, "weight"))
        self._outlines: Outlines = {}
        self._forced: frozenset[tuple[int, int]] = frozenset()
        self._changed: tuple[frozenset[int], frozenset[tuple[int, int]]] = (
            frozenset(),
            frozenset(),
        )
        self.layout_ = TableLayout(0, 0)
        self._measured: dict[tuple[tuple[str, ...], tuple[str, ...], str], TableLayout] = {}
        """By the names of rows and columns and their font."""
        self._zoom_is: Zoom = "readable"

    # What is shown

    def set_table(
        self,
        values: npt.NDArray[np.float32],
        row_names: Sequence[str],
        column_names: Sequence[str],
        scale: Scale,
        unknown: frozenset[int] = frozenset(),
    ) -> None:
        """Show another table; the zoom stays if the size does."""
        before = self.layout_
        self.table = Table(values, tuple(row_names), tuple(column_names), scale, unknown)
        layout = self._in_font(_SIZES[0] if self._zoom_is == "own" else SMALLEST)
        same = (before.rows, before.columns) == (layout.rows, layout.columns)
        self.forget_pointer()
        if self._zoom_is == "own" and not same:
            self._zoom_is = "readable"
        self._lay(layout.sized_like(before) if self._zoom_is == "own" else layout)

    def _in_font(self, points: float) -> TableLayout:
        """The layout of the table with names of this size; they are measured once."""
        names, font = (self.table.row_names, self.table.column_names), name_font(points, bold=True)
        key = (*names, font.key())
        if key not in self._measured:
            if len(self._measured) > len(_SIZES):
                self._measured.clear()
            mirrored = runs_right_to_left(self.table.column_names)
            metrics = QFontMetricsF(font)
            self._measured[key] = TableLayout.of(*names, metrics, points, mirrored=mirrored)
        return self._measured[key]

    def _fitted(self, width: float, height: float) -> TableLayout:
        """All cells in view, with the largest names for which there is room."""
        if max(len(self.table.row_names), len(self.table.column_names)) <= _MOST_LARGE:

            def suits(points: float) -> bool:
                return self._in_font(points).fitting(width, height).suits(width, height)

            # What suits large names suits smaller ones: few fonts are tried, for names are
            # measured in each.
            place = bisect_left(_SIZES, True, key=suits)
            if place < len(_SIZES):
                return self._in_font(_SIZES[place]).fitting(width, height)
        return self._in_font(SMALLEST).fitting(width, height)

    def set_scale(self, scale: Scale) -> None:
        """Give the same numbers other colours."""
        if scale != self.table.scale:
            self.table = replace(self.table, scale=scale)
            self.forget_picture()

    def set_rows(self, values: npt.NDArray[np.float32], row_names: Sequence[str]) -> None:
        """Give rows other numbers and names; their places stay, however long the names are."""
        self.table = replace(self.table, values=values, row_names=tuple(row_names))
        self.forget_picture()

    def set_outlines(self, outlines: Outlines) -> None:
        """Frame these cells: what is right according to somebody."""
        if outlines != self._outlines:
            self._outlines = dict(outlines)
            self.forget_picture()

    def set_forced(self, cells: frozenset[tuple[int, int]]) -> None:
        """Give these cells a mark in their corner: somebody forced them."""
        if cells != self._forced:
            self._forced = cells
            self.forget_picture()

    def set_changed(self, changed: tuple[frozenset[int], frozenset[tuple[int, int]]]) -> None:
        """Mark what is new beside another table: names of rows, and cells."""
        if changed != self._changed:
            self._changed = changed
            self.forget_picture()

    def set_shown_rows(self, rows: int | None) -> None:
        """Show only the first rows, and the others as not there yet."""
        if rows != self.shown_rows:
            self.shown_rows = rows
            self.viewport().update()
            if rows:
                self.reveal(rows - 1, None)

    # Size

    def fit(self) -> None:
        """Show all cells, however small; once more, make every name readable again."""
        self._zoom_is = "readable" if self._zoom_is == "all" else "all"
        self._lay(self.layout_)

    def zoom_in(self) -> None:
        """Larger cells."""
        self._zoom(_ZOOM, QPointF(self.viewport().rect().center()))

    def zoom_out(self) -> None:
        """Smaller cells."""
        self._zoom(1 / _ZOOM, QPointF(self.viewport().rect().center()))

    def zoom(self, steps: float) -> None:
        """Larger or smaller cells; 0 makes every name readable again."""
        if steps == 0:
            self._zoom_is = "readable"
            self._lay(self.layout_)
        elif steps > 0:
            self.zoom_in()
        else:
            self.zoom_out()

    def reveal(self, row: int | None, column: int | None) -> None:
        """Scroll a row and a column into view."""
        layout, area = self.layout_, self.viewport()
        if column is not None:
            column = layout.turned(column)
            _scroll(self.horizontalScrollBar(), column, layout.width, area.width() - layout.left)
        if row is not None:
            _scroll(self.verticalScrollBar(), row, layout.height, area.height() - layout.top)

    def _zoom(self, factor: float, at: QPointF) -> None:
        self._zoom_is = "own"
        zoomed = self.layout_.zoomed(factor, at)
        self._lay(zoomed)
        self.horizontalScrollBar().setValue(round(zoomed.x))
        self.verticalScrollBar().setValue(round(zoomed.y))

    def _lay(self, layout: TableLayout) -> None:
        area = self.viewport().size()
        if self._zoom_is != "own":
            layout = self._fitted(area.width(), area.height())
        if self._zoom_is == "readable":
            layout = layout.readable(area.width())
        width, height = layout.size
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        room = (area.width() - layout.left, area.height() - layout.top)
        across.setRange(0, max(0, math.ceil(width + layout.overhang - room[0])))
        down.setRange(0, max(0, math.ceil(height - room[1])))
        across.setPageStep(max(1, int(room[0])))
        down.setPageStep(max(1, int(room[1])))
        across.setSingleStep(max(1, int(layout.width)))
        down.setSingleStep(max(1, int(layout.height)))
        self.layout_ = layout.scrolled(across.value(), down.value())
        self.forget_picture()

    # Painting

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint everything that rests, for the screen or for a file."""
        TablePainter(painter, self.table, self.layout_, theme_of(self)).paint_rest(
            area, self._outlines, self._forced, self._changed
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """What rests, from the picture; above it what the pointer and the steps change."""
        area = self.viewport().rect()
        with QPainter(self.viewport()) as painter:
            painter.drawPixmap(0, 0, self.resting())
            above = TablePainter(painter, self.table, self.layout_, theme_of(self))
            above.paint_unshown(area, self.shown_rows)
            above.paint_mark(area, self.mark, pinned=self.pinned)

    # Events

    def place_at(self, point: QPointF) -> Place:
        """The row and the column under a point; a name gives one of them."""
        layout = self.layout_
        if point.y() < layout.top and point.x() < layout.left:
            return NOWHERE
        row = layout.row_at(point.y())
        column = layout.column_at(point.x(), point.y())
        beside = point.x() >= layout.left and point.y() >= layout.top
        return NOWHERE if beside and (row is None or column is None) else (row, column)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click asks to change the cell."""
        row, column = self.place_at(event.position())
        if row is not None and column is not None:
            self.edit_requested.emit(row, column)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls; with Ctrl it zooms where the pointer is."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            steps = event.angleDelta().y() / 120
            self._zoom(_ZOOM**steps, event.position())
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the mark, Enter changes its cell, Delete erases it, + - 0 zoom."""
        key, (row, column) = event.key(), self.mark
        moves = {
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, 1 if self.layout_.mirrored else -1),
            Qt.Key.Key_Right: (0, -1 if self.layout_.mirrored else 1),
        }
        whole = row is not None and column is not None
        if key in moves and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._move(*moves[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and whole:
            self.edit_requested.emit(row, column)
        elif key == Qt.Key.Key_Delete and whole:
            self.erase_requested.emit(row, column)
        elif event.text() == "+":
            self.zoom_in()
        elif event.text() == "-":
            self.zoom_out()
        elif event.text() == "0":
            self.fit()
        else:
            super().keyPressEvent(event)

    def _move(self, down: int, right: int) -> None:
        layout, (row, column) = self.layout_, self.mark
        if not layout.rows or not layout.columns:
            return
        if row is None or column is None:
            row, column, down, right = row or 0, column or 0, 0, 0
        row = min(max(row + down, 0), layout.rows - 1)
        column = min(max(column + right, 0), layout.columns - 1)
        if (row, column) != self.mark or not self.pinned:
            # The next key may come before the session's answer.
            self.set_mark((row, column), pinned=True)
            self.clicked.emit((row, column))
            self.reveal(row, column)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll the cells under their names."""
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        self.layout_ = self.layout_.scrolled(across, down)
        self.forget_picture()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again, unless the person zoomed."""
        super().resizeEvent(event)
        self._lay(self.layout_)
        if self.shown_rows:
            self.reveal(self.shown_rows - 1, None)

    def sizeHint(self) -> QSize:
        """Room for a sentence."""
        return QSize(520, 420)


def _scroll(bar: object, place: int, cell: float, room: float) -> None:
    value: int = bar.value()  # type: ignore[attr-defined]
    start, stop = place * cell, (place + 1) * cell
    if start < value:
        bar.setValue(math.floor(start))  # type: ignore[attr-defined]
    elif stop > value + room:
        bar.setValue(math.ceil(stop - room))  # type: ignore[attr-defined]
