"""Opening models of every kind: each is handed to the part of the session that shows its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from rnnviz.core.errors import RnnvizError
from rnnviz.core.kinds import kind_named
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.jobs.models import ModelOpened, NotOpened, OpenModel

OPEN = "open"
"""A question: see `Jobs.busy`."""
COMPANIONS = {
    "VocabularyNeeded": "vocabulary", "SentencesNeeded": "sentences", "ReadingNeeded": "reading",
}  # fmt: skip
"""What is missing, by the name of the error that says so."""

Taker = Callable[[ModelOpened], None]


class Opening(QObject):
    """Asks the engine to open a model, and gives what it answers to the workspace of its kind.

    Args:
        takers: by the name of a workspace, what takes the engine's answer.
        subject: what the person opened, which drops what is still being opened.

    Signals:
        opened(path, workspace): a model was taken, and is seen in this workspace.
        companion_needed(companion, path, size, message): a file does not say everything itself;
            open it again with a `vocabulary` or `sentences`.
        refused(path): a model could not be opened; what was open stays.
    """

    opened = Signal(str, str)
    companion_needed = Signal(str, str, object, str)
    refused = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        takers: Mapping[str, Taker],
        subject: Subject,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._takers, self._subject = jobs, takers, subject

    def open(
        self,
        path: Path,
        vocabulary: tuple[str, ...] | None = None,
        sentences: Path | None = None,
        reading: int = 0,
    ) -> None:
        """Open a model of any kind; what is open stays until it is ready.

        Args:
            vocabulary: the characters of a file without them.
            sentences: the file that the words of a translator were numbered from.
            reading: which of the networks that the tensors may be, from 1.
        """

        def failed(failure: NotOpened) -> None:
            if failure.kind in COMPANIONS:
                needed = COMPANIONS[failure.kind]
                self.companion_needed.emit(needed, str(path), failure.size, failure.message)
                return
            self.refused.emit(str(path))
            self._jobs.failed.emit(failure)

        self._jobs.start(
            OpenModel(model=ModelGiven(str(path), vocabulary, str(sentences or ""), reading)),
            of=(self._subject,),
            question=OPEN,
            title=f"Opening {path.name}",
            done=self._take,
            failed=failed,
        )

    def open_beside(self, path: Path, workspace: str, subject: Subject) -> None:
        """Open a model for one workspace beside whatever else is opened; others are let go.

        Args:
            subject: what is open in that workspace, which drops this.
        """

        def done(found: ModelOpened) -> None:
            if kind_named(found.kind).workspace == workspace:
                self._takers[workspace](found)

        self._jobs.start(
            OpenModel(model=ModelGiven(str(path))),
            of=(subject,),
            question=f"{OPEN} in {workspace}",
            title=f"Opening {path.name}",
            done=done,
        )

    def _take(self, found: ModelOpened) -> None:
        kind = kind_named(found.kind)
        try:
            self._takers[kind.workspace](found)
        except RnnvizError as error:
            self._jobs.failed.emit(Failure.of(error))
            return
        self.opened.emit(found.path, kind.workspace)
