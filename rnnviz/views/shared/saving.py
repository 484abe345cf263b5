"""Writes files beside the window, which goes on meanwhile: a long table or a picture takes seconds.

What has to be done by the window's thread, as painting, is done in turns of its loop, all else in
threads. What was begun is finished, even if the window is closed before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot
from shiboken6 import isValid

from rnnviz.core.errors import RnnvizError

Work = Callable[[], Any]
"""Done in a thread. It names nothing of Qt that was not named before in the window's."""
Turns = Generator[Work | None, Any, None]
"""Saves something in turns of the window's thread, which does something else at each `yield`. Work
that is yielded is done in a thread, and what it returns comes back from there."""
Told = Callable[[str], None]

_under_way: set[_Saving] = set()
"""Kept here: a window that is closed must not take them along before they are finished."""


class _Saving(QObject):
    _worked = Signal()

    def __init__(self, turns: Turns, told: Told) -> None:
        super().__init__()
        self._turns, self._told = turns, told
        self._thread: threading.Thread | None = None
        self._found: Any = None
        self._problem = ""
        self._worked.connect(self._take)
        _under_way.add(self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._finish)
        self._go_on()

    @Slot()
    def _go_on(self) -> None:
        if self not in _under_way or self._thread is not None:
            return
        found, self._found = self._found, None
        try:
            work = self._turns.send(found)
        except StopIteration:
            self._end("")
        except (RnnvizError, OSError) as error:
            self._end(str(error))
        else:
            if work is None:
                QTimer.singleShot(0, self, self._go_on)
            else:
                self._thread = threading.Thread(target=self._do, args=(work,), name="saving")
                self._thread.start()

    def _do(self, work: Work) -> None:
        self._problem = "it was not written"
        try:
            self._found = work()
            self._problem = ""
        except (RnnvizError, OSError) as error:
            self._problem = str(error)
        finally:
            self._worked.emit()

    @Slot()
    def _take(self) -> None:
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        if self._problem:
            self._end(self._problem)
        else:
            self._go_on()

    @Slot()
    def _finish(self) -> None:
        """All that is left at once: the loop has no more turns."""
        while self in _under_way:
            if self._thread is None:
                self._go_on()
            else:
                self._take()

    def _end(self, problem: str) -> None:
        _under_way.discard(self)
        self._turns.close()
        self._told(problem)


def save_beside(turns: Turns, told: Told) -> None:
    """Save something in turns; the first begins here and now.

    Args:
        told: called in the window's thread with what went wrong, an `RnnvizError` or an `OSError`
            in words, or with nothing where all is well; at the earliest here and now.
    """
    _Saving(turns, told)


class Telling(Protocol):
    """A part of the window that tells what became of something."""

    message: Any
    failed: Any


def save_and_tell(path: Path, turns: Turns, telling: Telling) -> None:
    """Save something in turns; at the end its `message` says so, or `failed` why not."""

    def told(problem: str) -> None:
        if isValid(telling):
            (telling.failed if problem else telling.message).emit(problem or f"Saved {path.name}")

    save_beside(turns, told)


def save_now(turns: Turns) -> None:
    """Save something while everybody waits.

    Raises:
        RnnvizError, OSError: as what is done.
    """
    found: Any = None
    while True:
        try:
            work = turns.send(found)
        except StopIteration:
            return
        found = None if work is None else work()
