"""Paints a table of numbers with its names: what rests, and what the pointer changes above it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from rnnviz.core.colours.colour import Scale
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.views.alignments.drawing.table_layout import (
    NAME_INSET,
    SLANT,
    SMALLEST,
    TableLayout,
)
from rnnviz.views.shared.theme import Theme, ui_font
from rnnviz.views.text.painting.text_painter import words

Place = tuple[int | None, int | None]
"""A row, a column, or both."""
Outlines = Mapping[tuple[int, int], bool]
"""Cells (row, column) with a frame; a broken one where False."""

NOWHERE: Place = (None, None)
_LEAST_NUMBER = 0.005
"""A number that is smaller is 0.00, and not written into its cell."""
_MOST_NUMBERS = 1500
"""Cells on the screen; among more of them nobody reads a number."""
_SEPARATE = 12
"""Pixels of a side from which on cells are set apart by lines."""
_LEAST_POINTS = 7.5
"""Of a number in a cell."""
_ACROSS = 1.2
"""A number of so many digits is as wide as its cell in a font of this share of its width, less a
rim."""


@dataclass(frozen=True, eq=False)
class Table:
    """Values (R, C) with a name for every row and column."""

    values: npt.NDArray[np.float32]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    scale: Scale
    unknown: frozenset[int] = frozenset()
    """Columns whose words the model does not know; their names stand out."""


def name_font(points: float = SMALLEST, *, bold: bool = False) -> QFont:
    """The font of names."""
    font = ui_font(points)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


class TablePainter:
    """One painting of one table in one layout."""

    def __init__(self, painter: QPainter, table: Table, layout: TableLayout, theme: Theme) -> None:
        self._painter, self._table, self._layout, self._theme = painter, table, layout, theme

    def paint_rest(
        self,
        area: QRect,
        outlines: Outlines,
        forced: frozenset[tuple[int, int]],
        changed: tuple[frozenset[int], frozenset[tuple[int, int]]] = (frozenset(), frozenset()),
    ) -> None:
        """Cells, names, the frames of some cells and the marked corners of others.

        Args:
            changed: rows and cells that differ from another table.
        """
        theme, layout, painter = self._theme, self._layout, self._painter
        painter.fillRect(area, QColor(theme.background))
        painter.save()
        painter.setClipRect(QRectF(layout.left, layout.top, area.width(), area.height()))
        self._paint_cells(area.size(), theme.dark, theme.background)
        self._paint_numbers(area.size(), theme.dark, theme.background)
        painter.setPen(QPen(QColor(theme.border), 1))
        width, height = layout.size
        painter.drawRect(QRectF(layout.left - layout.x, layout.top - layout.y, width, height))
        self._paint_outlines(outlines, QColor(theme.text))
        self._paint_corners(forced, QColor(theme.match))
        self._paint_dots(changed[1], QColor(theme.warning))
        painter.restore()
        painter.setFont(name_font(layout.points))
        painter.setPen(QColor(theme.text))
        every = layout.every_row
        for row in layout.visible_rows(area.height()):
            if row % every == 0 or row in changed[0]:
                painter.setPen(QColor(theme.warning if row in changed[0] else theme.text))
                self._paint_row_name(row)
        painter.setPen(QColor(theme.text))
        every = layout.every_column
        for column in layout.visible_columns(area.width()):
            if column % every == 0:
                self._paint_column_name(layout.turned(column))

    def _paint_cells(self, size: QSize, dark: bool, ground: str) -> None:
        layout = self._layout
        rows, columns = layout.visible_rows(size.height()), layout.visible_columns(size.width())
        if not rows or not columns:
            return
        part = self._part(rows, columns)
        at = layout.seen_rect(rows.start, columns.start)
        target = QRectF(at.x(), at.y(), len(columns) * layout.width, len(rows) * layout.height)
        if min(layout.width, layout.height) >= _SEPARATE:
            self._paint_separate(part, rows.start, columns.start, dark, ground)
            return
        factor = math.ceil(1 / min(layout.width, layout.height))
        entries = self._table.scale.index(pooled(part, factor))
        pixels = np.ascontiguousarray(words(self._table.scale.colours(dark), ground)[entries])
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self._painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        self._painter.drawImage(target, image)

    def _paint_separate(
        self,
        part: npt.NDArray[np.float32],
        first_row: int,
        first_column: int,
        dark: bool,
        ground: str,
    ) -> None:
        """Large cells one by one, each with a line of the ground above it and at its left.

        A picture that is made larger has its edges a pixel off.
        """
        layout, scale = self._layout, self._table.scale
        entries = scale.index(part)
        colours = words(scale.colours(dark), ground)
        brushes = {
            entry: QColor.fromRgb(int(colours[entry])) for entry in np.unique(entries).tolist()
        }
        for down, line in enumerate(entries.tolist()):
            for along, entry in enumerate(line):
                rect = layout.seen_rect(first_row + down, first_column + along)
                inner = rect.toAlignedRect().adjusted(1, 1, 0, 0)
                self._painter.fillRect(inner, brushes[entry])

    def _paint_numbers(self, size: QSize, dark: bool, ground: str) -> None:
        """Each number with two decimals in its cell, where there is room."""
        layout, table = self._layout, self._table
        rows, columns = layout.visible_rows(size.height()), layout.visible_columns(size.width())
        if len(rows) * len(columns) > _MOST_NUMBERS:
            return
        across = _ACROSS / longest_number(table.values)
        points = min(0.5 * layout.height, across * layout.width, layout.points)
        if points < _LEAST_POINTS:
            return
        colours = words(table.scale.colours(dark), ground)
        weights = table.scale.low >= 0
        part = self._part(rows, columns)
        entries = table.scale.index(part)
        found, own = np.unique(entries, return_inverse=True)
        inks = [
            QColor(
                "#101418" if QColor.fromRgb(int(colours[entry])).lightnessF() > 0.5 else "#ffffff"
            )
            for entry in found.tolist()
        ]
        own = own.reshape(part.shape)
        told = ~(np.abs(part) < _LEAST_NUMBER) & (weights | np.isfinite(part))
        self._painter.setFont(name_font(points))
        for down, along in np.argwhere(told).tolist():
            value = float(part[down, along])
            self._painter.setPen(inks[own[down, along]])
            shown = shown_number(value, ".2f") if math.isfinite(value) else "NaN"
            rect = layout.seen_rect(rows.start + down, columns.start + along)
            self._painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, shown)

    def _part(self, rows: range, columns: range) -> npt.NDArray[np.float32]:
        """The values of these rows and columns, as these are counted from the left."""
        values = self._table.values[:, ::-1] if self._layout.mirrored else self._table.values
        return values[rows.start : rows.stop, columns.start : columns.stop]

    def _paint_outlines(self, outlines: Outlines, colour: QColor) -> None:
        for (row, column), whole in outlines.items():
            pen = QPen(colour, 1.5)
            if not whole:
                pen.setStyle(Qt.PenStyle.DotLine)
            self._painter.setPen(pen)
            inset = min(2.0, self._layout.height / 6)
            frame = self._layout.cell_rect(row, column)
            self._painter.drawRect(frame.adjusted(inset, inset, -inset, -inset))

    def _paint_corners(self, cells: frozenset[tuple[int, int]], colour: QColor) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(colour)
        for cell in cells:
            rect = self._layout.cell_rect(*cell)
            side = max(5.0, min(rect.height() / 2, 10.0))
            corner = rect.topRight()
            self._painter.drawPolygon(
                [corner, corner - QPointF(side, 0), corner + QPointF(0, side)]
            )
        self._painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_dots(self, cells: frozenset[tuple[int, int]], colour: QColor) -> None:
        """A line under each of these cells, as a corrector marks a word."""
        for cell in cells:
            rect = self._layout.cell_rect(*cell)
            thick = max(2.0, min(rect.height() / 8, 4.0))
            self._painter.fillRect(
                QRectF(rect.x() + 2, rect.bottom() - thick - 1, rect.width() - 4, thick), colour
            )

    def _paint_row_name(self, row: int) -> None:
        layout, metrics = self._layout, QFontMetricsF(self._painter.font())
        rect = layout.row_rect(row)
        if rect.center().y() < layout.top:
            return
        name = metrics.elidedText(
            self._table.row_names[row], Qt.TextElideMode.ElideRight, layout.longest_name
        )
        x = layout.left - 10 - metrics.horizontalAdvance(name)
        y = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
        self._painter.drawText(QPointF(x, y), name)

    def _paint_column_name(self, column: int, ground: QColor | None = None) -> None:
        """The name of a column, over whatever is there if it has a ground."""
        layout, metrics = self._layout, QFontMetricsF(self._painter.font())
        x = layout.column_rect(column).center().x()
        if x < layout.left:
            return
        name = metrics.elidedText(
            self._table.column_names[column], Qt.TextElideMode.ElideRight, layout.longest_name
        )
        length = metrics.horizontalAdvance(name)
        self._painter.save()
        if layout.slanted:
            self._painter.translate(x + NAME_INSET, layout.top - 8)
            self._painter.rotate(-math.degrees(SLANT))
        else:
            self._painter.translate(x - length / 2, layout.top - 8 - layout.line / 2)
        if ground is not None:
            self._painter.fillRect(QRectF(-2, -layout.line / 2, length + 8, layout.line), ground)
        if column in self._table.unknown and ground is None:
            self._painter.setPen(QColor(self._theme.warning))
        self._painter.drawText(QPointF(0, metrics.ascent() / 2 - 1), name)
        self._painter.restore()

    def paint_unshown(self, area: QRect, shown_rows: int | None) -> None:
        """Rows that are not there yet are not seen."""
        if shown_rows is None or shown_rows >= self._layout.rows:
            return
        y = max(self._layout.top, self._layout.row_rect(shown_rows).y())
        ground = QColor(self._theme.background)
        self._painter.fillRect(QRectF(0, y, area.width(), area.height() - y), ground)

    def paint_mark(self, area: QRect, mark: Place, *, pinned: bool) -> None:
        """A row, a column and the cell of both, with their names."""
        theme, layout, (row, column) = self._theme, self._layout, mark
        row = row if row is not None and row < layout.rows else None
        column = column if column is not None and column < layout.columns else None
        self._painter.save()
        self._painter.setClipRect(QRectF(layout.left, layout.top, area.width(), area.height()))
        colour = QColor(theme.accent)
        self._painter.setPen(QPen(colour, 1.5 if pinned else 1.0))
        for band in (
            layout.row_rect(row) if row is not None else None,
            layout.column_rect(column) if column is not None else None,
        ):
            if band is not None:
                self._painter.drawRect(band)
        if row is not None and column is not None:
            self._painter.setPen(QPen(QColor(theme.text), 2))
            self._painter.drawRect(layout.cell_rect(row, column))
        self._painter.restore()
        self._painter.setFont(name_font(layout.points, bold=True))
        self._painter.setPen(colour)
        if row is not None:
            self._paint_over_name(self._row_name_rect(row), theme.background)
            self._paint_row_name(row)
        if column is not None:
            self._paint_column_name(column, QColor(theme.background))

    def _row_name_rect(self, row: int) -> QRectF:
        middle = self._layout.row_rect(row).center().y()
        height = self._layout.line + 2
        return QRectF(0, middle - height / 2, self._layout.left - 4, height)

    def _paint_over_name(self, rect: QRectF, ground: str) -> None:
        if rect.center().y() >= self._layout.top:
            self._painter.fillRect(rect, QColor(ground))


def longest_number(values: npt.NDArray[np.float32]) -> int:
    """Digits and signs of the longest number with two decimals; at least four, as in 0.50.

    >>> longest_number(np.array([[0.5, -12.25]], np.float32))
    6
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return 4
    low, high = float(known.min()), float(known.max())
    return max(len(f"{high:.2f}"), len(f"{low:.2f}"), 4)


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
