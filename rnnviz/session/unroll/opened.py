"""The open model unrolled at a place of the open text, and how it writes on from there."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.errors import UnrollError
from rnnviz.core.kinds import kind_named
from rnnviz.core.recordings.description import Next
from rnnviz.core.unroll.model_trace import MOST_SHOWN, MOST_WRITTEN, ModelTrace, read_model_trace
from rnnviz.session.shared.identities import Answers, Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import RECORDING, Recordings
from rnnviz.session.shared.scratch import Scratch
from rnnviz.session.shared.selection import Selection
from rnnviz.work.jobs.unroll import ModelUnrolled, UnrollModel, Writes
from rnnviz.work.messages import Failure

PLACE = Subject("unrolled place")
"""At which step, how many steps, and what is written on."""
_LAST = ""


class UnrolledModel(QObject):
    """Asks for the steps before a place of the recording on the screen, with every number.

    Until the steps of another place arrive, those of the last one stay; those of another recording
    are gone at once.

    Signals:
        changed: `trace`, `at` or `writes` is another.
        refused(str): why something that was asked cannot be; what was there stays.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        cache: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._recordings, self._selection = jobs, recordings, selection
        self._scratch = Scratch(cache, "unroll-model")
        self._found: Answers[str, ModelTrace] = jobs.answers(RECORDING)
        self._place: Answers[str, int] = jobs.answers(RECORDING)
        self._asked: Answers[str, UnrollModel] = jobs.answers(RECORDING)
        self.steps = 12
        """How many are shown: as many as the view has room for."""
        self.writes = Writes()
        recordings.recording_changed.connect(self._forget)

    @property
    def trace(self) -> ModelTrace | None:
        """The steps that were computed last, of the recording on the screen."""
        return self._found.get(_LAST)

    @property
    def at(self) -> int:
        """The last step that is read: where the person put it, or the cursor in the text."""
        placed = self._place.get(_LAST)
        if placed is None:
            placed = self._selection.cursor
        if placed is None:
            placed = self._selection.visible[0] + self.steps
        recording = self._recordings.recording
        last = 0 if recording is None else max(0, recording.walked - 1)
        return max(0, min(placed, last))

    @property
    def possible(self) -> bool:
        """Whether there is a model to be asked, and a text that it read."""
        recordings = self._recordings
        model = recordings.model
        return (
            model is not None
            and recordings.recording is not None
            and recordings.recording.walked > 0
            and UnrollModel.task() in kind_named(model.kind).jobs
        )

    @property
    def can_write(self) -> bool:
        """Whether what it says is what it reads."""
        recording = self._recordings.recording
        return (
            self.possible
            and recording is not None
            and isinstance(recording.description.output, Next)
        )

    @property
    def busy(self) -> bool:
        """Whether numbers are on their way."""
        return self._jobs.busy(UnrollModel)

    @property
    def marked(self) -> tuple[str, int]:
        """The unit that is selected: its group by name, and its place there."""
        return self._selection.group_and_unit

    # What the person does

    def show(self, step: int) -> None:
        """Unroll the steps up to this one."""
        self._place.put(_LAST, step)
        self.writes = msgspec.structs.replace(self.writes, steps=0)
        self.ensure_computed()

    def show_cursor(self) -> None:
        """Unroll the steps up to where the cursor is in the text."""
        self._place.drop(_LAST)
        self.show(self.at)

    def go(self, by: int) -> None:
        """Further on or back: through the text, or through what the network writes."""
        if self.writes.steps:
            self.set_written(self.writes.steps + by)
            return
        recording = self._recordings.recording
        if recording is not None:
            self._place.put(_LAST, max(0, min(self.at + by, recording.walked - 1)))
            self.ensure_computed()

    def set_steps(self, steps: int) -> None:
        """Show so many steps."""
        steps = max(2, min(steps, MOST_SHOWN))
        if steps != self.steps:
            self.steps = steps
            if self._asked.get(_LAST) is not None:
                self.ensure_computed()

    def set_written(self, steps: int) -> None:
        """Let the network write so many symbols; what it says is what it reads next."""
        self.set_writes(msgspec.structs.replace(self.writes, steps=max(0, steps)))

    def set_writes(self, writes: Writes) -> None:
        """Let the network write in this way."""
        if writes.steps and not self.can_write:
            self.refused.emit("What this network says is not what it reads: it cannot write on.")
            return
        self.writes = msgspec.structs.replace(writes, steps=min(writes.steps, MOST_WRITTEN))
        self.ensure_computed()

    def ensure_computed(self) -> None:
        """Ask for the steps at the place, if they are not there or on their way."""
        recordings = self._recordings
        model, recording = recordings.model, recordings.recording
        if not self.possible or model is None or recording is None:
            self.changed.emit()
            return
        request = UnrollModel(
            model=model.given,
            folder=str(recording.folder),
            path="",
            at=self.at,
            steps=self.steps,
            writes=self.writes,
        )
        if self._asked.get(_LAST) == request:
            return
        self._asked.put(_LAST, request)
        self._jobs.now(PLACE, request)

        def done(answer: ModelUnrolled) -> None:
            try:
                trace = read_model_trace(Path(answer.path))
            except UnrollError as error:
                self._asked.drop(_LAST)
                self.refused.emit(str(error))
                return
            self._found.put(_LAST, trace)
            self.changed.emit()

        def failed(failure: Failure) -> None:
            self.refused.emit(failure.message)

        self._jobs.start(
            msgspec.structs.replace(request, path=str(self._scratch.new() / "steps.npz")),
            of=(RECORDING, PLACE),
            title="Unrolling the model",
            done=done,
            failed=failed,
        )
        self.changed.emit()

    @Slot()
    def _forget(self) -> None:
        self.writes = msgspec.structs.replace(self.writes, steps=0)
        self.changed.emit()

    def close(self) -> None:
        """Delete what was computed."""
        self._scratch.close()
