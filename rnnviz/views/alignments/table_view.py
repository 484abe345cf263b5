"""A table of numbers with a name for every row and column, of any size: scrolled, zoomed, hovered.

What rests is painted once into a picture; the pointer only repaints the few marks above it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from rnnviz.core.colour import Scale
from rnnviz.views.alignments.table_layout import SLANT, TableLayout
from rnnviz.views.text_painter import words
from rnnviz.views.theme import theme_of, ui_font

Place = tuple[int | None, int | None]
"""A row, a column, or both."""
Outlines = Mapping[tuple[int, int], bool]
"""Cells (row, column) with a frame; a broken one where False."""

NOWHERE: Place = (None, None)
_POINTS = 9.5
_ZOOM = 1.25


class TableView(QAbstractScrollArea):
    """Values (R, C) as coloured cells; names of rows on the left, of columns slanted on top.

    Signals:
        hovered(Place): the pointer is over a cell, a name, or nothing.
        clicked(Place): a cell or a name was clicked.
        edit_requested(row, column): a cell was double-clicked, or Enter pressed on it.
        erase_requested(row, column): Delete was pressed on a cell.
    """

    hovered = Signal(object)
    clicked = Signal(object)
    edit_requested = Signal(int, int)
    erase_requested = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.values: npt.NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self.scale = Scale(0.0, 1.0, "gate")
        self.row_names: tuple[str, ...] = ()
        self.column_names: tuple[str, ...] = ()
        self.mark: Place = NOWHERE
        self.pinned = False
        self.shown_rows: int | None = None
        self._outlines: Outlines = {}
        self._font = ui_font(_POINTS)
        self._bold = ui_font(_POINTS)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self.layout_ = TableLayout(0, 0)
        self._fits = True
        self._base: QPixmap | None = None
        self._hovered: Place = NOWHERE

    # What is shown

    def set_table(
        self,
        values: npt.NDArray[np.float32],
        row_names: Sequence[str],
        column_names: Sequence[str],
        scale: Scale,
    ) -> None:
        """Show another table; the zoom stays if the size does."""
        before = self.layout_
        self.values, self.scale = values, scale
        self.row_names, self.column_names = tuple(row_names), tuple(column_names)
        layout = TableLayout.of(self.row_names, self.column_names, QFontMetricsF(self._bold))
        same = (before.rows, before.columns) == (layout.rows, layout.columns)
        self._hovered = NOWHERE
        if same and not self._fits:
            self._lay(TableLayout(**{**layout.__dict__, "cell": before.cell}))
        else:
            self._fits = True
            self._lay(layout)

    def set_mark(self, mark: Place, *, pinned: bool = False) -> None:
        """Light up a row, a column or both."""
        if (mark, pinned) != (self.mark, self.pinned):
            self.mark, self.pinned = mark, pinned
            self.viewport().update()

    def set_outlines(self, outlines: Outlines) -> None:
        """Frame these cells: what is right according to somebody."""
        if outlines != self._outlines:
            self._outlines = dict(outlines)
            self._forget()

    def set_shown_rows(self, rows: int | None) -> None:
        """Show only the first rows, and the others as not there yet."""
        if rows != self.shown_rows:
            self.shown_rows = rows
            self.viewport().update()
            if rows:
                self.reveal(rows - 1, None)

    # Size

    def fit(self) -> None:
        """Show all cells."""
        self._fits = True
        self._lay(self.layout_)

    def zoom_in(self) -> None:
        """Larger cells."""
        self._zoom(_ZOOM, QPointF(self.viewport().rect().center()))

    def zoom_out(self) -> None:
        """Smaller cells."""
        self._zoom(1 / _ZOOM, QPointF(self.viewport().rect().center()))

    def reveal(self, row: int | None, column: int | None) -> None:
        """Scroll a row and a column into view."""
        layout, area = self.layout_, self.viewport()
        if column is not None:
            _scroll(self.horizontalScrollBar(), column, layout.cell, area.width() - layout.left)
        if row is not None:
            _scroll(self.verticalScrollBar(), row, layout.cell, area.height() - layout.top)

    def _zoom(self, factor: float, at: QPointF) -> None:
        self._fits = False
        zoomed = self.layout_.zoomed(factor, at)
        self._lay(zoomed)
        self.horizontalScrollBar().setValue(round(zoomed.x))
        self.verticalScrollBar().setValue(round(zoomed.y))

    def _lay(self, layout: TableLayout) -> None:
        area = self.viewport().size()
        if self._fits:
            layout = layout.fitting(area.width(), area.height())
        width, height = layout.size
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        room = (area.width() - layout.left, area.height() - layout.top)
        across.setRange(0, max(0, math.ceil(width + layout.overhang - room[0])))
        down.setRange(0, max(0, math.ceil(height - room[1])))
        across.setPageStep(max(1, int(room[0])))
        down.setPageStep(max(1, int(room[1])))
        for bar in (across, down):
            bar.setSingleStep(max(1, int(layout.cell)))
        self.layout_ = layout.scrolled(across.value(), down.value())
        self._forget()

    def _forget(self) -> None:
        self._base = None
        self.viewport().update()

    # Painting

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint everything that rests, for the screen or for a file."""
        theme, layout = theme_of(self), self.layout_
        painter.fillRect(area, QColor(theme.background))
        cells = QRectF(layout.left, layout.top, area.width(), area.height())
        painter.save()
        painter.setClipRect(cells)
        self._paint_cells(painter, area.size(), theme.dark, theme.background)
        painter.setPen(QPen(QColor(theme.border), 1))
        width, height = layout.size
        painter.drawRect(QRectF(layout.left - layout.x, layout.top - layout.y, width, height))
        self._paint_outlines(painter, QColor(theme.text))
        painter.restore()
        painter.setFont(self._font)
        painter.setPen(QColor(theme.text))
        every = layout.every
        for row in layout.visible_rows(area.height()):
            if row % every == 0:
                self._paint_row_name(painter, row)
        for column in layout.visible_columns(area.width()):
            if column % every == 0:
                self._paint_column_name(painter, column)

    def _paint_cells(self, painter: QPainter, size: QSize, dark: bool, ground: str) -> None:
        layout = self.layout_
        rows, columns = layout.visible_rows(size.height()), layout.visible_columns(size.width())
        if not rows or not columns:
            return
        part = self.values[rows.start : rows.stop, columns.start : columns.stop]
        at = layout.cell_rect(rows.start, columns.start)
        target = QRectF(at.x(), at.y(), len(columns) * layout.cell, len(rows) * layout.cell)
        entries = self.scale.index(pooled(part, math.ceil(1 / layout.cell)))
        pixels = np.ascontiguousarray(words(self.scale.colours(dark), ground)[entries])
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(target, image)
        if layout.cell >= 12:
            painter.setPen(QPen(QColor(ground), 1))
            for row in rows:
                y = layout.cell_rect(row, 0).y()
                painter.drawLine(QPointF(target.left(), y), QPointF(target.right(), y))
            for column in columns:
                x = layout.cell_rect(0, column).x()
                painter.drawLine(QPointF(x, target.top()), QPointF(x, target.bottom()))

    def _paint_outlines(self, painter: QPainter, colour: QColor) -> None:
        for (row, column), whole in self._outlines.items():
            pen = QPen(colour, 1.5)
            if not whole:
                pen.setStyle(Qt.PenStyle.DotLine)
            painter.setPen(pen)
            inset = min(2.0, self.layout_.cell / 6)
            frame = self.layout_.cell_rect(row, column)
            painter.drawRect(frame.adjusted(inset, inset, -inset, -inset))

    def _paint_row_name(self, painter: QPainter, row: int) -> None:
        layout, metrics = self.layout_, QFontMetricsF(painter.font())
        rect = layout.row_rect(row)
        if rect.center().y() < layout.top:
            return
        name = metrics.elidedText(
            self.row_names[row], Qt.TextElideMode.ElideRight, layout.longest_name
        )
        x = layout.left - 10 - metrics.horizontalAdvance(name)
        y = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
        painter.drawText(QPointF(x, y), name)

    def _paint_column_name(
        self, painter: QPainter, column: int, ground: QColor | None = None
    ) -> None:
        """The name of a column, over whatever is there if it has a ground."""
        layout, metrics = self.layout_, QFontMetricsF(painter.font())
        x = layout.column_rect(column).center().x()
        if x < layout.left:
            return
        name = metrics.elidedText(
            self.column_names[column], Qt.TextElideMode.ElideRight, layout.longest_name
        )
        painter.save()
        painter.translate(x + 2, layout.top - 8)
        painter.rotate(-math.degrees(SLANT))
        if ground is not None:
            length = metrics.horizontalAdvance(name)
            painter.fillRect(QRectF(-2, -layout.line / 2, length + 8, layout.line), ground)
        painter.drawText(QPointF(0, metrics.ascent() / 2 - 1), name)
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What rests, from the picture; above it what the pointer and the steps change."""
        area, ratio = self.viewport().rect(), self.devicePixelRatioF()
        if self._base is None:
            base = QPixmap(area.size() * ratio)
            base.setDevicePixelRatio(ratio)
            below = QPainter(base)
            self.paint(below, area)
            below.end()
            self._base = base
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._base)
        self._paint_unshown(painter, area)
        self._paint_mark(painter)

    def _paint_unshown(self, painter: QPainter, area: QRect) -> None:
        if self.shown_rows is None or self.shown_rows >= self.layout_.rows:
            return
        y = max(self.layout_.top, self.layout_.row_rect(self.shown_rows).y())
        veil = QColor(theme_of(self).background)
        veil.setAlphaF(0.86)
        painter.fillRect(QRectF(0, y, area.width(), area.height() - y), veil)

    def _paint_mark(self, painter: QPainter) -> None:
        theme, layout, (row, column) = theme_of(self), self.layout_, self.mark
        row = row if row is not None and row < layout.rows else None
        column = column if column is not None and column < layout.columns else None
        painter.save()
        painter.setClipRect(
            QRectF(layout.left, layout.top, self.viewport().width(), self.viewport().height())
        )
        colour = QColor(theme.accent)
        painter.setPen(QPen(colour, 1.5 if self.pinned else 1.0))
        for band in (
            layout.row_rect(row) if row is not None else None,
            layout.column_rect(column) if column is not None else None,
        ):
            if band is not None:
                painter.drawRect(band)
        if row is not None and column is not None:
            painter.setPen(QPen(QColor(theme.text), 2))
            painter.drawRect(layout.cell_rect(row, column))
        painter.restore()
        painter.setFont(self._bold)
        painter.setPen(colour)
        if row is not None:
            self._paint_over_name(painter, self._row_name_rect(row), theme.background)
            self._paint_row_name(painter, row)
        if column is not None:
            self._paint_column_name(painter, column, QColor(theme.background))

    def _row_name_rect(self, row: int) -> QRectF:
        middle = self.layout_.row_rect(row).center().y()
        height = max(self.layout_.line + 2, min(self.layout_.cell, 20))
        return QRectF(0, middle - height / 2, self.layout_.left - 4, height)

    def _paint_over_name(self, painter: QPainter, rect: QRectF, ground: str) -> None:
        if rect.center().y() >= self.layout_.top:
            painter.fillRect(rect, QColor(ground))

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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what the pointer is over."""
        self._hover(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is over nothing."""
        self._hover(NOWHERE)
        super().leaveEvent(event)

    def _hover(self, place: Place) -> None:
        if place != self._hovered:
            self._hovered = place
            self.hovered.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click pins."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place != NOWHERE:
            self.clicked.emit(place)

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
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
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
            self.clicked.emit((row, column))
            self.reveal(row, column)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll the cells under their names."""
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        self.layout_ = self.layout_.scrolled(across, down)
        self._forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again, unless the person zoomed."""
        super().resizeEvent(event)
        self._lay(self.layout_)

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._forget()

    def sizeHint(self) -> QSize:
        """Room for a sentence."""
        return QSize(520, 420)

    def tip_place(self) -> QPoint:
        """Where the marked cell is, in the window's coordinates."""
        row, column = self.mark
        rect = self.layout_.cell_rect(row or 0, column or 0)
        return self.viewport().mapToGlobal(rect.bottomLeft().toPoint())


def pooled(part: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """A table with each factor × factor cells as one: the value farthest from zero is kept.

    >>> pooled(np.array([[0, 1], [-3, 0]], np.float32), 2)
    array([[-3.]], dtype=float32)
    """
    if factor <= 1 or not part.size:
        return part
    rows = np.arange(0, part.shape[0], factor)
    columns = np.arange(0, part.shape[1], factor)
    high = np.maximum.reduceat(np.maximum.reduceat(part, rows, axis=0), columns, axis=1)
    low = np.minimum.reduceat(np.minimum.reduceat(part, rows, axis=0), columns, axis=1)
    return np.where(-low > high, low, high)


def _scroll(bar: object, place: int, cell: float, room: float) -> None:
    value: int = bar.value()  # type: ignore[attr-defined]
    start, stop = place * cell, (place + 1) * cell
    if start < value:
        bar.setValue(math.floor(start))  # type: ignore[attr-defined]
    elif stop > value + room:
        bar.setValue(math.ceil(stop - room))  # type: ignore[attr-defined]
