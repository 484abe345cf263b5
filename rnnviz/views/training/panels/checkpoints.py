"""One text through every checkpoint: a unit, and how well it follows a concept, being born."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.colours.colour import scale_for
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.runs.curve import Curve
from rnnviz.core.sequences.text import Text
from rnnviz.session.training.checkpoint_walks import CheckpointScore
from rnnviz.views.alignments.checkpoint_page import CheckpointPage
from rnnviz.views.cells.choosing.concept_picker import ConceptPicker
from rnnviz.views.plots import CurvePlot, Trace
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.colour_bar import ColourBar
from rnnviz.views.shared.controls.number_field import WholeField
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label, LinkLabel
from rnnviz.views.text.text_view import TextView

_LEAST_SPAN = 0.1
"""Scores that differ by less are not drawn as if they were far apart."""


class CheckpointsPanel(Panel):
    """A slider over checkpoints, the coloured text, the unit's score there and over all of them.

    Signals:
        step_chosen(int): the checkpoint of this step is shown.
    """

    step_chosen = Signal(object)

    name = "checkpoints"
    title = "Checkpoints"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the runs, the checkpoint that is chosen, and what is known of it."""
        runs, stages, selection = (
            self.session.runs,
            self.session.checkpoint_walks,
            self.session.selection,
        )
        self._shown_text: Text | None = None
        self._shown_step = -1
        self._coloured: tuple[object, ...] = ()
        """The run, text, unit and channel whose colours are on the text, and the step last."""
        self.redraw_on(
            runs.runs_changed,
            runs.current_changed,
            runs.curve_changed,
            stages.stage_changed,
            stages.arrived,
            selection.concept_changed,
        )

    def prepare(self) -> Iterator[None]:
        """The text, the plot of the scores, and what a translation shows instead."""
        self.text = TextView(self)
        self.text.setAccessibleName("The text, coloured by the unit at this checkpoint")
        self.text.setMinimumHeight(110)
        self.colours = ColourBar(self)
        yield
        self.history = CurvePlot("Score of the unit over the checkpoints", self)
        self.history.setMinimumHeight(110)
        self.history.set_least_span(_LEAST_SPAN)
        yield
        self.sentence = CheckpointPage(self)
        yield

    def build(self) -> QWidget:
        """Slider, unit, text, score."""
        page = _Page()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Checkpoint")
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.valueChanged.connect(self._slide)
        self.where = Label()
        self.where.setProperty("role", "title")
        self.live = QCheckBox("Follow the newest")
        self.live.setToolTip("Read the text again at every new checkpoint")
        self.live.toggled.connect(self._set_live)
        self.layer = WholeField("Layer", 1, 99, at_once=False)
        self.unit = WholeField("Unit", 0, 99, at_once=False)
        self.channel = Choices()
        self.channel.setAccessibleName("Channel")
        self.channel.setMinimumContentsLength(6)
        self.channel.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for box in (self.layer, self.unit):
            box.setMinimumWidth(64)
            box.value_changed.connect(self._choose_unit)
        self.channel.currentIndexChanged.connect(self._choose_unit)
        self.from_cells = QPushButton("As in Cells")
        self.from_cells.setToolTip("Take the text and the unit that are on the screen in Cells")
        self.from_cells.clicked.connect(self._take_from_cells)
        self.problem = Label()
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "muted")
        self.concept = ConceptPicker()
        self.concept.chosen.connect(self.session.selection.set_concept)
        self.score = LinkLabel()
        self.score.setWordWrap(True)
        self.score.linkActivated.connect(self._choose_best)
        self.every = QPushButton("Score all")
        self.every.setToolTip("Read the text at every checkpoint and score the units there")
        self.every.clicked.connect(self.session.checkpoint_walks.sweep)
        self.concept.setMinimumContentsLength(8)
        self.characters = QWidget()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.characters)
        self.pages.addWidget(self.sentence)
        self._lay_out(page)
        return page

    def _lay_out(self, page: QWidget) -> None:
        top = QHBoxLayout()
        top.addWidget(self.where)
        top.addStretch(1)
        top.addWidget(self.live)
        unit = QHBoxLayout()
        unit.setSpacing(6)
        for words, box in (("Layer", self.layer), ("Unit", self.unit)):
            caption = Label(words)
            caption.setProperty("role", "muted")
            caption.setBuddy(box)
            unit.addWidget(caption)
            unit.addWidget(box)
        unit.addWidget(self.channel)
        unit.addStretch(1)
        scoring = QGridLayout()
        scoring.setVerticalSpacing(6)
        scoring.addWidget(self.concept, 0, 0)
        scoring.addWidget(self.every, 0, 1)
        scoring.addWidget(self.score, 1, 0, 1, 2)
        scoring.setColumnStretch(0, 1)
        legend = QHBoxLayout()
        legend.addWidget(self.from_cells)
        legend.addStretch(1)
        legend.addWidget(self.colours)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.slider)
        column.addWidget(self.pages, 1)
        characters = QVBoxLayout(self.characters)
        characters.setContentsMargins(0, 0, 0, 0)
        characters.setSpacing(8)
        characters.addLayout(unit)
        characters.addWidget(self.text, 3)
        characters.addWidget(self.problem)
        characters.addLayout(legend)
        characters.addLayout(scoring)
        characters.addWidget(self.history, 2)

    def draw(self) -> None:
        """Ask for what is missing and show what is there."""
        stages = self.session.checkpoint_walks
        stages.request()
        self._show_slider()
        if not stages.reads_characters:
            self.pages.setCurrentWidget(self.sentence)
            self.sentence.show_alignment(stages.alignment, stages.translates)
            return
        self.pages.setCurrentWidget(self.characters)
        self._show_unit()
        recording = stages.recording
        if stages.text is not self._shown_text:
            self._shown_text = stages.text
            self.text.set_text(stages.text, stages.first_line)
        self._show_colours(recording)
        self.problem.setText(stages.problem)
        self.problem.setVisible(bool(stages.problem))
        self._show_score()

    def _show_slider(self) -> None:
        stages = self.session.checkpoint_walks
        listed, stage = stages.stages, stages.stage
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(0, len(listed) - 1))
            self.slider.setValue(max(0, stages.place))
        self.slider.setEnabled(len(listed) > 1)
        with QSignalBlocker(self.live):
            self.live.setChecked(stages.follow)
        if stage is None:
            self.where.setText("No checkpoint yet")
            return
        newest = " (newest)" if stage.newest else ""
        self.where.setText(f"After {stage.step:,} steps{newest}" if stage.step else "At first")
        if stage.step != self._shown_step:
            self._shown_step = stage.step
            self.step_chosen.emit(stage.step)

    def _show_unit(self) -> None:
        stages = self.session.checkpoint_walks
        groups = stages.groups
        layer, unit = groups.place(stages.unit)
        layers, units = len(groups), groups[layer].width
        for box, low, high, value in (
            (self.layer, 1, layers, layer + 1),
            (self.unit, 0, units - 1, unit),
        ):
            with QSignalBlocker(box):
                box.set_range(low, high)
                box.set_value(value)
        with QSignalBlocker(self.channel):
            if [self.channel.itemText(i) for i in range(self.channel.count())] != list(
                stages.channels
            ):
                self.channel.clear()
                self.channel.addItems(list(stages.channels))
            self.channel.setCurrentText(stages.channel)

    def _show_colours(self, recording: Recording | None) -> None:
        """Colours of the checkpoint that is named; until it is read those of one before, named so.

        Colours of another run, text, unit or channel go at once.
        """
        stages, stage = self.session.checkpoint_walks, self.session.checkpoint_walks.stage
        about = (self.session.runs.current, stages.text, stages.unit, stages.channel)
        if recording is not None and stage is not None:
            self._colour(recording)
            self._coloured = (*about, stage.step)
        elif self._coloured[:-1] != about or stage is None:
            self.text.set_values(None)
            self._coloured = ()
        elif stage.step != self._coloured[-1]:
            self.where.setText(f"After {self._coloured[-1]:,} steps; reading {stage.step:,}…")

    def _colour(self, recording: Recording) -> None:
        stages = self.session.checkpoint_walks
        if not recording.has(stages.channel, stages.unit):
            self.text.set_values(None)
            return
        values = recording.values(stages.channel, stages.unit)
        scale = scale_for(recording.about_channel(stages.channel), values)
        self.text.set_scale(scale)
        self.text.set_values(values, recording.walked)
        self.text.set_known(recording.known)
        self.colours.show_scale(scale)

    def _show_score(self) -> None:
        stages, rankings = self.session.checkpoint_walks, self.session.rankings
        name = self.session.selection.concept
        self.concept.set_concepts(rankings.concepts)
        self.concept.set_current(name)
        self.every.setEnabled(bool(name) and len(stages.stages) > 1)
        stage = stages.stage
        score = stages.score(stage) if stage and name else None
        if score is not None:
            said = in_words(score, stages.unit, stages.groups)
        elif not name:
            said = "Choose a concept to see how well the unit follows it."
        elif stage is None:
            said = "The run has no checkpoint yet: the unit is scored once there is one."
        else:
            said = "" if stages.problem else "Scoring…"
        self.score.setText(said)
        known = stages.history()
        self.history.setVisible(bool(name))
        run = self.session.runs.current
        steps = [step for step, _ in known]
        this, best, chance = Curve(), Curve(), Curve()
        this.append(steps, [_figure(score, stages.unit) for _, score in known])
        best.append(steps, [_figure(score, score.best) for _, score in known])
        chance.append(steps, [score.chance for _, score in known])
        if known:
            self.history.set_labels("step", "|correlation|" if known[0][1].scalar else "AUC")
        self.history.set_traces(
            (
                Trace("best by chance", chance, "muted", points=True, width=1.0, dashed=True),
                Trace("best unit", best, "text", points=True, width=1.2, dashed=True),
                Trace("this unit", this, run.ink if run is not None else "text", points=True),
            )
        )
        self.history.set_place(float(stage.step) if stage else None)

    # Wishes

    @Slot(int)
    def _slide(self, place: int) -> None:
        self.session.checkpoint_walks.choose(place)

    @Slot(bool)
    def _set_live(self, live: bool) -> None:
        stages = self.session.checkpoint_walks
        last = len(stages.stages) - 1
        stages.choose(last if live else max(0, last - 1))

    @Slot()
    def _choose_unit(self) -> None:
        groups, layer = self.session.checkpoint_walks.groups, self.layer.value() - 1
        unit = groups.firsts[layer] + min(self.unit.value(), groups[layer].width - 1)
        self.session.checkpoint_walks.set_unit(unit, self.channel.currentText())

    @Slot(str)
    def _choose_best(self, unit: str) -> None:
        self.session.checkpoint_walks.set_unit(int(unit), self.channel.currentText())

    @Slot()
    def _take_from_cells(self) -> None:
        self.session.checkpoint_walks.take_unit()
        self.session.checkpoint_walks.take_text()


