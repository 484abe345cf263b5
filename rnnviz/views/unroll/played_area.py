"""What both drawings of this workspace have: they go on by themselves, and they are saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QToolButton, QWidget
from shiboken6 import isValid

from rnnviz.core.export.figure import Figure
from rnnviz.core.files.writing import save_file
from rnnviz.views.shared.question_boxes import ask_save_path
from rnnviz.views.shared.saving import Turns, save_and_tell
from rnnviz.views.shared.theme import set_icon, theme_of
from rnnviz.views.text.painting.moving_picture import MOVING, frame_of, write_frames
from rnnviz.views.text.painting.text_figure import saving_drawn
from rnnviz.views.unroll.pointed_picture import PointedPicture
from rnnviz.views.unroll.tools import icon_button

_KINDS = (
    "Picture (*.png);;Drawing (*.svg);;Drawing (*.pdf);;Page to click through (*.html);;"
    "Moving picture (*.gif);;Moving picture (*.webp)"
)


class Unrolled(Protocol):
    """What is drawn, and whether its next numbers are on their way."""

    @property
    def busy(self) -> bool:
        """Whether they are."""

    @property
    def trace(self) -> object | None:
        """The numbers that are drawn; None while there are none."""


class PlayedArea(QWidget):
    """A drawing that is gone through with arrows or by itself, and written to a file.

    Signals:
        failed(str): what a person must read.
        message(str): something for the status bar.
    """

    failed = Signal(str)
    message = Signal(str)

    def __init__(
        self, drawing: PointedPicture, unrolled: Unrolled, what: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._drawn, self._unrolled = drawing, unrolled
        self._playing = QTimer(self)
        self._playing.timeout.connect(self._play_on)
        self._play = icon_button("play", f"Play: one {what} after the other (Space)")
        self._play.clicked.connect(self.toggle_play)
        back = icon_button("chevron-left", f"One {what} back (←)")
        back.clicked.connect(self._back)
        on = icon_button("chevron-right", f"One {what} on (→)")
        on.clicked.connect(self._on)
        self._movers: tuple[QToolButton, ...] = back, self._play, on

    # For subclasses

    def go(self, by: int) -> None:
        """Further on or back."""
        raise NotImplementedError

    def plays_ms(self) -> int:
        """How long each is seen while it goes on by itself."""
        return 700

    def figures(self, dark: bool, size: tuple[float, float]) -> Iterator[Figure]:
        """All that there is to go through, for a moving picture."""
        raise NotImplementedError

    def page(self, dark: bool, size: tuple[float, float]) -> Callable[[], str]:
        """What makes the same as a page to click through, in any thread."""
        raise NotImplementedError

    # Going on

    @Slot()
    def _on(self) -> None:
        self.go(1)

    @Slot()
    def _back(self) -> None:
        self.go(-1)

    @Slot()
    def toggle_play(self) -> None:
        """Go on by itself, or stop."""
        if self._playing.isActive():
            self._playing.stop()
        else:
            self._playing.start(self.plays_ms())
        set_icon(self._play, "pause" if self._playing.isActive() else "play")

    @Slot()
    def _play_on(self) -> None:
        if not self.isVisible():
            self.toggle_play()
            return
        self._playing.setInterval(self.plays_ms())
        if not self._unrolled.busy:
            self.go(1)

    # Saving

    def save(self) -> None:
        """Write the picture to a file that the person chooses, or all as a page or a moving one."""
        picture = self._drawn.picture
        if picture is None or self._unrolled.trace is None:
            return
        title = f"Save the {self._drawn.accessibleName().lower()}"
        path = ask_save_path(self, title, "unrolled", _KINDS)
        if path is None:
            return
        dark, size = theme_of(self).dark, (picture.figure.width, picture.figure.height)
        ending = path.suffix.lower()
        if ending in MOVING:
            turns = self._saving_moving(path, self.figures(dark, size))
        elif ending == ".html":
            turns = self._saving_page(path, self.page(dark, size))
        else:
            turns = saving_drawn(path, picture.figure)
        save_and_tell(path, turns, self)

    def _saving_page(self, path: Path, page: Callable[[], str]) -> Turns:
        yield lambda: save_file(path, page())

    def _saving_moving(self, path: Path, figures: Iterator[Figure]) -> Turns:
        frames = []
        for figure in figures:
            frames.append(frame_of(figure))
            if isValid(self):
                self.message.emit(f"{path.name}: {len(frames)} pictures painted")
            yield None
        yield lambda: write_frames(path, frames)
