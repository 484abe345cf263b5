"""The checkpoints of the current run: one text walked through each, one unit, one concept."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.architectures import known_facts
from rnnviz.core.concepts import spec_of
from rnnviz.core.errors import RnnvizError, UnitError
from rnnviz.core.kinds import ModelKind
from rnnviz.core.quantities.units import layer_name
from rnnviz.core.recordings.groups import Groups, layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.runs.directory.arrays import RowReader
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.scoring import read_ranking
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.background import Background
from rnnviz.core.system.deleting import delete
from rnnviz.session.cells.rankings import CONCEPTS_MADE, Rankings
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.session.shared.recordings import Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.session.training.checkpoints import Stage, Stamp, stages_of, those_there
from rnnviz.session.training.runs import OpenRun, Runs
from rnnviz.work.jobs.alignments import Translate
from rnnviz.work.jobs.cells import Rank, Walk, Walked, Written
from rnnviz.work.jobs.given import ModelGiven, TextGiven

CHARACTERS = 10_000
"""How much of the text is walked: soon done, and enough that the best of many units by chance does
not look like one that follows the concept."""
RUN = Subject("run")
"""The run that is looked at."""
_STAGE = "stage"
_KEPT = 20
_LISTING_SECONDS = 0.5
_SAMPLE = (
    'The old man said: "You will see it (in time) yourself." Then he went out.\n'
    '"And who," asked the girl, "will tell me when?" Nobody answered her.\n'
) * 72


class CheckpointScore(Struct, frozen=True):
    """How well every unit of a checkpoint follows the concept."""

    scalar: bool
    figures: npt.NDArray[np.float64]
    """(N,): the AUC of a yes or no, |correlation| of a number; NaN where there is none."""
    chance: float
    """The best of all these units where labels and units have no tie; NaN in too short a text."""
    characters: int
    """How many characters were counted."""

    @property
    def best(self) -> int:
        """The unit that follows it best, or -1."""
        return int(np.nanargmax(self.figures)) if np.isfinite(self.figures).any() else -1


class CheckpointWalks(QObject):
    """What the panel of checkpoints shows; works only when asked by `request`.

    Signals:
        stage_changed: another checkpoint, text, unit or channel is wanted.
        arrived: a checkpoint was walked or scored, or could not be.
    """

    stage_changed = Signal()
    arrived = Signal()

    def __init__(
        self,
        jobs: Jobs,
        runs: Runs,
        recordings: Recordings,
        selection: Selection,
        rankings: Rankings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._runs, self._recordings = jobs, runs, recordings
        self._selection, self._rankings = selection, rankings
        self.follow = True
        """Whether the newest checkpoint is shown as soon as it is there."""
        self.problem = ""
        self._chosen = 0
        self._unit, self._channel = (layer_name(0), 0), "hidden"
        """The layer and the unit in it."""
        self._text: Text | None = None
        self.first_line = 0
        """In which line of the text in Cells `text` begins, from 0."""
        self._texts_taken = 0
        self._number = 0
        self._walked: dict[tuple[object, ...], Recording] = {}
        self._scores: dict[tuple[object, ...], CheckpointScore] = {}
        self._failed: set[tuple[object, ...]] = set()
        self._under_way: tuple[object, ...] | None = None
        self._sweeping = False
        self._rows: tuple[RunRecord, RowReader] | None = None
        self._listed: tuple[OpenRun, float, tuple[Stage, ...]] | None = None
        """The checkpoints of a run, and until when that list is good."""
        self._listing: Background[dict[Stage, Stamp]] = Background("listing checkpoints")
        self._stamps: dict[Stage, Stamp] = {}
        selection.unit_changed.connect(self.take_unit)
        recordings.text_changed.connect(self.take_text)
        runs.current_changed.connect(self._begin_again)
        rankings.concepts_changed.connect(self.stage_changed)

    # What is wanted

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The checkpoints of the current run that are there, oldest first."""
        run, now = self._runs.current, time.monotonic()
        if run is None:
            return ()
        # On a mounted drive every look at a file costs, and may stall; a drawing asks many times.
        if self._listed is None or self._listed[0] is not run:
            self._listed = run, now, ()
            self._listing = Background("listing checkpoints")
        if now >= self._listed[1]:
            if not self._listing.busy:
                self._listing.start(partial(those_there, stages_of(run)))
                self._listing.close()
                self._listing.ready_soon()
            if self._listing.ready():
                self._stamps = self._listing.take()
                self._listed = run, now + _LISTING_SECONDS, tuple(self._stamps)
        return self._listed[2]

    @property
    def place(self) -> int:
        """Which of `stages` is shown."""
        last = len(self.stages) - 1
        return last if self.follow else min(self._chosen, last)

    @property
    def stage(self) -> Stage | None:
        """The checkpoint that is shown."""
        stages = self.stages
        return stages[self.place] if stages else None

    def choose(self, place: int) -> None:
        """Show this checkpoint; the last one is followed from then on."""
        last = place >= len(self.stages) - 1
        if (place, last) != (self._chosen, self.follow):
            self._chosen, self.follow = place, last
            self.stage_changed.emit()

    @property
    def task(self) -> str:
        """What the current run learns."""
        run = self._runs.current
        return str(run.watched.config.get("task", "characters")) if run else "characters"

    @property
    def kind(self) -> ModelKind | None:
        """The kind of model that the current run makes; None where that is unknown."""
        from rnnviz.core.training_tasks import kind_trained_by  # here: the window starts without

        return kind_trained_by(self.task)

    @property
    def reads_characters(self) -> bool:
        """Whether the current run's models can walk a text; others show what they recorded."""
        return self.kind is not None and self.kind.walks_texts

    @property
    def translates(self) -> bool:
        """Whether the current run's models translate sentences."""
        return self.kind is not None and Translate.task() in self.kind.jobs

    @property
    def alignment(self) -> Alignment | None:
        """How a translation run aligned its fixed sentence at the checkpoint that is shown."""
        run, stage = self._runs.current, self.stage
        if run is None or stage is None:
            return None
        record = run.watched.record
        until = [row for row in record.alignments if row.step <= stage.step]
        if not until:
            return None
        if self._rows is None or self._rows[0] is not record:
            self._rows = record, RowReader(run.watched.directory)
        weights = self._rows[1].read(until[-1])
        return None if weights is None else Alignment(until[-1].source, until[-1].target, weights)

    @property
    def groups(self) -> Groups:
        """The units of the current run's model."""
        run = self._runs.current
        config = run.watched.config if run else {}
        layers, units = (max(1, int(config.get(name, 1))) for name in ("layers", "units"))
        return Groups(layers_of(layers, units, self.channels))

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the current run's model."""
        run = self._runs.current
        facts = known_facts(run.watched.config.get("architecture")) if run else None
        return facts.channel_names if facts else ("hidden",)

    @property
    def unit(self) -> int:
        """The unit, counted through all layers; the first where the model has no such."""
        try:
            return self.groups.number(*self._unit)
        except UnitError:
            return 0

    @property
    def channel(self) -> str:
        """The channel, or the hidden state where the model has no such."""
        return self._channel if self._channel in self.channels else "hidden"

    def set_unit(self, unit: int, channel: str) -> None:
        """Colour by another unit, counted through all layers of the current run's model."""
        groups, place = self.groups, self.groups.place(unit)
        self._set_unit((groups[place.group].name, place.unit), channel)

    def _set_unit(self, unit: tuple[str, int], channel: str) -> None:
        if (unit, channel) != (self._unit, self._channel):
            self._unit, self._channel = unit, channel
            self.stage_changed.emit()

    @Slot()
    def take_unit(self) -> None:
        """Colour by the unit that is chosen in Cells."""
        self._set_unit(self._selection.group_and_unit, self._selection.channel)

    @Slot()
    def take_text(self) -> None:
        """Walk what is on the screen in Cells."""
        self._text = None
        self._texts_taken += 1
        self.stage_changed.emit()

    @property
    def text(self) -> Text:
        """The text that every checkpoint reads: some lines of the one in Cells."""
        if self._text is None:
            whole = self._recordings.text
            if whole is None or len(whole) == 0:
                self._text, self.first_line = Text.of(_SAMPLE, "a few lines of prose"), 0
            else:
                start = min(self._selection.visible[0], max(0, len(whole) - CHARACTERS))
                self.first_line = whole.line_of(start)
                line = int(whole.line_starts[self.first_line])
                self._text = Text.of(whole.slice(line, line + CHARACTERS), whole.name)
        return self._text

    # What is known

    @property
    def recording(self) -> Recording | None:
        """The text walked through the checkpoint that is shown; None until it has been."""
        stage = self.stage
        return self._walked.get(self._key(stage)) if stage else None

    def score(self, stage: Stage) -> CheckpointScore | None:
        """How the units of a checkpoint follow the concept, if that is known by now."""
        return self._scores.get(self._scored(self._key(stage)))

    def history(self) -> list[tuple[int, CheckpointScore]]:
        """Every checkpoint whose score is known, by its step."""
        known = [(stage.step, self.score(stage)) for stage in self.stages]
        return [(step, score) for step, score in known if score is not None]

    # Asking

    @Slot()
    def request(self) -> None:
        """Walk and score the checkpoint that is shown, unless that is known or under way."""
        stage = self.stage if self.reads_characters else None
        if stage is not None and not self._ask(stage) and self._sweeping:
            # Only some walks are kept; one that was let go again is not missed.
            missing = [
                other
                for other in self.stages
                if self.score(other) is None
                and not {self._key(other), self._scored(self._key(other))} & self._failed
            ]
            if missing:
                self._ask(missing[0])
            else:
                self._sweeping = False

    def sweep(self) -> None:
        """Walk and score every checkpoint, one after the other."""
        self._sweeping = True
        self._failed.clear()
        self.request()

    def _missing(self, stage: Stage) -> bool:
        key = self._key(stage)
        if key in self._failed or self._scored(key) in self._failed:
            return False
        scored = self._selection.concept is None or self.score(stage) is not None
        return not (key in self._walked and scored)

    def _ask(self, stage: Stage) -> bool:
        """Start what is missing of a checkpoint; whether anything is."""
        key = self._key(stage)
        if not self._missing(stage):
            return False
        if self._under_way == key and self._jobs.busy(_STAGE):
            return True
        self._under_way = key
        if key in self._walked:
            self._ask_score(key)
        else:
            self._ask_walk(stage, key)
        return True

    def _ask_walk(self, stage: Stage, key: tuple[object, ...]) -> None:
        self._number += 1
        folder = self._recordings.cache / f"stage-{os.getpid()}-{self._number}"

        def done(_: Walked) -> None:
            try:
                self._keep(key, Recording(folder))
            except RnnvizError as error:
                failed(Failure.of(error))
                return
            self.problem = ""
            self.arrived.emit()

        def failed(failure: Failure) -> None:
            # A file that is replaced just now is read again when the next one is there.
            self._failed.add(key)
            self.problem = failure.message
            delete(folder)
            self.arrived.emit()

        walk = Walk(
            model=ModelGiven(str(stage.path)),
            text=TextGiven(text=str(self.text), name=self.text.name),
            folder=str(folder),
            channels=tuple(dict.fromkeys(("hidden", self.channel))),
        )
        title = f"Reading the text at step {stage.step:,}"
        self._jobs.start(
            walk,
            of=(RUN,),
            question=_STAGE,
            title=title,
            done=done,
            failed=failed,
        )

    def _ask_score(self, key: tuple[object, ...]) -> None:
        name, recording, channel = self._selection.concept, self._walked[key], self.channel
        concept, asked = self._rankings.concept(name) if name else None, self._scored(key)
        if concept is None:
            self._failed.add(asked)
            return

        def done(written: Written) -> None:
            try:
                ranking = read_ranking(Path(written.path))
            except RnnvizError as error:
                failed(Failure.of(error))
                return
            figures = np.full(recording.total_units, np.nan)
            for score in ranking.scores:
                figure = abs(score.correlation) if ranking.scalar else score.auc
                if score.channel == channel and score.unit < len(figures):
                    figures[score.unit] = figure
            chance = ranking.null_correlation if ranking.scalar else ranking.null_auc
            score_of_all = CheckpointScore(ranking.scalar, figures, chance, ranking.characters)
            self._scores[asked] = score_of_all
            self.arrived.emit()

        def failed(failure: Failure) -> None:
            self._failed.add(asked)
            self.problem = failure.message
            self.arrived.emit()

        rank = Rank(folder=str(recording.folder), concept=spec_of(concept), channels=(channel,))
        title = f"Scoring {concept.title.lower()}"
        self._jobs.start(
            rank,
            of=(RUN, CONCEPTS_MADE),
            question=_STAGE,
            title=title,
            done=done,
            failed=failed,
        )

    def _key(self, stage: Stage) -> tuple[object, ...]:
        return (*self._stamps.get(stage, ("", -1, -1)), self._texts_taken, self.channel)

    def _scored(self, key: tuple[object, ...]) -> tuple[object, ...]:
        """What a score is of: a checkpoint, and what the concept is, whatever its name."""
        return (*key, self._rankings.definition(self._selection.concept))

    def _keep(self, key: tuple[object, ...], recording: Recording) -> None:
        self._walked[key] = recording
        while len(self._walked) > _KEPT:
            shown = self._key(self.stage) if self.stage is not None else None
            oldest = next(other for other in self._walked if other not in (shown, key))
            delete(self._walked.pop(oldest).folder)

    @Slot()
    def _begin_again(self) -> None:
        run = self._runs.current
        self._jobs.now(RUN, None if run is None else run.watched.directory)
        self.follow, self._sweeping, self.problem = True, False, ""
        self.stage_changed.emit()

    @Slot()
    def close(self) -> None:
        """Delete everything that was walked."""
        self._walked.clear()
        for folder in self._recordings.cache.glob(f"stage-{os.getpid()}-*"):
            delete(folder)
