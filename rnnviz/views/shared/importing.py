"""Imports what takes longer than a frame, such as plots, a module in each turn of the loop.

Never in a thread: Qt for Python makes its types when they are first named, and two threads that do
so at once end the program.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from PySide6.QtCore import QObject, QTimer, Signal, Slot


class ImportsAhead(QObject):
    """Imports modules, one in each turn of the event loop.

    Signals:
        done: all of them are there, or will say themselves why not when they are needed.
    """

    done = Signal()

    def __init__(self, modules: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._missing = list(modules)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    def start(self) -> None:
        """Begin; `done` comes in a later turn of the loop."""
        self._timer.start(0)

    @Slot()
    def _go_on(self) -> None:
        while self._missing:
            name = self._missing.pop(0)
            if name in sys.modules:
                continue
            try:
                import_module(name)
            except Exception:  # noqa: BLE001 - who needs it hears of it
                self._missing.clear()
            return
        self._timer.stop()
        self.done.emit()
