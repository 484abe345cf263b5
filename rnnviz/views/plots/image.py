"""A table of values as a picture: rows, columns, colours, and marks on one row and one column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsRectItem, QWidget

from rnnviz.core.colours.colour import LEVELS, Scale
from rnnviz.core.sequences.text import Text
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.axes import NamedAxis, NumberAxis, TextAxis
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.shared.theme import Theme, theme_of


class ImagePlot(Plot):
    """Values (rows, columns) through a scale; the first row is on top, columns are characters.

    Args:
        grey_gaps: NaN is grey, where the ground would look like the least of the values.
        with_bar: whether the scale stands beside it.
        with_names: whether rows are named at the left.
    """

    def __init__(
        self,
        name: str,
        parent: QWidget | None = None,
        *,
        grey_gaps: bool = False,
        with_bar: bool = True,
        with_names: bool = True,
    ) -> None:
        self._grey_gaps, self._with_names = grey_gaps, with_names
        self.text_axis = TextAxis("bottom")
        self.row_axis = NamedAxis("left")
        self._values: npt.NDArray[np.floating] = np.zeros((0, 0), np.float16)
        self._start = 0
        self._scale = Scale(-1.0, 1.0, "blue-orange")
        self._image = pg.ImageItem(axisOrder="row-major")
        self._row = QGraphicsRectItem()
        self._column = pg.InfiniteLine(angle=90, movable=False)
        self._lines: list[pg.InfiniteLine] = []
        self._bar: pg.ColorBarItem | None = None
        super().__init__(name, x_axis=self.text_axis, y_axis=self.row_axis, parent=parent)
        self.view.invertY(True)
        self.view.setMouseEnabled(x=True, y=True)
        self.item.addItem(self._image, ignoreBounds=True)
        self.item.addItem(self._column, ignoreBounds=True)
        self.view.addItem(self._row, ignoreBounds=True)
        self._row.setZValue(10)
        self._row.hide()
        self._column.hide()
        if with_bar:
            self._add_bar()
        if not with_names:
            self.item.hideAxis("left")
        self.recolour(theme_of(self))

    def _add_bar(self) -> None:
        """The scale beside the picture."""
        bar = pg.ColorBarItem(values=(-1, 1), width=12, interactive=False, colorMapMenu=False)
        self.item.layout.addItem(bar, 2, 5)
        self.item.layout.setColumnFixedWidth(4, 8)
        self.item.layout.setContentsMargins(4, 8, 28, 4)
        axis = NumberAxis("right")
        axis.setTickFont(self.x_axis.style["tickFont"])
        axis.setWidth(44)
        bar.setAxisItems({"right": axis})
        axis.unlinkFromView()
        bar.axis = axis
        self._bar = bar

    def set_text(self, text: Text | None) -> None:
        """The text whose characters stand along the axis."""
        self.text_axis.set_text(text)

    def set_values(self, values: npt.NDArray[np.floating], start: int, scale: Scale) -> None:
        """Show values (rows, columns); the first column is character `start`."""
        self._values, self._start = values, start
        rows, columns = values.shape
        self._image.setImage(scale.index(values), levels=(0, 255), autoLevels=False)
        self._image.setRect(start, 0, columns, rows)
        if scale != self._scale:
            self._scale = scale
            self.recolour(theme_of(self))
        self.set_range((start, start + max(1, columns)), (0, max(1, rows)))
        self._show_frame(True)

    def _show_frame(self, shown: bool) -> None:
        """Show the axes and the scale of the colours, or, around nothing, neither."""
        self.item.showAxis("bottom", shown)
        self.item.showAxis("left", shown and self._with_names)
        if self._bar is not None:
            self._bar.setVisible(shown)

    def clear_values(self) -> None:
        """Show nothing: what was drawn belongs to something else than what is chosen."""
        self._show_frame(False)
        self._values = np.zeros((0, 0), np.float16)
        self._image.clear()
        self.set_marks(None, None)

    def set_rows(
        self,
        names: dict[float, str],
        boundaries: tuple[int, ...] = (),
        name_of: Callable[[int], str] | None = None,
    ) -> None:
        """Name places along the rows, and draw a line above each of these rows.

        Args:
            name_of: the name of a row, shown where there is room.
        """
        self.row_axis.set_names(names)
        self.row_axis.set_name_of(name_of)
        while len(self._lines) < len(boundaries):
            line = pg.InfiniteLine(angle=0, movable=False)
            self._lines.append(line)
            self.item.addItem(line, ignoreBounds=True)
            self._recolour_lines(theme_of(self))
        while len(self._lines) > len(boundaries):
            self.item.removeItem(self._lines.pop())
        for line, place in zip(self._lines, boundaries, strict=True):
            line.setValue(place)

    def set_marks(self, row: int | None, character: int | None) -> None:
        """Frame a row, draw a line through a character."""
        self._row.setVisible(row is not None)
        if row is not None:
            self._row.setRect(self._start, row, self._values.shape[1], 1)
        self._column.setVisible(character is not None)
        if character is not None:
            self._column.setValue(character + 0.5)

    def words_at(self, x: float, y: float) -> str:
        """The row, the character and the value of their cell."""
        rows, columns = self._values.shape
        row, column = int(np.floor(y)), int(np.floor(x)) - self._start
        told = [self.row_axis.words_at(row), self.text_axis.words_at(column + self._start)]
        if 0 <= row < rows and 0 <= column < columns:
            told.append(f"{float(self._values[row, column]):+.3f}")
        return ", ".join(told)

    def columns(self) -> Columns:
        """Positions, then a column of values for every row."""
        rows, length = self._values.shape
        named = {f"row {row}": self._values[row].astype(float) for row in range(rows)}
        return {"position": np.arange(self._start, self._start + length), **named}

    def recolour(self, theme: Theme) -> None:
        """The palette of this ground, also on the bar beside it."""
        table = self._scale.colours(theme.dark)
        if self._grey_gaps:
            table = table.copy()
            grey = QColor(theme.border)
            table[-1] = (grey.red(), grey.green(), grey.blue(), 255)
        self._image.setLookupTable(table)
        if self._bar is not None:
            self._bar.setColorMap(pg.ColorMap(None, table[:LEVELS]))
            self._bar.setLevels((self._scale.low, self._scale.high))
            for axis in ("left", "right", "top", "bottom"):
                self._bar.getAxis(axis).setPen(theme.border)
            self._bar.axis.setTextPen(theme.muted)
        self._row.setPen(pg.mkPen(theme.text))
        self._column.setPen(pg.mkPen(theme.accent))
        self._recolour_lines(theme)

    def _recolour_lines(self, theme: Theme) -> None:
        for line in self._lines:
            line.setPen(pg.mkPen(theme.muted))
