"""Curves over a number, each with a band if it has one, on a linear or a logarithmic axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.edge_words import EdgeWords
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, ink_colour, ink_pen
from rnnviz.views.plots.parts.log_axis import LogAxis
from rnnviz.views.plots.parts.strokes import Strokes
from rnnviz.views.shared.theme import Theme, theme_of

Doubles = npt.NDArray[np.float64]

_LOWEST = -300.0
"""Decimal powers below this are no numbers any more."""


@dataclass(frozen=True, eq=False)
class Banded:
    """Values over a number; NaN is a gap."""

    name: str
    x: npt.NDArray[np.number]
    y: Doubles
    ink: Ink
    low: Doubles | None = None
    high: Doubles | None = None
    """The band's edges, both or none."""
    dashed: bool = False
    width: float = 2.0
    faint: bool = False
    """Drawn as an aside, as a fit is: thin, and without a band."""
    band: bool = True
    """Whether the band is drawn where there is one; it is saved as numbers anyway."""


class _Drawn(NamedTuple):
    """What a curve is drawn with."""

    line: Strokes
    low: pg.PlotCurveItem
    high: pg.PlotCurveItem
    band: pg.FillBetweenItem


class BandPlot(Plot):
    """Curves with bands; a level as a line across.

    On a logarithmic axis a value of zero or below has no place: it is left out there, and named in
    the numbers that are saved.
    """

    def __init__(self, name: str, *, log: bool = False, parent: QWidget | None = None) -> None:
        self.log = log
        self._curves: tuple[Banded, ...] = ()
        self._drawn: list[_Drawn] = []
        self._level = pg.InfiniteLine(angle=0, movable=False)
        self._place = pg.InfiniteLine(angle=90, movable=False)
        self._beyond, self._nothing = EdgeWords(), EdgeWords()
        self._leaving = pg.ScatterPlotItem(size=9, pxMode=True, symbol="t")
        axis = LogAxis("left")
        axis.set_log(log)
        super().__init__(name, y_axis=axis, parent=parent)
        self.view.setMouseEnabled(x=True, y=True)
        self._beyond.put_into(self.view, foot=True)
        self._nothing.put_into(self.view)
        self.item.addItem(self._leaving, ignoreBounds=True)
        for item in (self._level, self._place):
            self.item.addItem(item, ignoreBounds=True)
            item.hide()
        self._place.setZValue(10)

    @property
    def curves(self) -> tuple[Banded, ...]:
        """What is drawn."""
        return self._curves

    def set_curves(
        self,
        curves: tuple[Banded, ...],
        y: tuple[float, float] | None = None,
        nothing: str = "",
    ) -> None:
        """Draw these; the axes reach as far as they do, or from the first to the second of `y`.

        Args:
            nothing: what is said where there is no curve; axes would be made up.
        """
        self._curves = curves
        for side in ("left", "bottom"):
            self.item.showAxis(side, bool(curves))
        self._nothing.say("" if curves else nothing)
        self._resize(len(curves))
        for curve, drawn in zip(curves, self._drawn, strict=True):
            x = np.asarray(curve.x, float)
            drawn.line.setData(x, self._shown(curve.y), connect="finite")
            banded = curve.low is not None and curve.high is not None
            banded = banded and curve.band and not curve.faint
            drawn.band.setVisible(banded)
            if banded:
                low, high = self._shown(curve.low), self._shown(curve.high)
                kept = np.isfinite(low) & np.isfinite(high)
                drawn.low.setData(x[kept], low[kept])
                drawn.high.setData(x[kept], high[kept])
        self._fit(y)
        self._tell_beyond()
        self.recolour(theme_of(self))

    @property
    def beyond(self) -> str:
        """How many curves go on below the axis; empty where none does."""
        return self._beyond.words

    def _tell_beyond(self) -> None:
        """A mark where each curve leaves the axis, and how many do."""
        low, high = sorted(self._full[1])
        places: list[float] = []
        for curve in self._curves:
            if curve.faint:
                continue
            with np.errstate(invalid="ignore"):
                below = np.flatnonzero(self._shown(curve.y) < low)
            if below.size:
                places.append(float(np.asarray(curve.x, float)[below[0]]))
        self._leaving.setData(x=places, y=[low + 0.02 * (high - low)] * len(places))
        go = "curve goes" if len(places) == 1 else "curves go"
        said = f"{len(places):,} {go} on below the axis" if places else ""
        self._beyond.say(said)
        self.setAccessibleDescription(self._nothing.words or said)

    def set_level(self, level: float | None) -> None:
        """Draw a line across at this value, or none."""
        self._level.setVisible(level is not None)
        if level is not None:
            self._level.setValue(np.log10(level) if self.log else level)

    def set_place(self, x: float | None) -> None:
        """Mark a place along the axis, or none."""
        self._place.setVisible(x is not None)
        if x is not None:
            self._place.setValue(x)

    def words_at(self, x: float, y: float) -> str:
        """The value of every curve there."""
        told = [f"{self.labels[0] or 'across'} {x:.4g}"]
        for curve in self._curves:
            places = np.asarray(curve.x, float)
            if places.size and places[0] <= x <= places[-1]:
                value = float(curve.y[int(np.abs(places - x).argmin())])
                told.append(f"{curve.name} {value:.4g}")
        return ", ".join(told)

    def columns(self) -> Columns:
        """The x of each curve, its values and its band."""
        found: dict[str, npt.ArrayLike] = {}
        for curve in self._curves:
            found[f"x of {curve.name}"] = curve.x
            found[curve.name] = curve.y
            if curve.low is not None and curve.high is not None:
                found[f"{curve.name}, low"] = curve.low
                found[f"{curve.name}, high"] = curve.high
        return found

    def recolour(self, theme: Theme) -> None:
        """Curves in their inks, bands as washes of them."""
        for curve, drawn in zip(self._curves, self._drawn, strict=True):
            width = 1.0 if curve.faint else curve.width
            pen = ink_pen(curve.ink, theme, width, dashed=curve.dashed)
            pen.setColor(ink_colour(curve.ink, theme, 0.7 if curve.faint else 1.0))
            drawn.line.setPen(pen)
            drawn.band.setBrush(ink_colour(curve.ink, theme, 0.13))
        self._beyond.recolour(theme)
        self._nothing.recolour(theme)
        self._leaving.setBrush(ink_colour("muted", theme))
        self._leaving.setPen(pg.mkPen(theme.background))
        self._level.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DashLine))
        self._place.setPen(pg.mkPen(theme.accent))

    def _shown(self, values: Doubles | None) -> Doubles:
        """Values as they stand on the axis."""
        numbers = np.asarray(values, float)
        if not self.log:
            return np.where(np.isfinite(numbers), numbers, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = np.log10(numbers)
        return np.where(np.isfinite(powers) & (powers > _LOWEST), powers, np.nan)

    def _resize(self, count: int) -> None:
        while len(self._drawn) < count:
            line = Strokes(connect="finite", antialias=True)
            low, high = pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)
            band = pg.FillBetweenItem(low, high)
            for item in (band, line):
                self.item.addItem(item, ignoreBounds=True)
            self._drawn.append(_Drawn(line, low, high, band))
        while len(self._drawn) > count:
            drawn = self._drawn.pop()
            self.item.removeItem(drawn.line)
            self.item.removeItem(drawn.band)

    def _fit(self, y: tuple[float, float] | None) -> None:
        xs = [np.asarray(curve.x, float) for curve in self._curves if len(curve.x)]
        ys = [
            self._shown(part)
            for curve in self._curves
            if not curve.faint
            for part in (curve.y, curve.low, curve.high)
            if part is not None
        ]
        finite = np.concatenate([part[np.isfinite(part)] for part in ys]) if ys else np.zeros(0)
        if y is None:
            low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
            room = (high - low) * 0.04 or 0.5
            y = float(low - room), float(high + room)
        elif self.log:
            y = float(np.log10(y[0])), float(np.log10(y[1]))
        left = min((float(part.min()) for part in xs), default=0.0)
        right = max((float(part.max()) for part in xs), default=1.0)
        self.set_range((left, right if right > left else left + 1), y)
