"""How large the gradient was, before clipping and after, and how often it was clipped."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from rnnviz.core.runs.record import RunRecord
from rnnviz.views.plots import CurvePlot, Trace
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.segments import Segments
from rnnviz.views.training.panels.run_marks import turns_of

_RECENT = 200


class NormsPanel(Panel):
    """The norm of the whole gradient at every step of the current run."""

    name = "gradient-norms"
    title = "Gradient norms"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        runs = self.session.runs
        for signal in (runs.curve_changed, runs.current_changed):
            signal.connect(self.request_draw)

    def prepare(self) -> Iterator[None]:
        """The plot."""
        self.plot = CurvePlot("Norm of the gradient before and after clipping", self)
        self.plot.set_labels("step", "norm of the gradient")
        yield

    def build(self) -> QWidget:
        """A line of words over the plot."""
        page = QWidget()
        self.words = QLabel()
        self.words.setProperty("role", "muted")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.scale = Segments("Scale", {"log": "Log", "linear": "Linear"})
        self.scale.chosen.connect(self._choose)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 0)
        row.addWidget(self.scale)
        row.addSpacing(8)
        row.addWidget(self.words, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        return page

    def draw(self) -> None:
        """Both norms, the threshold, and the share of clipped steps."""
        run = self.session.runs.current
        assert run is not None
        record = run.watched.record
        traces = [Trace("before clipping", record.gradient_norm, 0, width=1.0)]
        if len(record.clipped_norm):
            traces.append(Trace("after clipping", record.clipped_norm, 1, width=1.0))
        self.plot.set_log(self.scale.value == "log")
        threshold = clip_threshold(record)
        self.plot.set_turns(tuple(turns_of(run)))
        self.plot.set_traces(tuple(traces))
        self.plot.set_level(*(() if threshold is None else (threshold,)))
        self.words.setText(clipped_in_words(record))

    @Slot()
    def _choose(self) -> None:
        self.request_draw()


def clip_threshold(record: RunRecord) -> float | None:
    """The largest norm that the run lets pass by now, or None where it does not clip by norm."""
    if record.config.get("clip") != "norm":
        return None
    value = record.setting("clip_threshold")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def clipped_in_words(record: RunRecord) -> str:
    """The share of clipped steps, over all and lately."""
    if not record.steps_seen:
        return "No step yet."
    if record.config.get("clip") == "none":
        return "This run does not clip."
    share = record.clipped_steps / record.steps_seen
    recent = float(np.mean(record.clipped.values[-_RECENT:]))
    lately = min(_RECENT, record.steps_seen)
    how = {"norm": "by norm", "value": "by value"}.get(str(record.config.get("clip")), "")
    return f"Clipped {how}: {share:.1%} of all steps, {recent:.1%} of the last {lately}."
