"""How often which value: filled outlines on one axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.shared.theme import Theme, theme_of


@dataclass(frozen=True)
class Histogram:
    """Shares of one group of characters, over bins of equal width."""

    name: str
    edges: npt.NDArray[np.floating]
    """(n + 1,)"""
    shares: npt.NDArray[np.floating]
    """(n,)"""
    ink: Ink


class HistogramPlot(Plot):
    """One or more histograms over each other."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._histograms: tuple[Histogram, ...] = ()
        self._curves: list[pg.PlotCurveItem] = []
        super().__init__(name, parent=parent)

    def set_histograms(self, histograms: tuple[Histogram, ...]) -> None:
        """Draw these."""
        self._histograms = histograms
        self.item.showAxis("bottom", bool(histograms))  # around nothing it would be made up
        while len(self._curves) < len(histograms):
            curve = pg.PlotCurveItem()
            self._curves.append(curve)
            self.item.addItem(curve, ignoreBounds=True)
        while len(self._curves) > len(histograms):
            self.item.removeItem(self._curves.pop())
        for curve, histogram in zip(self._curves, histograms, strict=True):
            curve.setData(histogram.edges, histogram.shares, stepMode="center", fillLevel=0)
        if histograms:
            low = min(float(h.edges[0]) for h in histograms)
            high = max(float(h.edges[-1]) for h in histograms)
            top = max(float(h.shares.max(initial=0)) for h in histograms) or 1.0
            self.set_range((low, high if high > low else low + 1), (0.0, top * 1.06))
        self.recolour(theme_of(self))

    def columns(self) -> Columns:
        """The bins and the shares of every group."""
        if not self._histograms:
            return {"from": (), "to": ()}
        edges = self._histograms[0].edges
        shares = {histogram.name: histogram.shares for histogram in self._histograms}
        return {"from": edges[:-1], "to": edges[1:], **shares}

    def recolour(self, theme: Theme) -> None:
        """Outlines in their inks, lightly filled."""
        for curve, histogram in zip(self._curves, self._histograms, strict=True):
            curve.setPen(pg.mkPen(ink_colour(histogram.ink, theme), width=1))
            curve.setBrush(ink_colour(histogram.ink, theme, 0.28))
