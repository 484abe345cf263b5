"""How large the gradient was, before clipping and after, and how often it was clipped."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.record import RunRecord
from rnnviz.views.plots import CurvePlot, Trace
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.training.panels.page import QuietWords, page_of
from rnnviz.views.training.panels.run_marks import run_marks_of

_RECENT = 200


class NormsPanel(Panel):
    """The norm of the whole gradient at every step of the current run."""

    name = "gradient-norms"
    title = "Gradient norms"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        runs = self.session.runs
        self.redraw_on(runs.curve_changed, runs.current_changed)

    def prepare(self) -> Iterator[None]:
        """The plot."""
        self.plot = CurvePlot("Norm of the gradient before and after clipping", self)
        self.plot.set_labels("step", "norm of the gradient")
        yield

    def build(self) -> QWidget:
        """A line of words over the plot."""
        self.words = QuietWords()
        self.scale = Segments("Scale", {"log": "Log", "linear": "Linear"})
        self.scale.chosen.connect(self._choose)
        return page_of([self.scale], self.words, [(self.plot, 1)])

    def draw(self) -> None:
        """Both norms, the threshold as it was at each step, and the share of clipped steps."""
        run = self.session.runs.current
        assert run is not None
        record = run.watched.record
        # What was measured lies above what was left of it: where nothing is clipped they are one.
        traces = [Trace("raw", record.gradient_norm, run.ink, width=1.0)]
        if len(record.clipped_norm):
            traces.insert(0, Trace("clipped", record.clipped_norm, "text", width=1.0))
        threshold = clip_threshold(record)
        if len(threshold):
            traces.append(Trace("threshold", threshold, "muted", width=1.0, dashed=True))
        self.plot.set_log(self.scale.value == "log")
        self.plot.set_run_marks(tuple(run_marks_of(run)))
        self.plot.set_traces(tuple(traces))
        self.words.setText(clipped_in_words(record))
        self.words.setToolTip(plain_tip(self.words.text()))

    @Slot()
    def _choose(self) -> None:
        self.request_draw()


def clip_threshold(record: RunRecord) -> Curve:
    """The largest norm that the run let pass, over its steps; empty where it clips by no norm.

    The settings of a loop of one's own are not known, whatever `run.json` is filled up with.
    """
    curve = Curve()
    if not len(record.clipped):
        return curve
    value = record.config.get("clip_threshold")
    if record.config.get("clip") != "norm" or not isinstance(value, int | float):
        return curve
    curve.append([0], [value])
    for change in record.changes:
        if change.setting == "clip_threshold" and isinstance(change.value, int | float):
            curve.append([change.step, change.step], [curve.last, change.value])
    if record.step > curve.steps[-1]:
        curve.append([record.step], [curve.last])
    return curve


def clipped_in_words(record: RunRecord) -> str:
    """The share of clipped steps, over all and lately; what was not measured is not said."""
    if not record.step:
        return "No step yet."
    if not len(record.gradient_norm):
        why = record.unmeasured.get("gradient_norm")
        return f"No norms: {why}." if why else "The run writes no gradient norms."
    if record.config.get("clip") == "none":
        return "This run does not clip."
    if not len(record.clipped):
        return "The run does not say which steps it clipped."
    counted = int(record.clipped.weights.sum())
    lately = min(_RECENT, counted)
    recent = record.clipped.mean_of_last(lately)
    how = {"norm": "by norm", "value": "by value"}.get(str(record.config.get("clip")), "")
    clipped = f"Clipped {how}".strip()
    return f"{clipped}: {record.clipped_share:.1%} of all steps, {recent:.1%} of the last {lately}."
