"""Every parameter of the current run by itself: gradient, weight, and how far a step moves it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rnnviz.views.panel import Panel
from rnnviz.views.plots import CurvePlot, Trace
from rnnviz.views.segments import Segments

_WHAT = {"gradient": "Gradient", "weight": "Weights", "ratio": "Update / weight"}
_WORDS = {
    "gradient": ("norm of the gradient", ""),
    "weight": ("norm of the weights", ""),
    "ratio": (
        "norm of the update over norm of the weights",
        "About 10⁻³ is usual: far above, steps are wild; far below, nothing is learned.",
    ),
}


class ParametersPanel(Panel):
    """One line a parameter, over the training."""

    name = "parameters"
    title = "Parameters"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        runs = self.session.runs
        for signal in (runs.curve_changed, runs.current_changed):
            signal.connect(self.request_draw)

    def build(self) -> QWidget:
        """What to draw, and the plot."""
        page = QWidget()
        self.what = Segments("What of every parameter", _WHAT)
        self.what.chosen.connect(self._choose)
        self.words = QLabel()
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self.plot = CurvePlot("Norms of every parameter")
        self.plot.set_log(True)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 0)
        row.addWidget(self.what)
        row.addSpacing(8)
        row.addWidget(self.words, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        return page

    def draw(self) -> None:
        """The curves that were chosen."""
        run = self.session.runs.current
        assert run is not None
        parameters = run.watched.record.parameters
        chosen = self.what.value
        axis, words = _WORDS[chosen]
        missing = "This run does not record its parameters." if run.watched.record.step else ""
        self.words.setText(words if parameters else missing)
        self.plot.set_labels("step", axis)
        self.plot.set_traces(
            tuple(
                Trace(name, getattr(curves, chosen), place, width=1.2)
                for place, (name, curves) in enumerate(parameters.items())
            )
        )
        self.plot.set_level(*((1e-3,) if chosen == "ratio" else ()))

    @Slot()
    def _choose(self) -> None:
        self.request_draw()
