"""Histograms over training as ridges: one behind the other, the newest in front, at the foot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from rnnviz.core.runs.histograms import Histogram, spread
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.axes import NumberAxis
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, between_colours, ink_colour
from rnnviz.views.plots.parts.log_axis import plain
from rnnviz.views.shared.theme import Theme, theme_of
from rnnviz.views.shared.words.plain_text import Label

_PLACES = 180
_HIGH, _LEAST_HIGH = 0.34, 2.5
"""What part of all lines the highest ridge is as high as, and how many at least."""
_LINE_PIXELS, _FEWEST = 9, 6
"""Pixels from a ridge to the next; so many are drawn in however low a plot."""
_MOST_NAMED = 9


class RidgePlot(Plot):
    """A ridge a step; its height is the share of the numbers there, on one scale for all."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._histograms: tuple[Histogram, ...] = ()
        self._given: tuple[tuple[Histogram, ...], tuple[float, float]] = ((), (0.0, 1.0))
        self._ink: Ink = "text"
        self._ridges: list[pg.PlotCurveItem] = []
        self._steps = pg.AxisItem("left")
        self._here = pg.InfiniteLine(angle=90, movable=False)
        super().__init__(name, x_axis=NumberAxis("bottom"), y_axis=self._steps, parent=parent)
        self.view.setMouseEnabled(x=False, y=False)
        self.view.invertY(True)
        self.item.addItem(self._here, ignoreBounds=True)
        self._here.setZValue(1000)
        self._here.hide()
        self.note = Label("", self)
        self.note.setProperty("role", "card")
        self.note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.note.hide()
        self.hovered.connect(self._show_note)
        self.left.connect(self._hide_note)

    @property
    def histograms(self) -> tuple[Histogram, ...]:
        """Those that are drawn, oldest first."""
        return self._histograms

    def set_histograms(
        self, histograms: Sequence[Histogram], reach: tuple[float, float], ink: Ink
    ) -> None:
        """Draw these, oldest first, from the first to the second place of `reach`."""
        self._given = tuple(histograms), reach
        histograms = spread(histograms, max(_FEWEST, self.height() // _LINE_PIXELS))
        self._histograms, self._ink = tuple(histograms), ink
        while len(self._ridges) < len(histograms):
            ridge = pg.PlotCurveItem(antialias=True)
            self._ridges.append(ridge)
            self.item.addItem(ridge, ignoreBounds=True)
        while len(self._ridges) > len(histograms):
            self.item.removeItem(self._ridges.pop())
        edges = np.linspace(*reach, _PLACES + 1)
        densities = [one.density(edges) for one in histograms]
        highest = max((float(one.max()) for one in densities if one.size), default=0.0)
        lines = max(_LEAST_HIGH, _HIGH * len(histograms))
        scale = lines / highest if highest > 0 else 0.0
        middles = (edges[:-1] + edges[1:]) / 2
        for line, (ridge, density) in enumerate(zip(self._ridges, densities, strict=True)):
            ridge.setData(middles, line - density * scale, fillLevel=float(line))
            ridge.setZValue(line)
        count = len(histograms)
        self.set_range(reach, (-lines - 0.2, max(1.0, count - 0.4)))
        every = -(-count // _MOST_NAMED) if count else 1
        # Counted from the newest, which is always named.
        named = [line for line in range(count) if (count - 1 - line) % every == 0]
        self._steps.setTicks([[(line, f"{histograms[line].step:,}") for line in named]])
        self.recolour(theme_of(self))

    def columns(self) -> Columns:
        """A row a bin: step, edges, count."""
        found: dict[str, list[npt.NDArray[np.floating]]] = {
            "step": [], "from": [], "to": [], "count": []
        }  # fmt: skip
        for one in self._histograms:
            found["step"].append(np.full(len(one.counts), one.step))
            found["from"].append(one.edges[:-1])
            found["to"].append(one.edges[1:])
            found["count"].append(one.counts)
        return {name: np.concatenate(parts) if parts else [] for name, parts in found.items()}

    def words_at(self, x: float, y: float) -> str:
        """The ridge at this height, and how many of its numbers lie below this place."""
        if not self._histograms:
            return ""
        one = self._histograms[min(max(round(y), 0), len(self._histograms) - 1)]
        below = np.concatenate([[0.0], np.cumsum(one.counts)]) / max(one.total, 1.0)
        share = float(np.interp(x, one.edges, below, left=0.0, right=1.0))
        low, high = (plain(float(f"{edge:.3g}")) for edge in (one.edges[0], one.edges[-1]))
        said = f"step {one.step:,}: {share:.1%} below {plain(float(f'{x:.3g}'))}; {low} to {high}"
        return said + (f"; {one.not_finite:,} are not finite" if one.not_finite else "")

    def recolour(self, theme: Theme) -> None:
        """The older, the nearer to the ground."""
        count = len(self._ridges)
        ground, ink = QColor(theme.background), ink_colour(self._ink, theme)
        for line, ridge in enumerate(self._ridges):
            age = (line + 1) / max(1, count)
            ridge.setPen(pg.mkPen(between_colours(ground, ink, 0.35 + 0.65 * age), width=1.2))
            ridge.setBrush(between_colours(ground, ink, 0.06 + 0.34 * age))
        self._here.setPen(pg.mkPen(theme.faint))

    @Slot(float, float)
    def _show_note(self, x: float, y: float) -> None:
        words = self.words_at(x, y)
        self.note.setVisible(bool(words))
        self._here.setVisible(bool(words))
        self._here.setValue(x)
        self.note.setText(words.replace("; ", "\n").replace(": ", "\n", 1))
        self.note.adjustSize()
        place = self._canvas.mapFromScene(self.view.mapViewToScene(QPointF(x, y)))
        across = place.x() + 16
        if across + self.note.width() > self.width() - 4:
            across = place.x() - 16 - self.note.width()
        down = min(max(4, place.y() - self.note.height()), self.height() - self.note.height() - 4)
        self.note.move(max(4, int(across)), max(4, int(down)))
        self.note.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many ridges as find room."""
        super().resizeEvent(event)
        if self._given[0]:
            self.set_histograms(*self._given, self._ink)

    @Slot()
    def _hide_note(self) -> None:
        self.note.hide()
        self._here.hide()
