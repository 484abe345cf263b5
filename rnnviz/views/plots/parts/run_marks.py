"""Small marks along a plot for what happened to a run: quiet lines, and words at the pointer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg

from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.shared.theme import Theme

_ROOM = 0.025


@dataclass(frozen=True)
class RunMark:
    """Something that happened at a place along x."""

    x: float
    words: str
    ink: Ink


class RunMarks:
    """A thin line each, with a dot in its ink at the top; says what lies near the pointer."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self.marks: tuple[RunMark, ...] = ()
        self._plot = plot
        self._items: tuple[pg.PlotCurveItem, pg.ScatterPlotItem] | None = None
        self._drawn: tuple[object, ...] = ()

    def _made(self) -> tuple[pg.PlotCurveItem, pg.ScatterPlotItem]:
        """The lines and the dots; most plots never need them."""
        if self._items is None:
            lines = pg.PlotCurveItem(connect="pairs")
            dots = pg.ScatterPlotItem(size=7, pxMode=True, symbol="d")
            for height, item in ((-2, lines), (5, dots)):
                item.setZValue(height)
                self._plot.addItem(item, ignoreBounds=True)
            self._items = lines, dots
        return self._items

    def set_marks(self, marks: tuple[RunMark, ...]) -> None:
        """Mark these; what has no place is left out."""
        self.marks = tuple(mark for mark in marks if np.isfinite(mark.x))

    def draw(self, low: float, high: float, theme: Theme) -> None:
        """Draw them over the height of the plot, where anything about them changed."""
        now = (self.marks, low, high, theme.dark)
        if now == self._drawn or not (self.marks or self._items):
            return
        self._drawn = now
        lines, dots = self._made()
        x = np.array([mark.x for mark in self.marks])
        lines.setPen(pg.mkPen(theme.border, width=1))
        lines.setData(np.repeat(x, 2), np.tile([low, high], len(x)))
        inks = [pg.mkBrush(ink_colour(mark.ink, theme)) for mark in self.marks]
        top = np.full(len(x), high - _ROOM * (high - low))
        dots.setData(x=x, y=top, brush=inks, pen=pg.mkPen(theme.background))

    def near(self, x: float, reach: float) -> list[str]:
        """The words of the marks that are no further than this from a place."""
        return [mark.words for mark in self.marks if abs(mark.x - x) <= reach]
