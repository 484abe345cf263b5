"""What the units may be at a place that the walk has not reached yet: near enough, and marked.

A text is walked as one stream, since some units never forget. Far down that takes a while. So what
is on the screen there is walked meanwhile from some thousand characters before it: most units are
right, those that remember what came earlier are not. The exact values take its place by themselves.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.system.deleting import delete
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.session.shared.recordings import RECORDING, Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.jobs.given import TextGiven

WARM_UP = 2_000
"""So many characters before what is shown are read first."""
SOON = 4_000
"""A place that the walk is no further away from is waited for."""
_LARGEST = 40_000
_PATIENCE_MS = 120
"""How long the text must lie still: a person who drags through it sees no preview."""
_PREVIEW = "preview"


class Preview(NamedTuple):
    """A recording of a part of the text, its beginning cut off."""

    recording: Recording
    offset: int
    """Where in the text the recording begins,"""
    start: int
    """from which character on it is shown,"""
    stop: int
    """and up to which."""


class Previews(QObject):
    """Follows what is on the screen while a walk is under way.

    Signals:
        changed: `preview` is another one, or None.
    """

    changed = Signal()

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._recordings = recordings
        self._selection = selection
        self._asked: tuple[int, int] | None = None
        self._number = 0
        self.preview: Preview | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PATIENCE_MS)
        self._soon.timeout.connect(self.preview_visible)
        selection.visible_changed.connect(self._moved)
        recordings.recording_changed.connect(self.forget)
        recordings.recording_grew.connect(self._grew)

    @Slot()
    def forget(self) -> None:
        """The recording is another one."""
        self._soon.stop()
        self._asked = None
        self._jobs.cancel(_PREVIEW)
        if not self._recordings.renewed or self.preview is None:
            self._set(None)
        # Where the text was walked anew, the old preview stays until the new one is there.
        self._moved()

    def close(self) -> None:
        """Look at nothing any more, and let the recording go."""
        self._soon.stop()
        self.preview = None

    @Slot()
    def _moved(self) -> None:
        recording = self._recordings.recording
        if recording is not None and not recording.complete:
            self._soon.start()

    @Slot()
    def _grew(self) -> None:
        recording = self._recordings.recording
        if self._asked is not None and recording and recording.walked >= self._asked[1]:
            self.forget()

    @Slot()
    def preview_visible(self) -> None:
        """Ask for a preview of what is on the screen, if the walk is far from it."""
        recording, text = self._recordings.recording, self._recordings.text
        model, (start, stop) = self._recordings.model, self._selection.visible
        if recording is None or text is None or model is None or len(text) != recording.length:
            return
        # A walk that is under way comes near by itself; one that ended early does not.
        reached = stop - 1 if self._recordings.ends_early else start - SOON
        if reached < recording.walked or stop - start > _LARGEST:
            return
        if self._asked is not None and self._asked[0] <= start and stop <= self._asked[1]:
            return
        around = (stop - start) // 2
        first, last = max(recording.walked, start - around), min(len(text), stop + around)
        offset = max(0, first - WARM_UP)
        self._asked = (first, last)
        self._number += 1
        # Named as what is typed, it is deleted as that is.
        folder = self._recordings.cache / f"live-{os.getpid()}-preview-{self._number}"

        def done(_: Walked) -> None:
            self._take(folder, offset, first, last)

        def failed(_: Failure) -> None:
            """Nothing is shown early; the walk itself tells what is wrong."""

        self._jobs.start(
            Walk(
                model=model.given,
                text=TextGiven(text=text.slice(offset, last), name=text.name),
                folder=str(folder),
                channels=recording.channels,
                first=True,
            ),
            of=(RECORDING,),
            question=_PREVIEW,
            title="Looking ahead",
            done=done,
            failed=failed,
        )

    def _take(self, folder: Path, offset: int, start: int, stop: int) -> None:
        try:
            self._set(Preview(Recording(folder), offset, start, stop))
        except RecordingError:
            return

    def _set(self, preview: Preview | None) -> None:
        if preview is self.preview:
            return
        before, self.preview = self.preview, preview
        self.changed.emit()
        if before is not None:
            delete(before.recording.folder)
