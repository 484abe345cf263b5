"""Shares of a whole as lying bars, one to a row, each cut into named parts."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.axes import NamedAxis
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.shared.theme import Theme, theme_of


class BarPlot(Plot):
    """Rows of parts that add up to at most 1; the first row is on top."""

    def __init__(self, name: str, parts: dict[str, Ink], parent: QWidget | None = None) -> None:
        self._parts = parts
        self._rows: dict[str, tuple[float, ...]] = {}
        self._bars = [pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[]) for _ in parts]
        self.name_axis = NamedAxis("left")
        super().__init__(name, y_axis=self.name_axis, parent=parent)
        self.view.invertY(True)
        self.view.setMouseEnabled(x=False, y=False)
        for bar in self._bars:
            self.item.addItem(bar, ignoreBounds=True)

    def set_rows(self, rows: dict[str, tuple[float, ...]]) -> None:
        """The share of each part, by the row's name."""
        self._rows = rows
        ends = np.cumsum(np.array(list(rows.values())).reshape(len(rows), len(self._parts)), axis=1)
        places = np.arange(len(rows))
        for part, bar in enumerate(self._bars):
            left = ends[:, part - 1] if part else np.zeros(len(rows))
            bar.setOpts(x0=left, x1=ends[:, part], y0=places + 0.2, y1=places + 0.8)
        self.name_axis.set_names({place + 0.5: name for place, name in enumerate(rows)})
        self.set_range((0.0, 1.0), (0.0, float(max(1, len(rows)))))
        self.recolour(theme_of(self))

    def columns(self) -> Columns:
        """Rows, and the share of every part."""
        shares = {
            part: [row[place] for row in self._rows.values()]
            for place, part in enumerate(self._parts)
        }
        return {"row": list(self._rows), **shares}

    def recolour(self, theme: Theme) -> None:
        """Parts in their inks."""
        for bar, ink in zip(self._bars, self._parts.values(), strict=True):
            bar.setOpts(pen=None, brush=ink_colour(ink, theme))
