"""A training followed in Cells: the open text walked anew through every checkpoint that appears.

What is shown changes only when the next walk is ready, so that colours give way to colours; place,
unit, selection and colour map are the person's and stay.
"""

from __future__ import annotations

import math
import os
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.errors import RnnvizError, RunDirectoryError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.background import Background
from rnnviz.core.system.deleting import delete
from rnnviz.core.system.identity import file_stamp
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.session.shared.opening import OPEN
from rnnviz.session.shared.recordings import TEXT, OpenModel, Recordings
from rnnviz.session.training.checkpoints import Stamp, newest_checkpoint
from rnnviz.session.training.runs import OpenRun, Runs
from rnnviz.work.jobs.cells import CheckpointWalked, Walk, WalkCheckpoint
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.models import ModelOpened

MOST_BYTES = 96_000_000
"""What the walk of one checkpoint may take on disk: a second or two, and all gates are there."""
LEAST, MOST = 4_000, 100_000
"""Characters from the beginning of the text; what lies further down is shown as a preview."""
_FOLLOW = "follow"
FOLLOWED = Subject("followed")
"""The run that is followed."""
_SAMPLE = 'He said: "You will see it (in time) yourself." Then he went out.\n' * 8


class Following(QObject):
    """Follows one run at a time, beside whatever the Training workspace shows.

    Signals:
        changed: another run is followed, or none; another step is shown, or could not be read.
        began: the first checkpoint of a run is shown in the place of a model of no run, or of
            another one, whose units have nothing to do with these.
    """

    changed = Signal()
    began = Signal()

    def __init__(
        self, jobs: Jobs, runs: Runs, recordings: Recordings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._runs, self._recordings = jobs, runs, recordings
        self.run: OpenRun | None = None
        """The run that is followed, or None."""
        self.step: int | None = None
        """The step of the checkpoint that is shown; None until one is."""
        self.held_out_nats = math.nan
        """Its loss on held-out text, where the checkpoint says."""
        self.problem = ""
        """Why the newest checkpoint is not shown; empty where it is, or is being read."""
        self._asked: tuple[int, Text] | None = None
        """The step and the text that were asked for last."""
        self._stamping: Background[Stamp] = Background("looking at a checkpoint")
        self._unread: Stamp | None = None
        """The file that could not be read, once it was looked at again."""
        self._taking = False
        self._number = 0
        self._folders: list[Path] = []
        for signal in (runs.runs_changed, runs.curve_changed):
            signal.connect(self.walk_newest)
        recordings.text_changed.connect(self.walk_newest)
        recordings.model_changed.connect(self._another_model)

    # What a person wants

    def follow(self, run: OpenRun) -> None:
        """Show the newest checkpoint of this run in Cells from now on.

        Raises:
            RunDirectoryError: its models do not read characters.
        """
        from rnnviz.core.training_tasks import kind_trained_by  # here: the window starts without

        kind = kind_trained_by(run.watched.config.get("task", "characters"))
        if kind is None or not kind.walks_texts:
            raise RunDirectoryError(
                f"{run.name} trains no model that reads a text, so there is nothing to colour "
                "in Cells; its checkpoints are shown in Training"
            )
        if run is self.run:
            return
        self._end()
        self._jobs.cancel(OPEN)
        if self._recordings.text is None:
            self._recordings.take_text(Text.of(_SAMPLE, "a few lines of prose"))
        self.run = run
        self._jobs.now(FOLLOWED, run.watched.directory)
        self.changed.emit()
        self.walk_newest()

    @Slot()
    def stop(self) -> None:
        """Stay with what is shown."""
        if self.run is not None:
            self._end()
            self.changed.emit()

    def offered(self) -> OpenRun | None:
        """The open run that the open model is a checkpoint of, if it can be followed."""
        model = self._recordings.model
        if model is None or self.run is not None:
            return None
        return self._run_of(model)

    def _run_of(self, model: OpenModel) -> OpenRun | None:
        """The open run that this model is a checkpoint of."""
        return self._runs.find(Path(model.path).parent.parent)

    # Following

    @Slot()
    def walk_newest(self) -> None:
        """Walk the newest checkpoint, unless it was or is being walked."""
        run, text = self.run, self._recordings.text
        if run is None or text is None or len(text) == 0:
            return
        if run not in self._runs.opened:
            self.stop()
            return
        found = newest_checkpoint(run)
        if found is None or self._jobs.busy(_FOLLOW) or self._typing(text):
            return
        step, path = found
        known = self._asked == (step, text)
        # The run says when there is another; only what could not be read is looked at again.
        if known and not (self.problem and self._changed(path)):
            return
        self._asked, self._unread = (step, text), None
        self._stamping = Background("looking at a checkpoint")
        self._ask(step, path, text)

    def _changed(self, path: Path) -> bool:
        """Whether it is another file than the one that could not be read; its drive may stall."""
        if not self._stamping.busy:
            self._stamping.start(partial(file_stamp, path))
            self._stamping.close()
            self._stamping.ready_soon()
        if not self._stamping.ready():
            return False
        before, self._unread = self._unread, self._stamping.take()
        return before is not None and before != self._unread

    def _typing(self, text: Text) -> bool:
        """Whether a text is being typed, and read as it is."""
        return text.path is None and self._jobs.busy(Walk)

    def _ask(self, step: int, path: Path, text: Text) -> None:
        self._number += 1
        folder = self._recordings.cache / f"live-{os.getpid()}-follow-{self._number}"

        def done(found: CheckpointWalked) -> None:
            if not self._take(step, folder, found.model):
                delete(folder)
            self.walk_newest()

        def failed(failure: Failure) -> None:
            # What is shown stays; the next checkpoint may be better.
            self._fail(step, failure.message)
            delete(folder)
            self.walk_newest()

        walk = WalkCheckpoint(
            model=ModelGiven(str(path)),
            text=TextGiven.of(text),
            folder=str(folder),
            most_bytes=MOST_BYTES,
            least=LEAST,
            most=MOST,
        )
        title = f"Reading the text at step {step:,}"
        self._jobs.start(
            walk,
            of=(TEXT, FOLLOWED),
            question=_FOLLOW,
            title=title,
            done=done,
            failed=failed,
        )

    def _take(self, step: int, folder: Path, found: ModelOpened) -> bool:
        """Show this walk; False where it cannot be shown."""
        try:
            model, recording = OpenModel.of(found), Recording(folder)
        except RnnvizError as error:
            self._fail(step, str(error))
            return False
        text = self._recordings.text
        if text is None or recording.length != len(text):
            self._fail(step, "the text changed on the disk; open it again")
            return False
        self.problem = ""
        related, said = self.step is not None, model.description.training.get("steps")
        self.step = said if isinstance(said, int) else step
        self.held_out_nats = _number(model.description.training.get("held_out_nats"))
        before = self._recordings.model
        of_this_run = before is not None and self._run_of(before) is self.run
        self._recordings.followed = True
        self._taking = True
        self._recordings.renew(model, recording, related)
        self._taking = False
        if not (related or of_this_run):
            self.began.emit()
        self._keep(folder)
        self.changed.emit()
        return True

    def _fail(self, step: int, message: str) -> None:
        self.problem = f"Step {step:,} could not be read: {message}"
        self.changed.emit()

    def _keep(self, folder: Path) -> None:
        """Delete all but the last two: a job may still read the one before."""
        self._folders.append(folder)
        while len(self._folders) > 2:
            delete(self._folders.pop(0))

    @Slot()
    def _another_model(self) -> None:
        """The person opened another model, unless it comes from here."""
        if not self._taking:
            self.stop()

    def _end(self) -> None:
        self._jobs.now(FOLLOWED)
        self._recordings.followed = False
        self.run, self.step, self.problem, self._asked = None, None, "", None
        self.held_out_nats = math.nan


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
