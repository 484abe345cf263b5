"""Charts of the ticked runs: loss, held-out loss, gradient norm, rate, and whatever they log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve, Floats, SmoothedCurve
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.system.ready_types import ready
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.plots import Chart, CurvePlot, Trace, as_it_is
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.staying_menu import StayingMenu
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.training.chart_grid import ChartGrid
from rnnviz.views.training.panels.run_marks import run_marks_of

LOSS, HELD_OUT, NORM, RATE = "\0loss", "\0held-out", "\0norm", "\0rate"
"""Keys of the charts that every run has; no tag of anybody's begins like them."""
_OURS = {
    LOSS: "Loss", HELD_OUT: "Held-out loss", NORM: "Gradient norm", RATE: "Learning rate"
}  # fmt: skip
X_AXES = {"step": "step", "epoch": "epoch", "seconds": "time", "tokens": "characters"}
_X_WORDS = {
    "step": ("step", "step", "{:,.0f}"),
    "epoch": ("epochs", "epoch", "{:.2f}"),
    "seconds": ("minutes of training", "minute", "{:,.1f}"),
    "tokens": ("characters read, in millions", "million characters", "{:,.2f}"),
}
UNITS = {"nats": "nats", "bits": "bits", "perplexity": "perplexity"}
_SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_DEFAULT_SMOOTHING = 4
_LEAST_WINDOWS = 25
"""A curve is at least so many times as long as what it is smoothed over."""
_LEAST_CHOICE_WIDTH = 88
"""A narrow window cuts long words of a choice rather than growing."""
_MOST_CHARTS = 12
_FIRST_TAGS = 3
"""So many of a run's own numbers have a chart before a person chooses."""
_MOST_RAW = 6
"""Of more runs only the chosen one's raw values are drawn: of all they would be one grey band."""
_MOST_WIDE = 16
"""Of more runs all but the chosen one are hair lines: easier to tell apart, and soon painted."""
_HAIR_LINES = 2000
"""So many values that are not smoothed are a hair line: a thicker one is a band, slow to paint."""
_GROUPED = 24
"""More tags than these are listed by what stands before their first slash."""
_DRAWING_SECONDS = 0.006
"""How long a frame draws; what is left is drawn in the next."""
_WHILE_SMOOTHING_SECONDS = 0.5
"""How long long curves are smoothed before what they come to is drawn."""
_CHARTS_KEPT, _LOGS_KEPT, _CHOICES_KEPT = "training/charts", "training/logs", "training/axes"


def _bits(nats: Floats) -> Floats:
    return nats / np.log(2)


