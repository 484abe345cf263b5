"""Lines one above the other: each in a strip of its own, with its name and its own scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsSimpleTextItem

from rnnviz.views.plots.parts.axes import NamedAxis, number
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.shared.theme import Theme, ui_font

_FILLED = 0.58
"""What a line takes of the height of its strip; its name stands above it."""
_FOOT = 0.06
_POINTS = 8.5
_LEFT, _TOP = 6.0, 1.0


@dataclass(frozen=True)
class Strip:
    """The scale of one line."""

    low: float
    high: float


class StripsOfLines:
    """Where the lines of a plot lie that stand one above the other, and what is written there.

    Along the axis of values a strip is 1 high; the first is the uppermost. Without strips a plot is
    as it is otherwise.
    """

    def __init__(self, axis: NamedAxis) -> None:
        self._axis = axis
        self._strips: tuple[Strip, ...] = ()
        self._words: list[QGraphicsSimpleTextItem] = []
        self._inks: tuple[Ink, ...] = ()
        self._edges: list[pg.InfiniteLine] = []
        self._zeros: list[pg.InfiniteLine] = []

    def put_into(self, plot: pg.PlotItem) -> None:
        """Belong to this plot."""
        self._plot, self._view = plot, plot.getViewBox()
        self._view.sigResized.connect(self._place)

    def __len__(self) -> int:
        return len(self._strips)

    def set_strips(self, strips: tuple[Strip, ...]) -> None:
        """One for each line, from above; none for lines that share a scale."""
        if strips == self._strips:
            return
        self._strips = strips
        names: dict[float, str] = {}
        for place, strip in enumerate(strips):
            spacing = strip.high - strip.low
            for value in (strip.low, strip.high):
                height = float(self.placed(np.array([value]), place)[0])
                names[height] = number(value, spacing / 4)
        self._axis.set_names(names)
        self._edges = self._lines(self._edges, range(1, len(strips)))
        heights = [
            float(self.placed(np.zeros(1), place)[0])
            for place, strip in enumerate(strips)
            if strip.low < 0 < strip.high
        ]
        self._zeros = self._lines(self._zeros, heights)
        while len(self._words) > len(strips):
            item = self._words.pop()
            self._view.scene().removeItem(item)
        while len(self._words) < len(strips):
            item = QGraphicsSimpleTextItem("", self._view)
            item.setZValue(20)
            self._words.append(item)

    def _lines(
        self, lines: list[pg.InfiniteLine], heights: range | list[float]
    ) -> list[pg.InfiniteLine]:
        for line in lines[len(heights) :]:
            self._plot.removeItem(line)
        kept = lines[: len(heights)]
        while len(kept) < len(heights):
            line = pg.InfiniteLine(angle=0, movable=False)
            self._plot.addItem(line, ignoreBounds=True)
            kept.append(line)
        for line, height in zip(kept, heights, strict=True):
            line.setValue(height)
        return kept

    def placed(self, values: npt.NDArray[np.float64], place: int) -> npt.NDArray[np.float64]:
        """Where these values (T,) of a line lie along the axis, (T,)."""
        strip = self._strips[place]
        share = (values - strip.low) / ((strip.high - strip.low) or 1.0)
        return len(self._strips) - 1 - place + _FOOT + share * _FILLED

    def say(self, words: tuple[tuple[str, Ink], ...], points: float, theme: Theme) -> None:
        """Write these above the lines, each in its ink, larger by so many points."""
        self._inks = tuple(ink for _, ink in words)
        for item, (said, _) in zip(self._words, words, strict=True):
            item.setFont(ui_font(_POINTS + points))
            item.setText(said)
        self.recolour(theme)
        self._place()

    def recolour(self, theme: Theme) -> None:
        """Names in their inks, edges quiet."""
        for item, ink in zip(self._words, self._inks, strict=False):
            item.setBrush(QColor(ink_colour(ink, theme)))
        for line in self._edges:
            line.setPen(pg.mkPen(theme.border))
        for line in self._zeros:
            line.setPen(pg.mkPen(theme.border, style=Qt.PenStyle.DotLine))

    def _place(self, *_: object) -> None:
        each = self._view.height() / max(1, len(self._strips))
        for place, item in enumerate(self._words):
            item.setPos(_LEFT, place * each + _TOP)
