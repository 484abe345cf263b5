"""Loss and validation of every ticked run, in the unit and along the axis that a person chooses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from rnnviz.core.curve import Curve, Floats, SmoothedCurve
from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.record import RunRecord
from rnnviz.session.runs import OpenRun
from rnnviz.views.panel import Panel
from rnnviz.views.plots import CurvePlot, Trace
from rnnviz.views.plots.curves import as_it_is
from rnnviz.views.segments import Segments

LOSS = "loss"
X_AXES = {"step": "Step", "epoch": "Epoch", "seconds": "Time", "tokens": "Characters"}
_X_WORDS = {
    "step": ("step", "step", "{:,.0f}"),
    "epoch": ("epochs", "epoch", "{:.2f}"),
    "seconds": ("minutes of training", "minute", "{:,.1f}"),
    "tokens": ("characters read, in millions", "million characters", "{:,.2f}"),
}
UNITS = {"nats": "nats", "bits": "bits", "perplexity": "perplexity"}
_SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_DEFAULT_SMOOTHING = 4


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
        super().__init__(axis.steps, [value / divisor for value in axis.values])


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

    def build(self) -> QWidget:
        """A row of choices over the curves, and the learning rate below."""
        page = QWidget()
        self.plot = CurvePlot("Loss of the training runs")
        self.rates = CurvePlot("Learning rate of the training runs")
        self.rates.set_labels("", "learning rate")
        self.rates.setMaximumHeight(130)
        self.what = QComboBox()
        self.what.setAccessibleName("What is drawn")
        self.what.addItem("Loss", LOSS)
        self.what.currentIndexChanged.connect(self._choose)
        self.unit = Segments("Unit of the loss", UNITS)
        self.x = Segments("Along the axis", X_AXES)
        self.scale = Segments("Scale", {"linear": "Linear", "log": "Log"})
        for segments in (self.unit, self.x, self.scale):
            segments.chosen.connect(self._choose)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setRange(0, len(_SMOOTHINGS) - 1)
        self.smoothing.setValue(_DEFAULT_SMOOTHING)
        self.smoothing.setFixedWidth(88)
        self.smoothing.valueChanged.connect(self._choose)
        self.smoothing_words = QLabel()
        self.smoothing_words.setMinimumWidth(36)
        self.show_rate = QCheckBox("Learning rate")
        self.show_rate.setChecked(True)
        self.show_rate.toggled.connect(self._choose)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._first_row())
        column.addWidget(self.plot, 1)
        column.addWidget(self.rates)
        return page

    def _first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 4)
        row.setSpacing(12)
        row.addWidget(self.what)
        for widget in (self.unit, self.scale, self.x):
            row.addWidget(widget)
        smoothing = QHBoxLayout()
        smoothing.setSpacing(6)
        caption = QLabel("Smoothing")
        caption.setProperty("role", "muted")
        caption.setBuddy(self.smoothing)
        smoothing.addWidget(caption)
        smoothing.addWidget(self.smoothing)
        smoothing.addWidget(self.smoothing_words)
        row.addLayout(smoothing)
        row.addStretch(1)
        row.addWidget(self.show_rate)
        return row

    def draw(self) -> None:
        """Read the curves of the ticked runs."""
        runs = self.session.runs.shown
        self._offer(runs)
        chosen, weight = self.what.currentData(), _SMOOTHINGS[self.smoothing.value()]
        self.smoothing_words.setText(f"{weight:g}" if weight else "off")
        self.unit.setVisible(chosen == LOSS)
        traces: list[Trace] = []
        for run in runs:
            traces += self._loss(run, weight) if chosen == LOSS else self._scalar(run, chosen)
        unit = self.unit.value
        words = {"nats": "loss in nats", "bits": "loss in bits", "perplexity": "perplexity"}
        x_title, x_name, x_format = _X_WORDS[self.x.value]
        self.plot.set_labels(x_title, words[unit] if chosen == LOSS else str(chosen))
        self.plot.set_x_words(x_name, x_format)
        self.plot.set_log(self.scale.value == "log")
        self.plot.set_traces(tuple(traces))
        self.rates.setVisible(self.show_rate.isChecked())
        if self.show_rate.isChecked():
            self.rates.set_x_words(x_name, x_format)
            self.rates.set_traces(
                tuple(
                    Trace(run.name, run.watched.record.learning_rate, run.ink,
                          axis=self._axis(run), width=1.2)
                    for run in runs if len(run.watched.record.learning_rate)
                )
            )  # fmt: skip
            self.rates.set_legend(())

    def _axis(self, run: OpenRun) -> StepAxis | None:
        return axis_of(run.watched.record, self.x.value)

    def _loss(self, run: OpenRun, weight: float) -> list[Trace]:
        record, shown_as = run.watched.record, _SHOWN_AS[self.unit.value]
        axis = self._axis(run)
        traces = [
            Trace(run.name, record.loss, run.ink, self._smooth(record.loss, weight), axis, shown_as)
        ]
        if len(record.validation):
            traces.append(
                Trace(f"{run.name}, held out", record.validation, run.ink, None, axis, shown_as,
                      points=True, width=1.2, dashed=True)
            )  # fmt: skip
        return traces

    def _scalar(self, run: OpenRun, name: str) -> list[Trace]:
        curve = run.watched.record.scalars.get(name)
        if curve is None:
            return []
        weight = _SMOOTHINGS[self.smoothing.value()] if len(curve) > 100 else 0.0
        return [Trace(run.name, curve, run.ink, self._smooth(curve, weight), self._axis(run),
                      points=True)]  # fmt: skip

    def _smooth(self, curve: Curve, weight: float) -> SmoothedCurve | None:
        if not weight:
            return None
        key = (curve, weight)
        if key not in self._smoothed:
            shown = [run.watched.record for run in self.session.runs.opened]
            kept = {c for record in shown for c in (record.loss, *record.scalars.values())}
            self._smoothed = {k: v for k, v in self._smoothed.items()
                              if k[0] in kept and k[1] == weight}  # fmt: skip
            self._smoothed[key] = SmoothedCurve(curve, weight)
        return self._smoothed[key]

    def _offer(self, runs: tuple[OpenRun, ...]) -> None:
        """List the scalars that the ticked runs have, beside the loss."""
        names = sorted({name for run in runs for name in run.watched.record.scalars})
        listed = [self.what.itemData(place) for place in range(1, self.what.count())]
        if names == listed:
            return
        chosen = self.what.currentData()
        self.what.blockSignals(True)
        while self.what.count() > 1:
            self.what.removeItem(1)
        for name in names:
            self.what.addItem(name, name)
        self.what.setCurrentIndex(max(0, self.what.findData(chosen)))
        self.what.blockSignals(False)
        self.what.setVisible(bool(names))

    @Slot()
    def _choose(self) -> None:
        self.request_draw()
