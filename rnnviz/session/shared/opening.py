"""Opening models of every kind: each is handed to the part of the session that shows its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from rnnviz.core.errors import RnnvizError
from rnnviz.core.kinds import kind_named
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Failed, Jobs

OPEN = "open"
"""A question: see `Jobs.busy`."""
COMPANIONS = {"VocabularyNeeded": "vocabulary", "SentencesNeeded": "sentences"}
"""What is missing, by the name of the error that says so."""

Taker = Callable[[dict[str, Any]], None]


class Opening(QObject):
    """Asks the engine to open a model, and gives what it answers to the workspace of its kind.

    Args:
        takers: by the name of a workspace, what takes the engine's answer.
        subject: what the person opened, which drops what is still being opened.

    Signals:
        opened(path, workspace): a model was taken, and is seen in this workspace.
        companion_needed(companion, path, facts, message): a file does not say everything itself;
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

    def open(self, path: Path, **companions: Any) -> None:
        """Open a model of any kind; what is open stays until it is ready.

        Args:
            companions: the `vocabulary`, or the path of the `sentences`, of a file without them.
        """

        def failed(failure: Failed) -> None:
            if failure.kind in COMPANIONS:
                needed = COMPANIONS[failure.kind]
                self.companion_needed.emit(needed, str(path), failure.facts, failure.message)
                return
            self.refused.emit(str(path))
            self._jobs.failed.emit(failure)

        self._jobs.start(
            "open_model",
            {"path": str(path), **_jsonable(companions)},
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

        def done(result: dict[str, Any]) -> None:
            if kind_named(result["kind"]).workspace == workspace:
                self._takers[workspace](result)

        self._jobs.start(
            "open_model",
            {"path": str(path)},
            of=(subject,),
            question=f"{OPEN} in {workspace}",
            title=f"Opening {path.name}",
            done=done,
        )

    def _take(self, result: dict[str, Any]) -> None:
        path, kind = str(result["path"]), kind_named(result["kind"])
        try:
            self._takers[kind.workspace](result)
        except RnnvizError as error:
            self._jobs.failed.emit(Failed(0, type(error).__name__, str(error)))
            return
        self.opened.emit(path, kind.workspace)


def _jsonable(companions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(given) if isinstance(given, Path) else given
        for name, given in companions.items()
        if given is not None
    }