class _Page(QWidget):
    """Its words may wrap, but its height is the panel's, however wide it is."""

    def hasHeightForWidth(self) -> bool:
        """No: else the scroll area around it would make it as high as all would like to be."""
        return False


def _figure(score: CheckpointScore, unit: int) -> float:
    inside = 0 <= unit < len(score.figures)
    return float(score.figures[unit]) if inside else float(np.nan)


def in_words(score: CheckpointScore, unit: int, groups: Groups) -> str:
    """In HTML: AUC 0.912. The best unit here is 2:37 with 0.958; the best by chance has 0.71."""
    what = "|correlation|" if score.scalar else "AUC"
    mine = _figure(score, unit)
    said = f"{what} {mine:.3f}." if np.isfinite(mine) else "The unit cannot be scored here."
    best = score.best
    if best == -1:
        return said
    reached = _figure(score, best)
    link = f'<a href="{best}">{escape(groups.unit_name(best))}</a>'
    which = "No unit is better here" if best == unit else f"The best unit here is {link}"
    which += "" if best == unit else f" with {reached:.3f}"
    many = f"of {len(score.figures):,} units on {score.characters:,} characters"
    if not np.isfinite(score.chance):
        return f"{said} {which}; the text is too short to say what chance gives {many}."
    if reached > score.chance:
        return f"{said} {which}; the best by chance {many} has {score.chance:.3f}."
    return f"{said} {which}, no better than chance: {score.chance:.3f} for the best {many}."