def _perplexity(nats: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.exp(nats)


_SHOWN_AS: dict[str, Callable[[Floats], Floats]] = {
    "nats": as_it_is, "bits": _bits, "perplexity": _perplexity
}  # fmt: skip


class ScaledAxis(StepAxis):
    """A run's axis in another unit, such as minutes for seconds."""

    def __init__(self, axis: StepAxis, divisor: float) -> None:
        # Its own list of steps: that of a run which goes on grows while this is drawn.
        super().__init__(axis.steps, [value / divisor for value in axis.values])


def axis_of(record: RunRecord, name: str, key: str = "") -> StepAxis | None:
    """Where the steps of a run lie along the axis of this name; None for the steps themselves.

    Args:
        key: the curve whose steps they are; those of event files may count each its own.
    """
    if name == "step":
        return None
    axis: StepAxis = getattr(record, name)
    if name == "seconds":
        axis = record.seconds_of.get(key, axis)
    return ScaledAxis(axis, {"seconds": 60.0, "tokens": 1e6}.get(name, 1.0))


def curve_of(record: RunRecord, key: str) -> Curve | None:
    """The curve of a chart; None where the run has none."""
    ours = {
        LOSS: record.loss,
        HELD_OUT: record.validation,
        NORM: record.gradient_norm,
        RATE: record.learning_rate,
    }
    found = ours.get(key) if key in ours else record.scalars.get(key)
    return found if found is not None and len(found) else None


class CurvesPanel(Panel):
    """Small charts side by side, of one x and with one pointer; which, a person chooses."""

    name = "curves"
    title = "Curves"
    needs = ("run",)

    def follow(self) -> None:
        """Follow what the runs write, and which are ticked."""
        self._presented = False
        self._smoothed: dict[tuple[Curve, float], SmoothedCurve] = {}
        self._drawn_at = 0.0
        self._waiting: dict[str, None] = {}
        """Keys of the charts that are still to be drawn, those that wait longest first."""
        runs = self.session.runs
        for signal in (runs.runs_changed, runs.curve_changed, runs.current_changed):
            signal.connect(self.draw_all)

    def build(self) -> QWidget:
        """A row of choices over the charts."""
        page = QWidget()
        settings = self.session.settings
        self._chosen = _kept_list(settings.value(_CHARTS_KEPT, ""))
        self._logs = set(_kept_list(settings.value(_LOGS_KEPT, "")) or ())
        self.grid = ChartGrid()
        self.grid.log_chosen.connect(self._choose_log)
        self.grid.stale.connect(self.draw_all)
        self.charts = QToolButton()
        self.charts.setText("Charts")
        set_icon(self.charts, "chart-line")
        self.charts.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.charts.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.charts.setToolTip("Which charts are drawn")
        self.charts_menu = StayingMenu(self.charts)
        self.charts_menu.aboutToShow.connect(self.fill_charts_menu)
        self.charts.setMenu(self.charts_menu)
        self.unit = _choice("Unit of the loss", UNITS)
        self.along = _choice("Along the axis", X_AXES)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setRange(0, len(_SMOOTHINGS) - 1)
        self.smoothing.setValue(_DEFAULT_SMOOTHING)
        self.smoothing.setFixedWidth(80)
        self._take_choices(_kept_list(settings.value(_CHOICES_KEPT, "")) or ())
        for box in (self.unit, self.along):
            box.currentIndexChanged.connect(self._choose)
        self.smoothing.valueChanged.connect(self._choose)
        self.smoothing_words = Label()
        self.smoothing_words.setMinimumWidth(36)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.tools = self._first_row()
        column.addWidget(self.tools)
        if self._presented:
            self.tools.hide()
        column.addWidget(self.grid, 1)
        return page

    def set_presented(self, presented: bool) -> None:
        """Leave out the tools, for the last row, or bring them back; also where it is empty yet."""
        self._presented = presented
        if self.built:
            self.tools.setVisible(not presented)

    def _first_row(self) -> WrappingRow:
        drawn, along = QWidget(), QWidget()
        left, right = QHBoxLayout(drawn), QHBoxLayout(along)
        for row in (left, right):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
        for widget in (self.charts, self.unit):
            left.addWidget(widget)
        captioned: tuple[tuple[str, QWidget], ...] = (
            ("by", self.along),
            ("Smoothing", self.smoothing),
        )
        for words, control in captioned:
            caption = Label(words)
            caption.setProperty("role", "muted")
            caption.setBuddy(control)
            right.addWidget(caption)
            right.addWidget(control)
        right.addWidget(self.smoothing_words)
        return WrappingRow(drawn, along, spread=False)

    @property
    def plot(self) -> CurvePlot:
        """The first chart."""
        return next(iter(self.grid.charts.values()))

    # Which charts

    def shown_charts(self) -> list[str]:
        """The keys of the charts that are drawn.

        Those that a person chose, as far as runs have them; before that the loss, and some of what
        the runs log beside it.
        """
        records = [run.watched.record for run in self.session.runs.shown]
        tags = self._tags()
        if self._chosen is not None:
            known = {*tags, *_OURS}
            return [key for key in self._chosen if key in known][:_MOST_CHARTS]
        losses = [tag for tag in tags if "loss" in tag.lower()]
        own = [*losses, *(tag for tag in tags if tag not in losses)]
        ours = [LOSS] if not own or any(len(record.loss) for record in records) else []
        return [*ours, *own[: _FIRST_TAGS + (not ours)]]

    def _tags(self) -> list[str]:
        return sorted(
            {tag for run in self.session.runs.shown for tag in run.watched.record.scalars}
        )

    def set_charts(self, keys: Sequence[str]) -> None:
        """Draw these charts from now on, also after a restart."""
        self._chosen = list(dict.fromkeys(keys))
        self._keep(_CHARTS_KEPT, self._chosen)
        self.draw_all()

    def set_chart(self, key: str, shown: bool) -> None:
        """Draw one more chart, or one less."""
        before = self.shown_charts() if self._chosen is None else self._chosen
        self.set_charts([*before, key] if shown else [one for one in before if one != key])

    def _keep(self, key: str, value: Sequence[str]) -> None:
        self.session.settings.setValue(key, msgspec.json.encode(list(value)).decode())

    @Slot()
    def fill_charts_menu(self) -> None:
        """What every run has, then what the ticked runs log, many of them in groups."""
        menu, shown = self.charts_menu, self.shown_charts()
        menu.clear()
        for key, title in _OURS.items():
            menu.addAction(self._chart_action(menu, key, title, shown))
        tags = self._tags()
        if tags:
            menu.addSection("Logged by the runs")
        groups: dict[str, QMenu] = {}
        for tag in tags:
            group = tag.partition("/")[0] if "/" in tag and len(tags) > _GROUPED else ""
            into: QMenu = menu
            if group:
                if group not in groups:
                    groups[group] = StayingMenu(group.replace("&", "&&"), menu)
                    menu.addMenu(groups[group])
                into = groups[group]
            into.addAction(self._chart_action(into, tag, tag, shown))
        menu.addSeparator()
        usual = menu.addAction("Usual charts")
        usual.triggered.connect(self.reset_charts)

    def _chart_action(self, menu: QMenu, key: str, title: str, shown: Sequence[str]) -> QAction:
        action = QAction(title.replace("&", "&&"), menu)
        action.setCheckable(True)
        action.setChecked(key in shown)
        action.toggled.connect(partial(self.set_chart, key))
        return action

    @Slot()
    def reset_charts(self) -> None:
        """As at first."""
        self._chosen = None
        self.session.settings.remove(_CHARTS_KEPT)
        self.draw_all()

    # Drawing

    @Slot()
    def draw_all(self) -> None:
        """Draw every chart anew, one after the other as frames have room."""
        if self._content is not None:
            self._waiting |= dict.fromkeys(self.grid.charts)
        self.request_draw()

    def draw(self) -> None:
        """Draw what has waited longest, as long as a frame has time."""
        until = time.perf_counter() + _DRAWING_SECONDS
        runs = self.session.runs.shown
        keys = self.shown_charts()
        before = [*self.grid.charts]
        if not self.grid.show_charts({key: _OURS.get(key, key) for key in keys}):
            self.request_draw()
            return
        if before != keys:
            self._waiting = dict.fromkeys(keys)
        weight = _SMOOTHINGS[self.smoothing.value()]
        self.smoothing_words.setText(f"{weight:g}" if weight else "off")
        losses = LOSS in keys or HELD_OUT in keys
        self.unit.setVisible(losses and any(own_unit(run) is None for run in runs))
        self._share_reach(runs, keys)
        smoothing = self._smooth_on(until)
        now = time.perf_counter()
        if smoothing and now < self._drawn_at + _WHILE_SMOOTHING_SECONDS and before == keys:
            self.request_draw()  # what it comes to is shown now and then
            return
        self._drawn_at = now
        stale = [key for key in self._waiting if key in self.grid.charts] or keys
        for place, key in enumerate(stale):
            self._draw_chart(self.grid.charts[key], runs, alone=len(keys) == 1)
            if time.perf_counter() > until and place + 1 < len(stale):
                self._waiting = dict.fromkeys(stale[place + 1 :])
                self.request_draw()
                return
        self._waiting = dict.fromkeys(keys) if smoothing else {}
        if smoothing:
            self.request_draw()

    def _share_reach(self, runs: Sequence[OpenRun], keys: Sequence[str]) -> None:
        """All charts reach as far along x as any curve does."""
        reaches = [
            reach
            for run in runs
            for key in keys
            if (curve := curve_of(run.watched.record, key)) is not None
            if (reach := Trace("", curve, 0, axis=self._axis(run, key)).reach())
        ]
        both = (min(r[0] for r in reaches), max(r[1] for r in reaches)) if reaches else None
        for chart in self.grid.charts.values():
            chart.share_reach(both)

    def _smooth_on(self, until: float) -> bool:
        """Smooth what is long and new while there is time; whether something is left."""
        left = [one for one in self._smoothed.values() if not one.complete]
        for smoothed in left:
            while not smoothed.complete:
                if time.perf_counter() > until:
                    return True
                len(smoothed.values)
        return False

    def _draw_chart(self, chart: Chart, runs: Sequence[OpenRun], *, alone: bool) -> None:
        key = chart.key
        drawn = [run for run in runs if curve_of(run.watched.record, key) is not None]
        if self.session.runs.current in drawn:
            # The chosen one lies above the others.
            drawn.sort(key=lambda run: run is self.session.runs.current)
        several, many = len(drawn) > _MOST_RAW, len(drawn) > _MOST_WIDE
        traces = [t for run in drawn for t in self._traces(run, key, several=several, many=many)]
        unit = self._loss_in_words(drawn) if key in (LOSS, HELD_OUT) else ""
        dots = any(trace.points and key == LOSS for trace in traces)
        said = [unit] * bool(unit) + ["dots: held out"] * dots
        if several and any(trace.smoothed for trace in traces):
            said.append("smoothed")
        words = f" ({'; '.join(said)})" if said else ""
        chart.set_title(f"{_OURS.get(key, key)}{words}")
        x_title, x_name, x_format = _X_WORDS[self.along.currentData()]
        lowest = key in self.grid.lowest()
        chart.set_labels(
            x_title if lowest else "", f"{unit or _OURS.get(key, key)}" if alone else ""
        )
        chart.set_x_words(x_name, x_format)
        chart.set_level(*(self._baselines(drawn) if key in (LOSS, HELD_OUT) else ()))
        chart.show_log(key in self._logs)
        chart.set_run_marks(
            tuple(m for r in drawn for m in run_marks_of(r, self._axis(r), len(drawn) > 1))
            if len(drawn) <= _MOST_RAW
            else ()
        )
        chart.set_traces(tuple(traces))

    def _traces(self, run: OpenRun, key: str, *, several: bool, many: bool) -> list[Trace]:
        """The curve of a run, smoothed where it is long, and dots of what is held out."""
        record, axis = run.watched.record, self._axis(run, key)
        curve = curve_of(record, key)
        assert curve is not None
        shown_as = self._shown_as(run) if key in (LOSS, HELD_OUT) else as_it_is
        current = run is self.session.runs.current
        raw, width = not several or current, 1.75
        if several:
            width = 2.4 if current else 1.0 if many else 1.4
        smoothed = None if key in (HELD_OUT, RATE) else self._smooth(curve)
        if smoothed is None and len(curve) > _HAIR_LINES:
            width = 1.0
        points = key != LOSS and key != NORM and key != RATE
        made = [
            Trace(run.name, curve, run.ink, smoothed, raw, axis, shown_as, points, width,
                  named=False)
        ]  # fmt: skip
        dotted = key == LOSS and HELD_OUT not in self.grid.charts and raw
        if dotted and len(record.validation):
            made.append(
                Trace(f"{run.name}, held out", record.validation, run.ink, None, True, axis,
                      shown_as, points=True, width=1.0, named=False)
            )  # fmt: skip
        return made

    def _axis(self, run: OpenRun, key: str = "") -> StepAxis | None:
        return axis_of(run.watched.record, self.along.currentData(), key)

    def _shown_as(self, run: OpenRun) -> Callable[[Floats], Floats]:
        """Nats in the unit that was chosen; what is no loss of predictions as it is."""
        return _SHOWN_AS[self.unit.currentData()] if own_unit(run) is None else as_it_is

    def _loss_in_words(self, runs: Sequence[OpenRun]) -> str:
        """What the axis measures: a unit for each kind of loss that is drawn."""
        words = UNITS[self.unit.currentData()]
        units = dict.fromkeys(own_unit(run) or words for run in runs)
        return ", ".join(units)

    def _baselines(self, runs: Sequence[OpenRun]) -> tuple[float, ...]:
        """What an answer without any memory would cost, where a task says so, in the unit drawn."""
        found = set()
        for run in runs:
            baseline = run.watched.facts.get("baseline")
            if isinstance(baseline, int | float):
                found.add(float(self._shown_as(run)(np.array([baseline], float))[0]))
        return tuple(sorted(found))

    def _smooth(self, curve: Curve) -> SmoothedCurve | None:
        # A short curve is smoothed less, so that its mean does not lag far behind.
        most = min(_SMOOTHINGS[self.smoothing.value()], 1 - _LEAST_WINDOWS / max(1, len(curve)))
        weight = max((each for each in _SMOOTHINGS if each <= most), default=0.0)
        if not weight:
            return None
        key = (curve, weight)
        if key not in self._smoothed:
            shown = [run.watched.record for run in self.session.runs.opened]
            kept = {c for r in shown for c in (r.loss, r.gradient_norm, *r.scalars.values())}
            self._smoothed = {k: v for k, v in self._smoothed.items()
                              if k[0] in kept and k[0] is not curve}  # fmt: skip
            self._smoothed[key] = SmoothedCurve(curve, weight)
        return self._smoothed[key]

    # What a person chooses

    def _take_choices(self, kept: Sequence[str]) -> None:
        """The unit, the axis and the smoothing as they were left."""
        if len(kept) == 3 and kept[2].isdecimal():
            for box, value in ((self.unit, kept[0]), (self.along, kept[1])):
                box.setCurrentIndex(max(0, box.findData(value)))
            self.smoothing.setValue(int(kept[2]))

    @Slot()
    def _choose(self) -> None:
        chosen = (self.unit.currentData(), self.along.currentData(), str(self.smoothing.value()))
        self._keep(_CHOICES_KEPT, chosen)
        self.draw_all()

    @Slot(str, bool)
    def _choose_log(self, key: str, log: bool) -> None:
        (self._logs.add if log else self._logs.discard)(key)
        self._keep(_LOGS_KEPT, sorted(self._logs))


def own_unit(run: OpenRun) -> str | None:
    """What the loss of a run is where it is no loss of predictions in nats; None where it is."""
    unit = run.watched.facts.get("loss")
    return None if unit is None else str(unit)


def _kept_list(kept: object) -> list[str] | None:
    """A list of words as it was kept; None where there is none, or it is damaged."""
    try:
        return msgspec.json.decode(str(kept), type=ready(list[str])) if kept else None
    except msgspec.DecodeError:
        return None


def _choice(name: str, choices: dict[str, str]) -> QComboBox:
    box = Choices()
    box.setAccessibleName(name)
    box.setMinimumWidth(_LEAST_CHOICE_WIDTH)
    for key, words in choices.items():
        box.addItem(words, key)
    return box
