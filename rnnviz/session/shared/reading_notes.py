"""Says once of each text and model how the text was read, and what the model does not know of it.

Counting goes through the whole text, so a thread beside the window's does it.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from rnnviz.core.sequences.in_words import reading_in_words
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.background import Background
from rnnviz.session.shared.recordings import Recordings

_EVERY_MS = 50


class _About(NamedTuple):
    """What is said of a text belongs to it as it was read, and to the model that reads it."""

    text: Text
    """A file that was opened again is another one: it may have been saved otherwise."""
    model: str
    symbols: tuple[str, ...]


class ReadingNotes(QObject):
    """Counts what a model does not know of a text, and says it if there is anything unusual.

    Signals:
        message(str): how the open text was read.
        counted: `words` may be others.
    """

    message = Signal(str)
    counted = Signal()

    def __init__(self, recordings: Recordings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._about: _About | None = None
        """The text and the model that something was said of, or is being counted of, last."""
        self._counted: _About | None = None
        self._said: tuple[_About | None, str] = None, ""
        """What was found last, and of which text and model."""
        self._counting: Background[str] = Background("reading")
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._collect)
        recordings.recording_changed.connect(self._ask)

    @property
    def words(self) -> str:
        """How the open text was read by the open model; empty if that is as usual, or not known."""
        about, words = self._said
        return words if about is not None and about == self._open() else ""

    def _open(self) -> _About | None:
        """What there is to say something of: a text from a file, and the model that reads it."""
        text, recording = self._recordings.text, self._recordings.recording
        if text is None or recording is None or not self._recordings.is_of_text:
            return None
        if text.path is None:
            return None  # what is typed is seen as it is typed
        return _About(text, recording.description.model_path, recording.symbols)

    def close(self) -> None:
        """Wait for nothing that is still being counted."""
        self._timer.stop()
        self._counting.close()

    @Slot()
    def _ask(self) -> None:
        about = self._open()
        if about is not None and about != self._about:
            self._about = about
            self._begin()

    def _begin(self) -> None:
        text, recording = self._recordings.text, self._recordings.recording
        if self._counting.busy or text is None or recording is None:
            return  # the one before is still being counted; `_collect` comes back
        sequence, known = recording.sequence, recording.symbols
        self._counted = self._about
        self._counting.start(lambda: reading_in_words(text, sequence, known))
        self._counting.ready_soon()
        self._collect()

    @Slot()
    def _collect(self) -> None:
        if not self._counting.ready():
            self._timer.start()
            return
        self._timer.stop()
        words, text = self._counting.take(), self._recordings.text
        self._counting.close()  # seldom anything is counted: no thread waits for it
        if self._counted != self._about:
            self._begin()
            return
        self._said = self._counted, words
        self.counted.emit()
        if words and text is not None:
            self.message.emit(f"{text.name}: {words}")
