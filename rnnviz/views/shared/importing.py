"""Imports beside the window what takes longer than a frame, such as plots."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Sequence
from importlib import import_module

from PySide6.QtCore import QObject, QTimer, Signal, Slot

_LOOK_MS = 15


class ImportsAhead(QObject):
    """Imports modules in a thread of their own, one after the other.

    Whoever imports one of them meanwhile waits for it, as without this.

    Signals:
        done: all of them are there, or will say themselves why not when they are needed.
    """

    done = Signal()

    def __init__(self, modules: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._modules = tuple(modules)
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin; `done` comes in a later turn of the loop, at once where all are there."""
        missing = [name for name in self._modules if name not in sys.modules]
        if not missing:
            QTimer.singleShot(0, self, self.done.emit)
            return
        # No daemon: a program that ends meanwhile lets the import end first.
        self._thread = threading.Thread(target=_import, args=(missing,), name="imports")
        self._thread.start()
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._timer.stop()
            self.done.emit()


def _import(modules: Sequence[str]) -> None:
    collected = gc.isenabled()
    # Widgets that nobody holds any more are deleted by the window's thread.
    gc.disable()
    try:
        for name in modules:
            try:
                import_module(name)
            except Exception:  # noqa: BLE001 - who needs it hears of it
                return
    finally:
        if collected:
            gc.enable()
