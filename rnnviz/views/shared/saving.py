"""Writes files beside the window, which goes on meanwhile: packing a picture takes half a second.

A thread is started for each, and what it writes is finished even if the window is closed before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.errors import RnnvizError

Work = Callable[[], None]
Told = Callable[[str], None]

_under_way: set[_Saving] = set()
"""Kept here: a window that is closed must not take them along while their threads work."""


class _Saving(QObject):
    ended = Signal(str)

    def __init__(self, work: Work, told: Told) -> None:
        super().__init__()
        self._work, self._told = work, told
        self.ended.connect(self._tell)
        _under_way.add(self)
        threading.Thread(target=self._run, name="saving").start()

    def _run(self) -> None:
        problem = "it was not written"
        try:
            self._work()
            problem = ""
        except (RnnvizError, OSError) as error:
            problem = str(error)
        finally:
            self.ended.emit(problem)

    @Slot(str)
    def _tell(self, problem: str) -> None:
        _under_way.discard(self)
        self._told(problem)


def save_beside(save: Callable[[], Work | None], told: Told) -> None:
    """Save something: at once what has to be done here, the rest in a thread of its own.

    Args:
        save: paints and writes; what it returns is left to do in the thread. Both may raise an
            `RnnvizError`, and what is left names nothing of Qt that was not named here before.
        told: called in the window's thread with what went wrong, empty where all is well; where
            something was left to do, in a later turn of its loop.
    """
    try:
        rest = save()
    except (RnnvizError, OSError) as error:
        told(str(error))
        return
    if rest is None:
        told("")
    else:
        _Saving(rest, told)
