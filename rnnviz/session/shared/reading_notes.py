"""Says once of each text and model how the text was read, and what the model does not know of it.

Counting goes through the whole text, so a thread beside the window's does it.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from rnnviz.core.sequences.in_words import reading_in_words
from rnnviz.core.system.background import Background
from rnnviz.session.shared.recordings import Recordings

_EVERY_MS = 50


class ReadingNotes(QObject):
    """Counts what a model does not know of a text, and says it if there is anything unusual.

    Signals:
        message(str): how the open text was read.
    """

    message = Signal(str)

    def __init__(self, recordings: Recordings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._about: tuple[str, str] | None = None
        """The text and the model that something was said of, or is being counted of, last."""
        self._counted: tuple[str, str] | None = None
        self._counting: Background[str] = Background("reading")
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._collect)
        recordings.recording_changed.connect(self._ask)

    def close(self) -> None:
        """Wait for nothing that is still being counted."""
        self._timer.stop()
        self._counting.close()

    @Slot()
    def _ask(self) -> None:
        text, recording = self._recordings.text, self._recordings.recording
        if text is None or recording is None or not self._recordings.is_of_text:
            return
        if text.path is None:
            return  # what is typed is seen as it is typed
        about = str(text.path), recording.description.model_path
        if about != self._about:
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
        elif words and text is not None:
            self.message.emit(f"{text.name}: {words}")
