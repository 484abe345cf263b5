"""Loss and validation of every ticked run, in the unit and along the axis that a person chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve, Floats, SmoothedCurve
from rnnviz.core.runs.record import RunRecord
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.plots import CurvePlot, Trace, as_it_is
from rnnviz.views.shared.choices import Choices
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.plain_text import Label
from rnnviz.views.shared.segments import Segments
from rnnviz.views.shared.wrapping_row import WrappingRow
from rnnviz.views.training.panels.run_marks import turns_of

LOSS, RATE = "\0loss", "\0rate"
"""Keys of the curves that every run has; no tag of anybody's begins like them."""
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
        super().__init__(list(axis.steps), [value / divisor for value in axis.values])


def axis_of(record: RunRecord, name: str) -> StepAxis | None:
    """Where the steps of a run lie along the axis of this name; None for the steps themselves."""
    if name == "step":
        return None
    axis: StepAxis = getattr(record, name)
    return ScaledAxis(axis, {"seconds": 60.0, "tokens": 1e6}.get(name, 1.0))


class CurvesPanel(Panel):
    """Training loss as a line, smoothed over its raw values, and held-out loss as dots."""

    name = "curves"
    title = "Curves"
    needs = ("run",)

    def follow(self) -> None:
        """Follow what the runs write, and which are ticked."""
        self._smoothed: dict[tuple[Curve, float], SmoothedCurve] = {}
        runs = self.session.runs
        for signal in (runs.runs_changed, runs.curve_changed, runs.current_changed):
            signal.connect(self.request_draw)

    def prepare(self) -> Iterator[None]:
        """The plot."""
        self.plot = CurvePlot("Curves of the training runs", self)
        yield

    def build(self) -> QWidget:
        """A row of choices over the curves."""
        page = QWidget()
        self.what = _choice("What is drawn", {LOSS: "Loss", RATE: "Learning rate"})
        self.unit = _choice("Unit of the loss", UNITS)
        self.along = _choice("Along the axis", X_AXES)
        for box in (self.what, self.unit, self.along):
            box.currentIndexChanged.connect(self._choose)
        self.scale = Segments("Scale", {"linear": "Linear", "log": "Log"})
        self.scale.chosen.connect(self._choose)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setRange(0, len(_SMOOTHINGS) - 1)
        self.smoothing.setValue(_DEFAULT_SMOOTHING)
        self.smoothing.setFixedWidth(80)
        self.smoothing.valueChanged.connect(self._choose)
        self.smoothing_words = Label()
        self.smoothing_words.setMinimumWidth(36)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._first_row())
        column.addWidget(self.plot, 1)
        return page

    def _first_row(self) -> WrappingRow:
        drawn, along = QWidget(), QWidget()
        left, right = QHBoxLayout(drawn), QHBoxLayout(along)
        for row in (left, right):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
        for widget in (self.what, self.unit, self.scale):
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

    def draw(self) -> None:
        """Read the curves of the ticked runs."""
        runs = self.session.runs.shown
        self._offer(runs)
        chosen, weight = self.what.currentData(), _SMOOTHINGS[self.smoothing.value()]
        self.smoothing_words.setText(f"{weight:g}" if weight else "off")
        self.unit.setVisible(chosen == LOSS and any(own_unit(run) is None for run in runs))
        traces: list[Trace] = []
        for run in runs:
            traces += self._loss(run, weight) if chosen == LOSS else self._other(run, chosen)
        self.plot.set_level(*(self._baselines(runs) if chosen == LOSS else ()))
        loss = self._loss_in_words(runs) if chosen == LOSS else ""
        x_title, x_name, x_format = _X_WORDS[self.along.currentData()]
        self.plot.set_labels(x_title, {LOSS: loss, RATE: "learning rate"}.get(chosen, str(chosen)))
        self.plot.set_x_words(x_name, x_format)
        self.plot.set_log(self.scale.value == "log")
        drawn = [
            run for run in runs if chosen in (LOSS, RATE) or chosen in run.watched.record.scalars
        ]
        several = len(drawn) > 1
        self.plot.set_turns(tuple(m for r in drawn for m in turns_of(r, self._axis(r), several)))
        self.plot.set_traces(tuple(traces))
        if any(trace.smoothed and not trace.smoothed.complete for trace in traces):
            self.request_draw()

    def _axis(self, run: OpenRun) -> StepAxis | None:
        return axis_of(run.watched.record, self.along.currentData())

    def _shown_as(self, run: OpenRun) -> Callable[[Floats], Floats]:
        """Nats in the unit that was chosen; what is no loss of predictions as it is."""
        return _SHOWN_AS[self.unit.currentData()] if own_unit(run) is None else as_it_is

    def _loss_in_words(self, runs: tuple[OpenRun, ...]) -> str:
        """What the axis measures: a unit for each kind of loss that is drawn."""
        words = {"nats": "nats", "bits": "bits", "perplexity": "perplexity"}[
            self.unit.currentData()
        ]
        units = dict.fromkeys(own_unit(run) or words for run in runs)
        if set(units) <= {"nats", "bits"}:
            said = f"loss in {words}"
        else:
            said = next(iter(units)) if len(units) == 1 else f"loss: {', '.join(units)}"
        held_out = any(len(run.watched.record.validation) for run in runs)
        return f"{said} (dots: held out)" if held_out else said

    def _baselines(self, runs: tuple[OpenRun, ...]) -> tuple[float, ...]:
        """What an answer without any memory would cost, where a task says so, in the unit drawn."""
        found = set()
        for run in runs:
            baseline = run.watched.facts.get("baseline")
            if isinstance(baseline, int | float):
                found.add(float(self._shown_as(run)(np.array([baseline], float))[0]))
        return tuple(sorted(found))

    def _loss(self, run: OpenRun, weight: float) -> list[Trace]:
        record, shown_as = run.watched.record, self._shown_as(run)
        axis = self._axis(run)
        traces = [
            Trace(run.name, record.loss, run.ink, self._smooth(record.loss, weight), axis, shown_as)
        ]
        if len(record.validation):
            traces.append(
                Trace(f"{run.name}, held out", record.validation, run.ink, None, axis, shown_as,
                      points=True, width=1.2, dashed=True, named=False)
            )  # fmt: skip
        return traces

    def _other(self, run: OpenRun, name: str) -> list[Trace]:
        record, axis = run.watched.record, self._axis(run)
        if name == RATE:
            return [Trace(run.name, record.learning_rate, run.ink, None, axis)]
        curve = record.scalars.get(name)
        if curve is None:
            return []
        weight = _SMOOTHINGS[self.smoothing.value()] if len(curve) > 100 else 0.0
        return [Trace(run.name, curve, run.ink, self._smooth(curve, weight), axis, points=True)]

    def _smooth(self, curve: Curve, weight: float) -> SmoothedCurve | None:
        # A short curve is smoothed less, so that its mean does not lag far behind.
        most = 1 - _LEAST_WINDOWS / max(1, len(curve))
        weight = max((each for each in _SMOOTHINGS if each <= min(weight, most)), default=0.0)
        if not weight:
            return None
        key = (curve, weight)
        if key not in self._smoothed:
            shown = [run.watched.record for run in self.session.runs.opened]
            kept = {c for record in shown for c in (record.loss, *record.scalars.values())}
            self._smoothed = {k: v for k, v in self._smoothed.items()
                              if k[0] in kept and k[0] is not curve}  # fmt: skip
            self._smoothed[key] = SmoothedCurve(curve, weight)
        return self._smoothed[key]

    def _offer(self, runs: tuple[OpenRun, ...]) -> None:
        """List the scalars that the ticked runs have, beside the loss."""
        names = sorted({name for run in runs for name in run.watched.record.scalars})
        listed = [self.what.itemData(place) for place in range(2, self.what.count())]
        if names == listed:
            return
        chosen = self.what.currentData()
        self.what.blockSignals(True)
        while self.what.count() > 2:
            self.what.removeItem(2)
        for name in names:
            self.what.addItem(name, name)
        if chosen == LOSS and names and not any(len(run.watched.record.loss) for run in runs):
            chosen = next((name for name in names if "loss" in name.lower()), names[0])
        self.what.setCurrentIndex(max(0, self.what.findData(chosen)))
        self.what.blockSignals(False)

    @Slot()
    def _choose(self) -> None:
        self.request_draw()


def own_unit(run: OpenRun) -> str | None:
    """What the loss of a run is where it is no loss of predictions in nats; None where it is."""
    unit = run.watched.facts.get("loss")
    return None if unit is None else str(unit)


def _choice(name: str, choices: dict[str, str]) -> QComboBox:
    box = Choices()
    box.setAccessibleName(name)
    box.setMinimumWidth(_LEAST_CHOICE_WIDTH)
    for key, words in choices.items():
        box.addItem(words, key)
    return box
