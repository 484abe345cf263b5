"""Every parameter of the current run by itself: gradient, weight, and how far a step moves it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QListWidgetItem,
    QWidget,
)

from rnnviz.views.plots import CurvePlot, Trace, ink_colour, ramp_ink
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.training.panels.page import QuietWords, list_of_names, page_of
from rnnviz.views.training.panels.run_marks import run_marks_of

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
    """One line a parameter, over the training; its colour says how far along the network it is.

    Run colours are left to runs.
    """

    name = "parameters"
    title = "Parameters"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        self._listed: tuple[tuple[str, ...], bool] = ((), False)
        runs = self.session.runs
        self.redraw_on(runs.curve_changed, runs.current_changed)

    def prepare(self) -> Iterator[None]:
        """The plot."""
        self.plot = CurvePlot("Norms of every parameter", self)
        self.plot.set_log(True)
        yield

    def build(self) -> QWidget:
        """What to draw, and the plot."""
        self.what = Segments("What of every parameter", _WHAT)
        self.what.chosen.connect(self._choose)
        self.words = QuietWords()
        self.names = list_of_names("Parameters to draw")
        self.names.setIconSize(QSize(10, 10))
        self.names.itemChanged.connect(self._choose)
        return page_of([self.what], self.words, [(self.names, 0), (self.plot, 1)])

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
        self._list(tuple(parameters))
        for widget in (self.names, self.plot):
            widget.setVisible(bool(parameters))
        checked = Qt.CheckState.Checked
        self.plot.set_run_marks(tuple(run_marks_of(run)))
        self.plot.set_traces(
            tuple(
                Trace(
                    name,
                    getattr(curves, chosen),
                    ramp_ink(place, len(parameters)),
                    dashed=place % 2 == 1,
                    width=1.2,
                    named=False,
                )
                for place, (name, curves) in enumerate(parameters.items())
                if self.names.item(place).checkState() == checked
            )
        )
        self.plot.set_level(*((1e-3,) if chosen == "ratio" else ()))

    def _list(self, names: tuple[str, ...]) -> None:
        """A line a parameter with its colour; those of the plot are ticked."""
        dark = theme_of(self).dark
        if (names, dark) == self._listed:
            return
        self._listed = names, dark
        self.names.blockSignals(True)
        self.names.clear()
        for place, name in enumerate(names):
            pixels = QPixmap(10, 10)
            pixels.fill(ink_colour(ramp_ink(place, len(names)), theme_of(self)))
            icon = QIcon(pixels)
            icon.addPixmap(pixels, QIcon.Mode.Selected)
            item = QListWidgetItem(icon, name, self.names)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            item.setToolTip(plain_tip(name))
        self.names.blockSignals(False)

    @Slot()
    def _choose(self) -> None:
        self.request_draw()
