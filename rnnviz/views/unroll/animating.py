"""Writes a moving picture beside the window: a frame at a time is painted, then all are joined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.figure import Figure
from rnnviz.core.system.background import Background
from rnnviz.views.text.painting.moving_picture import frame_of, write_frames

_LOOK_MS = 40


class Animating(QObject):
    """One moving picture after the other.

    Signals:
        message(str): how far it is, and that it is written.
        failed(str): why it is not.
    """

    message = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._path = Path()
        self._figures: Iterator[Figure] = iter(())
        self._frames: list[Any] = []
        self._writing: Background[None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    @property
    def busy(self) -> bool:
        """Whether one is being written."""
        return self._timer.isActive()

    def write(self, path: Path, figures: Iterator[Figure]) -> None:
        """Begin; the figures are made as they are painted."""
        if self.busy:
            self.failed.emit("Another moving picture is being written; wait for it.")
            return
        self._path, self._figures, self._frames = path, figures, []
        self._timer.start(0)

    @Slot()
    def _go_on(self) -> None:
        if self._writing is not None:
            self._take()
            return
        try:
            figure = next(self._figures, None)
            if figure is not None:
                self._frames.append(frame_of(figure))
                self.message.emit(f"{self._path.name}: {len(self._frames)} pictures painted")
                return
        except RnnvizError as error:
            self._end()
            self.failed.emit(str(error))
            return
        path, frames = self._path, self._frames
        self._writing = Background("moving picture")
        self._writing.start(lambda: write_frames(path, frames))
        self._timer.start(_LOOK_MS)

    def _take(self) -> None:
        assert self._writing is not None
        if not self._writing.ready():
            return
        writing = self._writing
        self._end()
        try:
            writing.take()
        except RnnvizError as error:
            self.failed.emit(str(error))
        else:
            self.message.emit(f"Saved {self._path.name}")
        writing.close()

    def _end(self) -> None:
        self._timer.stop()
        self._writing, self._frames = None, []
