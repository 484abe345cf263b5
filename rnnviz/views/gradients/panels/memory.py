"""RNN, GRU and LSTM learn a task that needs a memory: their losses and gradients as they train."""

from __future__ import annotations

import math

import numpy as np
from msgspec.structs import replace
from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QPushButton,
    QWidget,
)

from rnnviz.core.architectures import COMPARED
from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.directory.arrays import RowReader
from rnnviz.core.runs.record import RunRecord
from rnnviz.session.gradients.memory import PRESETS
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.gradients.panels.parts import (
    GradientPanel,
    column,
    label,
    note,
    scientific,
    tools,
)
from rnnviz.views.plots import Banded, BandPlot, CurvePlot, Trace, ink_colour
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import WholeField
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import warn

_TITLES = {facts.name: facts.short for facts in COMPARED}
_INKS = {facts.name: (place + 1) % len(COMPARED) for place, facts in enumerate(COMPARED)}
"""The last one, which remembers longest, has the accent's colour."""
_HEADS = ("", "Network", "Step", "Loss", "Verdict")
_LEARNED, _AT_CHANCE = 0.1, 0.8
"""Shares of the baseline's loss: below the first a task counts as learned, above the second not."""
_ABOUT = {
    "adding": "Two of many numbers are marked; their sum is wanted at the end. Always answering 1 "
    "gives a loss of 1/6 (dashed).",
    "copying": "A symbol is shown at the start and wanted at the end, after nothing but blanks. "
    "Guessing gives log 8 = 2.08 nats (dashed). How far the vanilla network and the GRU come "
    "depends on the seed; adding tells the networks apart more surely.",
}


class MemoryPanel(GradientPanel):
    """Start three trainings with one button, and watch which of them learns."""

    name = "gradient-memory"
    title = "Memory"
    needs = ()

    def follow(self) -> None:
        """Follow the runs and the experiment."""
        runs = self.session.runs
        self.redraw_on(
            runs.runs_changed, runs.curve_changed, self.session.memory.experiment_changed
        )

    def build(self) -> QWidget:
        """The experiment, the button, losses, gradients, verdicts."""
        self._readers: dict[RunRecord, RowReader] = {}
        self.preset = Choices()
        self.preset.setAccessibleName("Experiment")
        self.preset.addItems([preset.title for preset in PRESETS])
        self.preset.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.preset.setPlaceholderText("Your own settings")
        self.preset.activated.connect(self._choose_preset)
        self.distance = self._number("Steps over which it must remember", 4, 500)
        self.steps = self._number("Training steps", 10, 100_000)
        self.button = QPushButton("Train all three")
        self.button.clicked.connect(self._press)
        self.about = note()
        self.losses = CurvePlot("Held-out loss of the memory task")
        self.losses.set_labels("training step", "held-out loss")
        self.losses.set_log(True)
        self.losses.setMinimumHeight(150)
        self.gradients = BandPlot("Gradient over distance in the memory task", log=True)
        self.gradients.set_labels("steps back from the end", "norm of ∂L/∂h")
        self.gradients.setMinimumHeight(130)
        self.table = QuietTable("How far each network is", _HEADS)
        self.table.setFixedHeight(122)
        return column(
            tools(self.preset, stretch=0),
            tools(label("distance"), self.distance, label("steps"), self.steps),
            tools(self.button, stretch=0),
            self.about,
            (self.losses, 4),
            (self.gradients, 3),
            self.table,
        )

    def _number(self, name: str, low: int, high: int) -> WholeField:
        field = WholeField(name, low, high, tip=name, at_once=False)
        field.value_changed.connect(self._choose_numbers)
        field.problem_changed.connect(self.request_draw)
        return field

    # Drawing

    def draw(self) -> None:
        """Show what the three runs have written."""
        memory = self.session.memory
        experiment, runs = memory.experiment, memory.runs
        for field, value in (
            (self.distance, experiment.distance),
            (self.steps, experiment.steps),
        ):
            field.blockSignals(True)
            field.set_value(value)
            field.blockSignals(False)
        known = PRESETS.index(experiment) if experiment in PRESETS else -1
        self.preset.setCurrentIndex(known)
        self.button.setText("Stop" if memory.training else "Train all three")
        refused = bool(self.distance.problem or self.steps.problem)
        self.button.setEnabled(memory.training or not refused)
        words = _ABOUT[experiment.kind]
        if not runs:
            words += (
                " Three runs are trained at once, alike but for the network; that takes about a "
                "minute. They are kept, and the Training workspace shows them, too."
            )
        self.about.setText(words)
        baseline = 1 / 6 if experiment.kind == "adding" else math.log(8)
        self.losses.set_level(baseline)
        self.losses.set_traces(
            tuple(
                Trace(_TITLES[name], run.watched.record.validation, _INKS[name], points=True)
                for name, run in runs.items()
            )
        )
        for widget in (self.losses, self.gradients, self.table):
            widget.setVisible(bool(runs))
        self._draw_gradients(runs)
        self._fill(runs)

    def _draw_gradients(self, runs: dict[str, OpenRun]) -> None:
        drawn: list[Banded] = []
        shown = {run.watched.record for run in runs.values()}
        self._readers = {record: self._readers[record] for record in shown & {*self._readers}}
        for name, run in runs.items():
            record = run.watched.record
            rows = record.gradient_rows
            reader = self._readers.setdefault(record, RowReader(run.watched.directory))
            values = reader.read(rows[-1]) if rows else None
            if values is not None:
                norms = np.asarray(values[-1], float)[::-1]
                drawn.append(Banded(_TITLES[name], np.arange(len(norms)), norms, _INKS[name]))
        self.gradients.set_curves(tuple(drawn))

    def _fill(self, runs: dict[str, OpenRun]) -> None:
        theme, rows = theme_of(self), []
        for name, run in runs.items():
            record = run.watched.record
            loss = scientific(record.validation.last) if len(record.validation) else "–"
            rows.append(("■", _TITLES[name], f"{record.step:,}", loss, verdict(record)))
        self.table.show_rows(rows, [ink_colour(_INKS[name], theme) for name in runs], wide=4)

    # What the person does

    @Slot(int)
    def _choose_preset(self, place: int) -> None:
        self.session.memory.set_experiment(PRESETS[place])

    @Slot()
    def _choose_numbers(self) -> None:
        memory = self.session.memory
        memory.set_experiment(
            replace(memory.experiment, distance=self.distance.value(), steps=self.steps.value())
        )

    @Slot()
    def _press(self) -> None:
        memory = self.session.memory
        try:
            if memory.training:
                memory.stop()
            else:
                memory.start()
        except RnnvizError as error:
            warn(self, "Not started", str(error))


def verdict(record: RunRecord) -> str:
    """What a run has shown by now."""
    share = record.scalars.get("of_baseline")
    if record.bad_numbers:
        return "exploded"
    if share is None or not len(share):
        return "starting"
    learned = np.flatnonzero(share.values < _LEARNED)
    if learned.size:
        step = int(share.steps[learned[0]])
        seconds = float(record.seconds.at([step])[0])
        return f"learned at {step:,}, {seconds:.0f} s"
    ended = record.phase in ("finished", "stopped")
    if share.last > _AT_CHANCE:
        return "not learned" if ended else "not learned yet"
    return "partly learned" if ended else "learning"
