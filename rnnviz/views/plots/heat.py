"""Positive numbers as a picture, by their logarithms; what is not a number stands out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from rnnviz.core.colours.colour import LEVELS, MISSING, Scale
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.axes import NamedAxis, NumberAxis
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.log_axis import LogAxis
from rnnviz.views.shared.theme import Theme, theme_of

DECADES = 8.0
"""Anything smaller than the largest by so many powers of ten has the colour of nothing."""


class HeatPlot(Plot):
    """Values (rows, columns), the first row on top; columns are named, as by training steps."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self.column_axis = NamedAxis("bottom")
        self._values: npt.NDArray[np.floating] = np.zeros((0, 0), np.float32)
        self._names: Sequence[str] = ()
        self._scale = Scale(0.0, 1.0, "weight")
        self._image = pg.ImageItem(axisOrder="row-major")
        self._row = pg.InfiniteLine(angle=0, movable=False)
        self._bar: pg.ColorBarItem | None = None
        """The legend of the colours; it takes as long to make as the plot, and comes after it."""
        super().__init__(name, x_axis=self.column_axis, y_axis=NumberAxis("left"), parent=parent)
        self.view.invertY(True)
        self.view.setMouseEnabled(x=False, y=False)
        self.item.addItem(self._image, ignoreBounds=True)
        self.item.addItem(self._row, ignoreBounds=True)
        self._row.hide()

    def make_legend(self) -> None:
        """Put the legend of the colours beside the plot, unless it is there."""
        if self._bar is not None:
            return
        self._bar = pg.ColorBarItem(values=(0, 1), width=12, interactive=False, colorMapMenu=False)
        self.item.layout.addItem(self._bar, 2, 5)
        self.item.layout.setColumnFixedWidth(4, 8)
        self.item.layout.setContentsMargins(4, 8, 28, 4)
        axis = LogAxis("right")
        axis.set_log(True)
        axis.setTickFont(self.x_axis.style["tickFont"])
        axis.setWidth(48)
        self._bar.setAxisItems({"right": axis})
        axis.unlinkFromView()
        self._bar.axis = axis

    def set_values(self, values: npt.NDArray[np.floating], names: Sequence[str]) -> None:
        """Show positive values (rows, columns) with a name for each column."""
        self._values, self._names = values, names
        self.make_legend()
        rows, columns = values.shape
        if values.size == 0:
            self._image.clear()
            self._name_columns()
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(values)
        finite = logs[np.isfinite(logs)]
        high = float(np.quantile(finite, 0.999)) if finite.size else 0.0
        low = max(high - DECADES, float(finite.min()) if finite.size else -1.0)
        high = high if high > low else low + 1.0
        # A gradient of exactly zero is the least there is, not a missing number.
        logs = np.where(np.isneginf(logs), low, logs)
        self._image.setImage(
            Scale(low, high, "weight").index(logs.astype(np.float32)),
            levels=(0, 255),
            autoLevels=False,
        )
        self._image.setRect(0, 0, max(1, columns), max(1, rows))
        self._scale = Scale(low, high, "weight")
        self.recolour(theme_of(self))
        self.view.setRange(xRange=(0, max(1, columns)), yRange=(0, max(1, rows)), padding=0)
        self._name_columns()

    def set_row(self, row: int | None) -> None:
        """Draw a line above this row: another part of the picture begins there."""
        self._row.setVisible(row is not None)
        if row is not None:
            self._row.setValue(row)

    def reset_zoom(self) -> None:
        """There is no zoom."""

    def words_at(self, x: float, y: float) -> str:
        """The row, the name of the column and the value of their cell."""
        rows, columns = self._values.shape
        row, column = int(np.floor(y)), int(np.floor(x))
        told = [f"{self.labels[1] or 'row'} {row:,}"]
        if 0 <= column < len(self._names):
            told.append(f"{self.labels[0] or 'column'} {self._names[column]}")
        if 0 <= row < rows and 0 <= column < columns:
            told.append(f"{float(self._values[row, column]):.4g}")
        return ", ".join(told)

    def columns(self) -> Columns:
        """A column of numbers for every column of the picture, under its name."""
        rows = self._values.shape[0]
        named = {name: self._values[:, place] for place, name in enumerate(self._names)}
        return {"row": np.arange(rows), **named}

    def recolour(self, theme: Theme) -> None:
        """The palette of this ground; NaN in the colour of what is wrong."""
        table = self._scale.colours(theme.dark).copy()
        bar = table[:LEVELS].copy()
        bad = QColor(theme.bad)
        table[MISSING] = (bad.red(), bad.green(), bad.blue(), 255)
        self._image.setLookupTable(table)
        self._row.setPen(pg.mkPen(theme.text, style=Qt.PenStyle.DashLine))
        if self._bar is None:
            return
        self._bar.setColorMap(pg.ColorMap(None, bar))
        self._bar.setLevels((self._scale.low, self._scale.high))
        for axis in ("left", "right", "top", "bottom"):
            self._bar.getAxis(axis).setPen(theme.border)
        self._bar.axis.setTextPen(theme.muted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Name as many columns as there is room for."""
        super().resizeEvent(event)
        self._name_columns()

    def _name_columns(self) -> None:
        widest = max((len(name) for name in self._names), default=1)
        room = max(2, int((self.width() - 150) / (8 * widest + 16)))
        every = max(1, -(-len(self._names) // room))
        self.column_axis.set_names(
            {place + 0.5: self._names[place] for place in range(0, len(self._names), every)}
        )
