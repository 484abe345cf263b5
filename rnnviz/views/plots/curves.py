"""Curves of a training that grow: thinned to the pixels, the newest end in view, NaN as marks.

No value is hidden by the axis: where a few lie so far out that the rest would be a flat line, each
has a mark at the edge, and their number and the farthest of them stand over the plot.
"""

from __future__ import annotations

import numpy as np
import numpy.ma  # quantiles need it, and would load it while a run streams in
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.edge_words import EdgeWords
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, between_colours, ink_colour, ink_pen
from rnnviz.views.plots.parts.key import Names, paint_key, with_key
from rnnviz.views.plots.parts.log_axis import LogAxis, plain
from rnnviz.views.plots.parts.run_marks import RunMark, RunMarks
from rnnviz.views.plots.parts.strokes import Strokes
from rnnviz.views.plots.traces import Trace, Value, value_at, words_of
from rnnviz.views.shared.theme import Theme, theme_of
from rnnviz.views.shared.words.plain_text import Label

Floats = npt.NDArray[np.float64]
_EXPORTED = 200_000
_ROOM = 0.05
_NEAR_PIXELS = 5
_FAR = 20.0
"""What is so many times the span of nearly all values away from them is left out of the axis."""
_FAR_DECADES = 12.0
"""The same on a logarithmic axis, in powers of ten."""
_MARK_PIXELS = 7
_MANY = 16
"""So many curves are drawn to the pixel; of more, each is drawn with fewer points."""
_LEAST_COLUMNS = 60
_MOST_ROWS = 12
_LEAST_ROWS = 3
_NARROW = 420
"""A plot that is narrower says less beside the pointer."""
_WORDS_ROOM = 0.12


