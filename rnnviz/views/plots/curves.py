"""Curves of a training that grow: thinned to the pixels, the newest end in view, NaN as marks.

No value is hidden by the axis: where a few lie so far out that the rest would be a flat line, each
has a mark at the edge, and their number and the farthest of them stand over the plot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.ma  # quantiles need it, and would load it while a run streams in
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve, SmoothedCurve
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.edge_words import EdgeWords
from rnnviz.views.plots.export import Columns
from rnnviz.views.plots.inks import Ink, ink_colour, ink_pen
from rnnviz.views.plots.key import Names, paint_key, with_key
from rnnviz.views.plots.log_axis import LogAxis, plain
from rnnviz.views.plots.run_marks import RunMark, RunMarks
from rnnviz.views.shared.plain_text import Label
from rnnviz.views.shared.theme import Theme, theme_of

Floats = npt.NDArray[np.float64]
_EXPORTED = 200_000
_ROOM = 0.05
_NEAR_PIXELS = 5
_FAR = 20.0
"""What is so many times the span of nearly all values away from them is left out of the axis."""
_FAR_DECADES = 12.0
"""The same on a logarithmic axis, in powers of ten."""
_MARK_PIXELS = 7
_WORDS_ROOM = 0.12


def as_it_is(values: Floats) -> Floats:
    """The values themselves."""
    return values


@dataclass(frozen=True)
class Trace:
    """One curve as it is drawn."""

    name: str
    curve: Curve
    ink: Ink
    smoothed: SmoothedCurve | None = None
    """Drawn over the raw values, which stay behind it, faintly."""
    axis: StepAxis | None = None
    """Where its steps lie along x; without one, at themselves."""
    shown_as: Callable[[Floats], Floats] = as_it_is
    """From its values to what is drawn; must not change their order."""
    points: bool = False
    """Few values: each gets a dot."""
    width: float = 1.75
    dashed: bool = False
    named: bool = True
    """Whether the legend over the plot lists it."""

    def places(self, steps: npt.NDArray[np.int64]) -> Floats:
        """Where these steps lie along x."""
        return steps.astype(float) if self.axis is None else self.axis.at(steps)

    def reach(self) -> tuple[float, float] | None:
        """Its first and last place along x, or None while it is empty."""
        if not len(self.curve):
            return None
        low, high = self.places(self.curve.steps[[0, -1]])
        return (float(low), float(high)) if np.isfinite([low, high]).all() else None

    def span(self, low: float, high: float) -> tuple[int, int]:
        """The points between two places along x, and one more on either side."""
        if self.axis is not None and self.axis.steps:
            low, high = np.interp([low, high], self.axis.values, self.axis.steps)
        first, last = self.curve.span(low, high)
        return max(0, first - 1), min(len(self.curve), last + 1)


class _Lines:
    """The items of one trace."""

    def __init__(self) -> None:
        self.raw = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self.smooth = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self.dots = pg.ScatterPlotItem(size=6, pxMode=True)
        self.marks = pg.ScatterPlotItem(size=10, pxMode=True)
        self.outside = pg.ScatterPlotItem(size=9, pxMode=True)
        self.items = (self.raw, self.smooth, self.dots, self.marks, self.outside)
        for height, item in enumerate(self.items):
            item.setZValue(height)


class CurvePlot(Plot):
    """Traces over one axis; the whole of them is in view until a person zooms in."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self.traces: tuple[Trace, ...] = ()
        self._lines: list[_Lines] = []
        self._levels: list[pg.InfiniteLine] = []
        self._log = False
        self._least_span = 0.0
        self._following = True
        self._setting = False
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._here = pg.InfiniteLine(angle=90, movable=False)
        self._beyond = EdgeWords()
        self.value_axis = LogAxis("left")
        super().__init__(name, x_axis=LogAxis("bottom"), y_axis=self.value_axis, parent=parent)
        self._turns = RunMarks(self.item)
        self._beyond.put_into(self.view)
        self.note = Label("", self)
        self.note.setProperty("role", "card")
        self.note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.note.hide()
        for line in (self._cursor, self._here):
            self.item.addItem(line, ignoreBounds=True)
            line.hide()
        self._x_name, self._x_format = "step", "{:,.0f}"
        self.view.sigXRangeChanged.connect(self._ranged)
        self.hovered.connect(self._show_note)
        self.left.connect(self._hide_note)

    # What is drawn

    def set_traces(self, traces: tuple[Trace, ...]) -> None:
        """Draw these; call it, or `refresh`, whenever their curves have grown."""
        self.traces = traces
        while len(self._lines) < len(traces):
            self._lines.append(_Lines())
            for item in self._lines[-1].items:
                self.item.addItem(item, ignoreBounds=True)
        while len(self._lines) > len(traces):
            for item in self._lines.pop().items:
                self.item.removeItem(item)
        names = dict.fromkeys((trace.name, trace.ink) for trace in traces if trace.named)
        self.set_legend(tuple(names))
        self.recolour(theme_of(self))
        self.refresh()

    def set_log(self, log: bool) -> None:
        """Draw the logarithms of the values."""
        if log != self._log:
            self._log = log
            self.value_axis.set_log(log)
            self.refresh()

    @property
    def beyond(self) -> str:
        """How many values lie beyond the axis, and how far; empty where none does."""
        return self._beyond.words

    def set_least_span(self, span: float) -> None:
        """Let the axis of values never span less, so that noise does not look like change."""
        self._least_span = span

    def set_level(self, *values: float) -> None:
        """Dashed level lines at these values, as of a threshold."""
        while len(self._levels) < len(values):
            line = pg.InfiniteLine(angle=0, movable=False)
            self._levels.append(line)
            self.item.addItem(line, ignoreBounds=True)
        for line, value in zip(self._levels, values, strict=False):
            line.setValue(np.log10(value) if self._log and value > 0 else value)
        for place, line in enumerate(self._levels):
            line.setVisible(place < len(values))
        self.recolour(theme_of(self))

    def set_turns(self, marks: tuple[RunMark, ...]) -> None:
        """Mark what happened to a run at these places; drawn with the next traces."""
        self._turns.set_marks(marks)

    def set_place(self, x: float | None) -> None:
        """Mark a place along x, as of the chosen checkpoint."""
        self._here.setVisible(x is not None)
        if x is not None:
            self._here.setValue(x)

    def set_x_words(self, name: str, pattern: str) -> None:
        """What the note at the pointer calls x, and how it writes it."""
        self._x_name, self._x_format = name, pattern

    def refresh(self) -> None:
        """Draw what the curves hold by now."""
        reaches = [reach for trace in self.traces if (reach := trace.reach())]
        if self._following and reaches:
            low, high = min(low for low, _ in reaches), max(high for _, high in reaches)
            self._setting = True
            room = 0.0 if high > low else 0.5
            self.view.setXRange(low - room, high + room, padding=0.0)
            self._setting = False
        self._draw()

    @Slot()
    def reset_zoom(self) -> None:
        """Show everything again, and follow the newest end."""
        self._following = True
        self.refresh()

    # Export

    def _unnamed(self) -> Names:
        """What a list beside the plot names on the screen, and nothing would in a picture."""
        if any(trace.named for trace in self.traces):
            return ()
        return tuple((trace.name, trace.ink) for trace in self.traces)

    def _area(self) -> QSize:
        return with_key(super()._area(), self._unnamed())

    def _paint(self, painter: QPainter, area: QRect) -> None:
        plot = super()._area()
        super()._paint(painter, QRect(area.topLeft(), plot))
        corner = QPoint(area.left() + plot.width(), area.top())
        paint_key(painter, corner, self._unnamed(), theme_of(self))

    def columns(self) -> Columns:
        """The step, the place along x and the value of every point of every trace."""
        columns: dict[str, npt.ArrayLike] = {}
        for number, trace in enumerate(self.traces, start=1):
            kept = trace.curve.decimate(0, len(trace.curve), _EXPORTED // 4)
            name = trace.name or f"curve {number}"
            name = name if f"{name}: step" not in columns else f"{name} {number}"
            steps = trace.curve.steps[kept]
            columns[f"{name}: step"] = steps
            if trace.axis is not None:
                columns[f"{name}: {self._x_name}"] = trace.places(steps)
            columns[f"{name}: value"] = trace.shown_as(trace.curve.values[kept])
            if trace.smoothed is not None:
                columns[f"{name}: smoothed"] = trace.shown_as(trace.smoothed.values[kept])
        if self._turns.marks:
            columns[f"what happened: {self._x_name}"] = [mark.x for mark in self._turns.marks]
            columns["what happened"] = [mark.words for mark in self._turns.marks]
        return columns

    def recolour(self, theme: Theme) -> None:
        """Traces in their inks, marks of NaN in the colour of what is wrong."""
        for lines, trace in zip(self._lines, self.traces, strict=True):
            strong = ink_pen(trace.ink, theme, trace.width, dashed=trace.dashed)
            # Opaque, mixed with the ground: a translucent pen is many times slower.
            faint = pg.mkPen(_mixed(trace.ink, theme, 0.32), width=1)
            lines.raw.setPen(strong if trace.smoothed is None else faint)
            lines.smooth.setPen(strong)
            lines.dots.setBrush(ink_colour(trace.ink, theme))
            lines.dots.setPen(pg.mkPen(theme.background))
            lines.marks.setPen(pg.mkPen(theme.bad, width=2))
            lines.marks.setBrush(ink_colour("bad", theme))
            lines.outside.setBrush(ink_colour(trace.ink, theme))
            lines.outside.setPen(pg.mkPen(theme.background))
        self._beyond.recolour(theme)
        for level in self._levels:
            level.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DashLine))
        self._cursor.setPen(pg.mkPen(theme.faint))
        self._here.setPen(pg.mkPen(theme.accent, width=1))

    # Drawing

    def _value(self, values: Floats) -> Floats:
        if not self._log:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def _draw(self) -> None:
        low, high = self.view.viewRange()[0]
        columns = max(100, int(self.view.width()))
        drawn: list[Floats] = []
        smooths: list[Floats] = []
        odd: list[tuple[_Lines, Trace, npt.NDArray[np.int64]]] = []
        for lines, trace in zip(self._lines, self.traces, strict=True):
            first, last = trace.span(low, high)
            kept = trace.curve.decimate(first, last, columns)
            x = trace.places(trace.curve.steps[kept])
            shown = trace.shown_as(trace.curve.values[kept])
            raw = _finite(self._value(shown))
            lines.raw.setData(x, raw, antialias=len(x) < 3000)
            drawn.append(raw[np.isfinite(raw)])
            if trace.smoothed is not None:
                smooth = _finite(self._value(trace.shown_as(trace.smoothed.values[kept])))
                lines.smooth.setData(x, smooth, antialias=len(x) < 5000)
                smooths.append(smooth[np.isfinite(smooth)])
            else:
                lines.smooth.setData([], [])
            dotted = trace.points and len(kept) < 400
            # Qt's bounds of points that have no place would be of nothing but NaN.
            seen = np.isfinite(raw) & np.isfinite(x)
            lines.dots.setData(x[seen], raw[seen]) if dotted else lines.dots.clear()
            marks = trace.curve.marks(first, last, columns // 8)
            if self._log:
                marks = np.concatenate([marks, _spread(kept[shown <= 0], columns // 8)])
            odd.append((lines, trace, marks))
        self._fit_height(
            np.concatenate([*drawn, np.zeros(0)]), np.concatenate([*smooths, np.zeros(0)])
        )
        for lines, trace, marks in odd:
            self._mark(lines, trace, marks)
        self._mark_outside(low, high)
        low, high = self.view.viewRange()[1]
        self._turns.draw(low, high, theme_of(self))

    def _fit_height(self, drawn: Floats, smooth: Floats) -> None:
        low, high = _span_of(drawn, smooth, self._log)
        lacking = max(0.0, self._least_span - (high - low)) / 2
        low, high = low - lacking, high + lacking
        room = (high - low) * _ROOM or abs(high) * 0.1 or 0.5
        words = _WORDS_ROOM * (high - low) if drawn.size and drawn.max() > high + room else 0.0
        if drawn.size and drawn.min() < low - room:
            words = _WORDS_ROOM * (high - low)
        self.view.setYRange(low - room, high + room + words, padding=0)

    def _mark_outside(self, left: float, right: float) -> None:
        """A mark at the edge for what lies beyond it, and over the plot how much does, how far."""
        low, high = self.view.viewRange()[1]
        room, wide = (high - low) * 0.02, self.view.viewPixelSize()[0] * _MARK_PIXELS
        above, below = list[Floats](), list[Floats]()
        for lines, trace in zip(self._lines, self.traces, strict=True):
            raw = lines.raw.yData if lines.raw.yData is not None else np.zeros(0)
            with np.errstate(invalid="ignore"):
                up, down = raw > high, raw < low
            if not (up.any() or down.any()):
                if len(lines.outside.data):
                    lines.outside.clear()
                continue
            first, last = trace.span(left, right)
            values = trace.shown_as(trace.curve.values[first:last])
            heights = self._value(values)
            with np.errstate(invalid="ignore"):
                above.append(values[(heights > high) & np.isfinite(values)])
                below.append(values[heights < low])
            x = lines.raw.xData
            places = [_apart(x[up], wide), _apart(x[down], wide)]
            lines.outside.setData(
                x=np.concatenate(places),
                y=np.repeat([high - room, low + room], [len(part) for part in places]),
                symbol=["t1"] * len(places[0]) + ["t"] * len(places[1]),
            )
        self._say_beyond(np.concatenate([*above, []]), np.concatenate([*below, []]))

    def _say_beyond(self, above: Floats, below: Floats) -> None:
        words = []
        for values, side, farthest in ((above, "above", np.max), (below, "below", np.min)):
            if values.size:
                far = plain(float(f"{farthest(values):.4g}"))
                each = "value" if values.size == 1 else "values"
                reach = "at" if values.size == 1 else "up to" if side == "above" else "down to"
                words.append(f"{values.size:,} {each} {side} the axis, {reach} {far}")
        said = "; ".join(words)
        if self._beyond.say(said):
            self.setAccessibleDescription(said)

    def _mark(self, lines: _Lines, trace: Trace, places: npt.NDArray[np.int64]) -> None:
        """NaN as a cross at the foot, infinity as an arrow up or down, zero on a log axis a dot."""
        x = trace.places(trace.curve.steps[places])
        placed = np.isfinite(x)
        x, places = x[placed], places[placed]
        if not places.size:
            if len(lines.marks.data):
                lines.marks.clear()
            return
        low, high = self.view.viewRange()[1]
        room = (high - low) * 0.03
        values = trace.curve.values[places]
        top = np.isposinf(values)
        symbols = np.where(np.isnan(values), "x", np.where(np.isinf(values), "t", "o"))
        symbols = np.where(top, "t1", symbols)
        heights = np.where(top, high - room, low + room)
        lines.marks.setData(x=x, y=heights, symbol=symbols.tolist())

    @Slot()
    def _ranged(self) -> None:
        if self._setting:
            return
        reaches = [reach for trace in self.traces if (reach := trace.reach())]
        if reaches:
            low, high = self.view.viewRange()[0]
            first, last = min(r[0] for r in reaches), max(r[1] for r in reaches)
            self._following = low <= first and high >= last
        self._draw()

    # The pointer

    @Slot(float, float)
    def _show_note(self, x: float, y: float) -> None:
        rows = [row for trace in self.traces if (row := self._row_at(trace, x))]
        self._cursor.setVisible(bool(rows))
        if not rows:
            self.note.hide()
            return
        self._cursor.setValue(x)
        where = self._x_format.format(x)
        reach = _NEAR_PIXELS * self.view.viewPixelSize()[0]
        happened = self._turns.near(x, reach)
        self.note.setText("\n".join([f"{self._x_name} {where}", *rows, *happened]))
        self.note.adjustSize()
        place = self._canvas.mapFromScene(self.view.mapViewToScene(QPointF(x, y)))
        across = place.x() + 16
        if across + self.note.width() > self.width() - 4:
            across = place.x() - 16 - self.note.width()
        down = min(max(4, place.y() - self.note.height()), self.height() - self.note.height() - 4)
        self.note.move(max(4, int(across)), max(4, int(down)))
        self.note.show()
        self.note.raise_()

    @staticmethod
    def _row_at(trace: Trace, x: float) -> str:
        reach = trace.reach()
        if reach is None or not reach[0] <= x <= reach[1]:
            return ""
        first, last = trace.span(x, x)
        around = np.arange(first, last)
        nearest = int(around[np.abs(trace.places(trace.curve.steps[around]) - x).argmin()])
        raw = trace.shown_as(trace.curve.values[[nearest]])[0]
        words = plain(float(f"{raw:.4g}")) if np.isfinite(raw) else str(raw)
        if trace.smoothed is not None:
            smooth = trace.shown_as(trace.smoothed.values[[nearest]])[0]
            if np.isfinite(smooth):
                words += f" (smoothed {plain(float(f'{smooth:.4g}'))})"
        return f"{trace.name}: {words}" if trace.name else words

    def words_at(self, x: float, y: float) -> str:
        """The value of every trace there, as in the note beside the pointer."""
        rows = [row for trace in self.traces if (row := self._row_at(trace, x))]
        return ", ".join([f"{self._x_name} {self._x_format.format(x)}", *rows])

    @Slot()
    def _hide_note(self) -> None:
        self.note.hide()
        self._cursor.hide()


def _mixed(ink: Ink, theme: Theme, share: float) -> QColor:
    above, ground = ink_colour(ink, theme), ink_colour("background", theme)
    parts = zip(
        (above.redF(), above.greenF(), above.blueF()),
        (ground.redF(), ground.greenF(), ground.blueF()),
        strict=True,
    )
    return QColor.fromRgbF(*(share * a + (1 - share) * b for a, b in parts))


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _span_of(drawn: Floats, smooth: Floats, log: bool) -> tuple[float, float]:
    """What the axis spans: all values, but for a few so far out that the rest would be flat."""
    if not drawn.size:
        return (float(smooth.min()), float(smooth.max())) if smooth.size else (0.0, 1.0)
    low, high = float(drawn.min()), float(drawn.max())
    if drawn.size < 200:
        return low, high
    inner = np.quantile(drawn, [0.005, 0.995])
    least = float(min(inner[0], smooth.min(initial=inner[0])))
    most = float(max(inner[1], smooth.max(initial=inner[1])))
    reach = _FAR_DECADES if log else _FAR * (most - least)
    if reach == 0:
        return low, high
    return (low if least - low <= reach else least), (high if high - most <= reach else most)


def _spread(places: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """So many of them, evenly from the first to the last."""
    return places[:: max(1, -(-len(places) // max(1, most)))]


def _apart(x: Floats, least: float) -> Floats:
    """Of places in order only those far enough from each other for marks to be told apart."""
    x = x[np.isfinite(x)]
    if not x.size or least <= 0:
        return x
    return x[np.unique(np.floor((x - x[0]) / least), return_index=True)[1]]
