"""What stands for the symbols that the open model reads, and which of them is looked at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.cells.symbol_vectors import SymbolVectors, read_vectors
from rnnviz.core.errors import ModelFileError
from rnnviz.core.kinds import kind_named
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.core.system.identity import digest
from rnnviz.session.shared.identities import Answers
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import MODEL, Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.work.jobs.symbols import FindVectors, VectorsFound
from rnnviz.work.messages import Failure


class SymbolTable(QObject):
    """Asked of the engine when a panel that is seen wants it; follows the cursor.

    Signals:
        changed: `vectors` or `failure` is known.
        place_changed: `place`, the symbol that is looked at.
    """

    changed = Signal()
    place_changed = Signal()

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
        self._cache = cache / "symbols"
        self._found: Answers[str, SymbolVectors | str] = jobs.answers(MODEL)
        self.place: int | None = None
        recordings.model_changed.connect(self._forget)
        selection.cursor_changed.connect(self._follow)

    @property
    def vectors(self) -> SymbolVectors | None:
        """Of the open model, if they are known."""
        found = self._found.get("")
        return found if isinstance(found, SymbolVectors) else None

    @property
    def failure(self) -> str:
        """Why there are none."""
        found = self._found.get("")
        return found if isinstance(found, str) else ""

    def want(self) -> None:
        """Ask for the vectors of the open model, unless they are known or on their way."""
        model = self._recordings.model
        if model is None or "" in self._found or self._jobs.busy(FindVectors):
            return
        if FindVectors.task() not in kind_named(model.kind).jobs:
            return
        path = self._cache / f"{digest(model.given.stamp)}.npz"

        def done(found: VectorsFound) -> None:
            try:
                self._found.put("", read_vectors(Path(found.path), found.symbols, found.source))
            except ModelFileError as error:
                self._found.put("", str(error))
            self._follow()
            self.changed.emit()

        def failed(failure: Failure) -> None:
            self._found.put("", failure.message)
            self.changed.emit()

        self._jobs.start(
            FindVectors(model=model.given, path=str(path)),
            of=(MODEL,),
            title="Reading the vectors of symbols",
            done=done,
            failed=failed,
        )

    def look_at(self, place: int | None) -> None:
        """Look at this symbol."""
        if place != self.place:
            self.place = place
            self.place_changed.emit()

    def find(self, word: str) -> bool:
        """Look at this word; whether the model knows it."""
        place = None if self.vectors is None else self.vectors.place_of(word)
        if place is not None:
            self.look_at(place)
        return place is not None

    @Slot()
    def _forget(self) -> None:
        self.look_at(None)
        self.changed.emit()

    @Slot()
    def _follow(self) -> None:
        """Look at what the step under the cursor read."""
        recording, cursor = self._recordings.recording, self._selection.cursor
        if recording is None or cursor is None or self.vectors is None:
            return
        sequence = recording.sequence
        if not 0 <= cursor < len(sequence):
            return
        if isinstance(sequence, Tokens):
            place: int | None = int(sequence.ids[cursor])
        elif isinstance(sequence, Text):
            place = self.vectors.place_of(sequence.slice(cursor, cursor + 1))
        else:
            return
        if place is not None and place < len(self.vectors.symbols):
            self.look_at(place)