class _Lines:
    """The items of one trace; most have no points and no marks, and these are made when needed."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self.raw = Strokes(connect="finite", skipFiniteCheck=False)
        self.smooth = Strokes(connect="finite", skipFiniteCheck=False)
        self._points: dict[str, pg.ScatterPlotItem] = {}
        for height, item in enumerate((self.raw, self.smooth)):
            self._add(item, height)

    def _add(self, item: pg.GraphicsObject, height: int) -> None:
        item.setZValue(height)
        self._plot.addItem(item, ignoreBounds=True)

    @property
    def items(self) -> tuple[pg.GraphicsObject, ...]:
        """All that there are."""
        return (self.raw, self.smooth, *self._points.values())

    def points(self, kind: str) -> pg.ScatterPlotItem:
        """Dots, marks of NaN and infinity, or what lies outside the axis."""
        if kind not in self._points:
            item = self._points[kind] = pg.ScatterPlotItem(size=_SIZES[kind], pxMode=True)
            self._add(item, 2 + [*_SIZES].index(kind))
        return self._points[kind]

    def clear(self, kind: str) -> None:
        """Have none of these."""
        item = self._points.get(kind)
        if item is not None and len(item.data):
            item.clear()

    def recolour(self, trace: Trace, theme: Theme) -> None:
        """Its ink, and what is beside it."""
        ink, ground = ink_colour(trace.ink, theme), pg.mkPen(theme.background)
        for kind, item in self._points.items():
            item.setBrush(ink)
            item.setPen(pg.mkPen(ink, width=2) if kind == "marks" else ground)

    def draw(self, item: Strokes, x: Floats, y: Floats, *, smooth_edges: bool) -> None:
        """Draw a line, or none; an empty one that stays empty costs nothing."""
        if len(x) or (item.xData is not None and len(item.xData)):
            item.setData(x, y, antialias=smooth_edges)


_SIZES = {"dots": 6, "marks": 10, "outside": 9}
"""The diameter of each kind of points, in the order in which they lie above each other."""
_NOTHING = np.zeros(0)


class CurvePlot(Plot):
    """Traces over one axis; the whole of them is in view until a person zooms in.

    Signals:
        zoomed(low, high): the person chose this part along x.
        unzoomed: the person wants to see everything again.
    """

    zoomed = Signal(float, float)
    unzoomed = Signal()

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
        self._reach: tuple[float, float] | None = None
        self._looks: tuple[object, ...] = ()
        self._at: pg.ScatterPlotItem | None = None
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
        self.left.connect(self.put_away)

    # What is drawn

    def set_traces(self, traces: tuple[Trace, ...]) -> None:
        """Draw these; call it, or `refresh`, whenever their curves have grown."""
        self.traces = traces
        while len(self._lines) < len(traces):
            self._lines.append(_Lines(self.item))
        while len(self._lines) > len(traces):
            for item in self._lines.pop().items:
                self.item.removeItem(item)
        names = dict.fromkeys((trace.name, trace.ink) for trace in traces if trace.named)
        self.set_legend(tuple(names))
        theme = theme_of(self)
        if self._looks != self._looks_now(theme):
            self.recolour(theme)
        self.refresh()

    def _looks_now(self, theme: Theme) -> tuple[object, ...]:
        """What the pens depend on."""
        looks = ((t.ink, t.width, t.dashed, t.smoothed is None) for t in self.traces)
        return (theme, *looks)

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
        self._recolour_levels(theme_of(self))

    def _recolour_levels(self, theme: Theme) -> None:
        for level in self._levels:
            level.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DashLine))

    def set_run_marks(self, marks: tuple[RunMark, ...]) -> None:
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
        reach = self._reach or self.reach
        if self._following and reach is not None:
            low, high = reach
            if low == high:
                # One place has no span: it stands in the middle of an axis that begins at 0.
                low, high = (0.0, 2.0 * high) if high > 0 else (low - 1.0, high + 1.0)
            self._set_x(low, high)
        self._draw()

    def _set_x(self, low: float, high: float) -> None:
        self._setting = True
        self.view.setXRange(low, high, padding=0.0)
        self._setting = False

    @property
    def reach(self) -> tuple[float, float] | None:
        """The first and the last place along x that a trace has; None where none has any."""
        reaches = [reach for trace in self.traces if (reach := trace.reach())]
        if not reaches:
            return None
        return min(low for low, _ in reaches), max(high for _, high in reaches)

    def share_reach(self, reach: tuple[float, float] | None) -> None:
        """Reach so far along x as plots beside it do, from the next drawing on."""
        self._reach = reach

    def share_zoom(self, low: float | None, high: float | None) -> None:
        """Show the part that was chosen in a plot beside it, or everything; draws nothing yet."""
        self._following = low is None or high is None
        if low is not None and high is not None:
            self._set_x(low, high)

    @Slot()
    def reset_zoom(self) -> None:
        """Show everything again, and follow the newest end."""
        self._following = True
        self.refresh()
        self.unzoomed.emit()

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
            steps = trace.curve.steps_at(kept)
            columns[f"{name}: step"] = steps
            if trace.axis is not None:
                columns[f"{name}: {self._x_name}"] = trace.places(steps)
            columns[f"{name}: value"] = trace.shown_as(trace.curve.values_at(kept))
            if trace.smoothed is not None:
                columns[f"{name}: smoothed"] = trace.shown_as(trace.smoothed.values[kept])
        if self._turns.marks:
            columns[f"what happened: {self._x_name}"] = [mark.x for mark in self._turns.marks]
            columns["what happened"] = [mark.words for mark in self._turns.marks]
        return columns

    def recolour(self, theme: Theme) -> None:
        """Traces in their inks, and their marks with them: whose NaN it is, its colour says."""
        for lines, trace in zip(self._lines, self.traces, strict=True):
            strong = ink_pen(trace.ink, theme, trace.width, dashed=trace.dashed)
            # Opaque, mixed with the ground: a translucent pen is many times slower.
            faint = pg.mkPen(_mixed(trace.ink, theme, 0.32), width=1)
            lines.raw.setPen(strong if trace.smoothed is None else faint)
            lines.smooth.setPen(strong)
            lines.recolour(trace, theme)
        self._looks = self._looks_now(theme)
        self._beyond.recolour(theme)
        self._recolour_levels(theme)
        self._cursor.setPen(pg.mkPen(theme.faint))
        self._here.setPen(pg.mkPen(theme.text, width=1))

    # Drawing

    def _value(self, values: Floats) -> Floats:
        if not self._log:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def _draw(self) -> None:
        low, high = self.view.viewRange()[0]
        columns = max(100, int(self.view.width()))
        crowded = len(self.traces) > _MANY
        if crowded:
            columns = max(_LEAST_COLUMNS, columns * _MANY // (2 * len(self.traces)))
        drawn: list[Floats] = []
        smooths: list[Floats] = []
        odd: list[tuple[_Lines, Trace, npt.NDArray[np.int64]]] = []
        for lines, trace in zip(self._lines, self.traces, strict=True):
            first, last = trace.span(low, high)
            hidden = trace.smoothed is not None and not trace.raw
            if hidden:
                # A mean over many steps has no extremes that a few points would miss.
                count = min(last - first, 2 * columns)
                kept = np.linspace(first, max(first, last - 1), count).astype(np.int64)
            else:
                kept = trace.curve.decimate(first, last, columns)
            x = trace.places(trace.curve.steps_at(kept))
            if hidden:
                lines.draw(lines.raw, _NOTHING, _NOTHING, smooth_edges=False)
            else:
                raw = _finite(self._value(trace.shown_as(trace.curve.values_at(kept))))
                lines.draw(lines.raw, x, raw, smooth_edges=len(x) < 3000)
                drawn.append(raw[np.isfinite(raw)])
                self._draw_dots(lines, trace, x, raw, crowded=crowded)
            if trace.smoothed is not None:
                smooth = _finite(self._value(trace.shown_as(trace.smoothed.at(kept))))
                lines.draw(lines.smooth, x, smooth, smooth_edges=len(x) < 5000)
                smooths.append(smooth[np.isfinite(smooth)])
            else:
                lines.draw(lines.smooth, _NOTHING, _NOTHING, smooth_edges=False)
            marks = trace.curve.marks(first, last, columns // 8)
            if self._log:
                below = trace.shown_as(trace.curve.values_at(kept)) <= 0
                marks = np.concatenate([marks, _spread(kept[below], columns // 8)])
            odd.append((lines, trace, marks))
        self._fit_height(
            np.concatenate([*drawn, np.zeros(0)]), np.concatenate([*smooths, np.zeros(0)])
        )
        for lines, trace, marks in odd:
            self._mark(lines, trace, marks)
        self._mark_outside(low, high)
        low, high = self.view.viewRange()[1]
        self._turns.draw(low, high, theme_of(self))

    def _draw_dots(
        self, lines: _Lines, trace: Trace, x: Floats, raw: Floats, *, crowded: bool
    ) -> None:
        # Qt's bounds of points that have no place would be of nothing but NaN.
        seen = np.isfinite(raw) & np.isfinite(x)
        if trace.points and len(x) < 400 and not crowded and seen.any():
            self._points(lines, trace, "dots").setData(x[seen], raw[seen])
        else:
            lines.clear("dots")

    def _points(self, lines: _Lines, trace: Trace, kind: str) -> pg.ScatterPlotItem:
        """The points of a trace, in its ink."""
        known = len(lines.items)
        found = lines.points(kind)
        if len(lines.items) > known:
            lines.recolour(trace, theme_of(self))
        return found

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
            raw = lines.raw.yData if lines.raw.yData is not None else _NOTHING
            if not len(raw):
                lines.clear("outside")
                continue
            with np.errstate(invalid="ignore"):
                up, down = raw > high, raw < low
            if not (up.any() or down.any()):
                lines.clear("outside")
                continue
            first, last = trace.span(left, right)
            values = trace.shown_as(trace.curve.values_at(slice(first, last)))
            heights = self._value(values)
            with np.errstate(invalid="ignore"):
                above.append(values[(heights > high) & np.isfinite(values)])
                below.append(values[heights < low])
            x = lines.raw.xData
            places = [_apart(x[up], wide), _apart(x[down], wide)]
            self._points(lines, trace, "outside").setData(
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
        x = trace.places(trace.curve.steps_at(places))
        placed = np.isfinite(x)
        x, places = x[placed], places[placed]
        if not places.size:
            lines.clear("marks")
            return
        low, high = self.view.viewRange()[1]
        room = (high - low) * 0.03
        values = trace.curve.values_at(places)
        top = np.isposinf(values)
        symbols = np.where(np.isnan(values), "x", np.where(np.isinf(values), "t", "o"))
        symbols = np.where(top, "t1", symbols)
        heights = np.where(top, high - room, low + room)
        self._points(lines, trace, "marks").setData(x=x, y=heights, symbol=symbols.tolist())

    @Slot()
    def _ranged(self) -> None:
        if self._setting:
            return
        reaches = [reach for trace in self.traces if (reach := trace.reach())]
        if reaches:
            low, high = self.view.viewRange()[0]
            first, last = min(r[0] for r in reaches), max(r[1] for r in reaches)
            self._following = low <= first and high >= last
            self.zoomed.emit(low, high)
        self._draw()

    # The pointer

    @Slot(float, float)
    def _show_note(self, x: float, y: float) -> None:
        self.point_at(x, y)

    def point_at(self, x: float, y: float | None = None, most: int = _MOST_ROWS) -> None:
        """Mark a place along x on every curve, and say beside it what they are there.

        Args:
            y: where the pointer is; of more curves than there is room for, the nearest are named.
                None where it is in a plot beside this one.
            most: how many curves may be named.
        """
        # The chosen run is drawn last; beside the pointer's own plot of many it stands for all.
        asked = self.traces if y is not None else self.traces[-most:]
        found = [(value, trace) for trace in asked if (value := value_at(trace, x))]
        self._cursor.setVisible(bool(found))
        self._mark_places(x, found)
        if not found:
            self.note.hide()
            return
        self._cursor.setValue(x)
        line = self.note.fontMetrics().lineSpacing()
        room = max(_LEAST_ROWS, int(self.view.height() / line) - 2)
        short = self.width() < _NARROW
        rows = self._rows(found, y, min(most, room), short=short)
        reach = _NEAR_PIXELS * self.view.viewPixelSize()[0]
        happened = self._turns.near(x, reach) if y is not None else []
        # What is beside the pointer says where that is; the other plots say what is there.
        where = [f"{self._x_name} {self._x_format.format(x)}"] if y is not None else []
        self.note.setText("\n".join([*where, *rows, *happened]))
        self.note.setVisible(bool(self.note.text()))
        self.note.adjustSize()
        self._place_note(x, y)

    def _rows(
        self, found: list[tuple[Value, Trace]], y: float | None, most: int, *, short: bool
    ) -> list[str]:
        if len(found) > most:
            if y is None:
                found = found[-most:]
            else:
                heights = self._value(np.array([value.height for value, _ in found]))
                far = np.nan_to_num(np.abs(heights - y), nan=np.inf)
                nearest = sorted(np.argsort(far, kind="stable")[: most - 1].tolist())
                left = len(found) - len(nearest)
                rows = [words_of(*found[place], short=short) for place in nearest]
                return [*rows, f"and {left:,} more"]
        return [words_of(value, trace, short=short) for value, trace in found]

    def _place_note(self, x: float, y: float | None) -> None:
        low, high = self.view.viewRange()[1]
        at = QPointF(x, high - 0.02 * (high - low) if y is None else y)
        place = self._canvas.mapFromScene(self.view.mapViewToScene(at))
        across = place.x() + 16
        if across + self.note.width() > self.width() - 4:
            across = place.x() - 16 - self.note.width()
        down = place.y() if y is None else place.y() - self.note.height()
        down = min(max(4, down), self.height() - self.note.height() - 4)
        self.note.move(max(4, int(across)), max(4, int(down)))
        self.note.raise_()

    def _mark_places(self, x: float, found: list[tuple[Value, Trace]]) -> None:
        """A dot on every curve, where it is named."""
        if self._at is None:
            self._at = pg.ScatterPlotItem(size=7, pxMode=True)
            self._at.setZValue(15)
            self.item.addItem(self._at, ignoreBounds=True)
        theme = theme_of(self)
        heights = self._value(np.array([value.height for value, _ in found]))
        brushes = [pg.mkBrush(ink_colour(trace.ink, theme)) for _, trace in found]
        kept = np.flatnonzero(np.isfinite(heights))
        self._at.setData(
            x=np.array([value.x for value, _ in found])[kept] if found else [],
            y=heights[kept] if found else [],
            brush=[brushes[place] for place in kept],
            pen=pg.mkPen(theme.background),
        )

    def words_at(self, x: float, y: float) -> str:
        """The value of every trace there, as in the note beside the pointer."""
        found = [(value, trace) for trace in self.traces if (value := value_at(trace, x))]
        rows = [words_of(value, trace) for value, trace in found]
        return ", ".join([f"{self._x_name} {self._x_format.format(x)}", *rows])

    @Slot()
    def put_away(self) -> None:
        """Nothing is pointed at any more."""
        self.note.hide()
        self._cursor.hide()
        if self._at is not None:
            self._at.clear()


def _mixed(ink: Ink, theme: Theme, share: float) -> QColor:
    return between_colours(QColor(theme.background), ink_colour(ink, theme), share)


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
