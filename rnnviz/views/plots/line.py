"""Values along a text as lines: one to a unit, never more points than the screen can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.sequences.text import Text
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.axes import NamedAxis, TextAxis
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, ink_colour, ink_pen
from rnnviz.views.plots.parts.strokes import Strokes
from rnnviz.views.plots.strips_of_lines import Strip, StripsOfLines
from rnnviz.views.shared.theme import Theme, theme_of

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Series:
    """The values of one thing at consecutive characters."""

    name: str
    start: int
    """The character of the first value."""
    values: Floats
    ink: Ink
    width: float = 1.5


def decimate(places: Floats, values: Floats, columns: int) -> tuple[Floats, Floats]:
    """At most about two points a column: the least and the greatest of each, in their order.

    NaN within a column of numbers is passed over; a column of nothing but NaN stays a gap.
    """
    per = -(-len(values) // max(1, columns))
    if per <= 2:
        return places, values
    padded = np.full(-(-len(values) // per) * per, np.nan)
    padded[: len(values)] = values
    rows = padded.reshape(-1, per)
    empty = np.isnan(rows).all(axis=1)
    low = np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)
    high = np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)
    both = np.sort(np.stack([low, high], axis=1), axis=1) + np.arange(len(rows))[:, None] * per
    chosen = np.minimum(both.ravel(), len(values) - 1)
    kept = padded[chosen]
    kept[np.repeat(empty, 2)] = np.nan
    return places[chosen], kept


class LinePlot(Plot):
    """Lines over a stretch of text, bands behind them, and a cursor on one character.

    The lines share a scale, or stand one above the other, each on a strip with a scale of its own.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self.text_axis = TextAxis("bottom")
        self._series: tuple[Series, ...] = ()
        self._curves: list[Strokes] = []
        self._band = pg.BarGraphItem(x0=[], x1=[], y0=[], height=[])
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._zero = pg.InfiniteLine(angle=0, movable=False, pos=0)
        self.value_axis = NamedAxis("left")
        self._strips = StripsOfLines(self.value_axis)
        super().__init__(name, x_axis=self.text_axis, y_axis=self.value_axis, parent=parent)
        self._strips.put_into(self.item)
        for item in (self._band, self._zero, self._cursor):
            self.item.addItem(item, ignoreBounds=True)
        self._cursor.setZValue(10)
        self._cursor.hide()
        self.view.sigXRangeChanged.connect(self._fit)

    def set_text(self, text: Text | None) -> None:
        """The text whose characters stand along the axis."""
        self.text_axis.set_text(text)

    def set_strips(self, strips: tuple[Strip, ...]) -> None:
        """Give each line a strip with this scale, the first above; none for one scale for all.

        The range of values is then from 0 to the number of strips. Call it before `set_series`.
        """
        self._strips.set_strips(strips)
        self._zero.setVisible(not strips)
        self.value_axis.setStyle(tickLength=0 if strips else -4)

    def name_strips(self, words: tuple[tuple[str, Ink], ...]) -> None:
        """What stands above each line that has a strip of its own."""
        self._strips.say(words, self._more, theme_of(self))

    def set_series(self, series: tuple[Series, ...]) -> None:
        """Draw these lines."""
        self._series = series
        while len(self._curves) < len(series):
            curve = Strokes(connect="finite", skipFiniteCheck=False)
            self._curves.append(curve)
            self.item.addItem(curve, ignoreBounds=True)
        while len(self._curves) > len(series):
            self.item.removeItem(self._curves.pop())
        self._fit()
        self.recolour(theme_of(self))

    def set_band(self, start: int, strength: npt.NDArray[np.floating]) -> None:
        """Shade characters from `start` on, each to its strength of 0 to 1 of the height."""
        strength = np.nan_to_num(np.asarray(strength, np.float32))
        edges = np.flatnonzero(np.diff(strength)) + 1
        first = np.concatenate([[0], edges]) if strength.size else np.zeros(0, int)
        last = np.append(edges, strength.size) if strength.size else first
        kept = strength[first] > 0
        low, high = self._full[1]
        self._band.setOpts(
            x0=first[kept] + start,
            x1=last[kept] + start,
            y0=np.full(int(kept.sum()), low),
            height=strength[first][kept] * (high - low),
        )

    def set_cursor(self, character: int | None) -> None:
        """Mark a character, or none."""
        self._cursor.setVisible(character is not None)
        if character is not None:
            self._cursor.setValue(character + 0.5)

    def words_at(self, x: float, y: float) -> str:
        """The character and the value of every line there."""
        place = int(np.floor(x))
        told = [self.text_axis.words_at(place)]
        for series in self._series:
            if 0 <= place - series.start < len(series.values):
                value = float(series.values[place - series.start])
                told.append(f"{series.name} {value:+.3f}")
        return ", ".join(told)

    def columns(self) -> Columns:
        """Positions and the values of every line."""
        if not self._series:
            return {"position": ()}
        first = self._series[0]
        places = np.arange(first.start, first.start + len(first.values))
        return {"position": places, **{s.name: s.values.astype(float) for s in self._series}}

    def recolour(self, theme: Theme) -> None:
        """Lines in their inks, the band as a wash."""
        for curve, series in zip(self._curves, self._series, strict=True):
            curve.setPen(ink_pen(series.ink, theme, series.width))
        self._strips.recolour(theme)
        self._band.setOpts(pen=None, brush=ink_colour("accent", theme, 0.13))
        self._zero.setPen(pg.mkPen(theme.border))
        self._cursor.setPen(pg.mkPen(theme.accent, style=Qt.PenStyle.SolidLine))

    @Slot()
    def _fit(self) -> None:
        """Give each curve only what the visible range needs."""
        low, high = self.view.viewRange()[0]
        columns = max(100, int(self.view.width()))
        for number, (curve, series) in enumerate(zip(self._curves, self._series, strict=True)):
            first = max(0, int(low) - series.start - 1)
            last = min(len(series.values), max(first, int(np.ceil(high)) - series.start + 1))
            values = series.values[first:last].astype(np.float64)
            if len(self._strips):
                values = self._strips.placed(values, number)
            places = np.arange(first, last) + (series.start + 0.5)
            x, y = decimate(places, values, columns)
            curve.setData(x, y, antialias=True)
