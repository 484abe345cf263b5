"""Imports what takes longer than a frame, such as plots, a module in each turn of the loop.

Never in a thread: Qt for Python makes its types when they are first named, and two threads that do
so at once end the program.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from PySide6.QtCore import QObject, QTimer, Signal, Slot

PLOTS = (
    "email.message", "importlib.metadata", "xml.dom.minidom", "multiprocessing", "pydoc",
    "cProfile", "PySide6.QtTest", "types of PySide6.QtCore", "types of PySide6.QtGui",
    "types of PySide6.QtWidgets", "pyqtgraph", "rnnviz.views.plots.base",
)  # fmt: skip
"""Plots, and before them what pyqtgraph would import and ask Qt for, all in one turn."""
_TYPES_OF = "types of "


class ImportsAhead(QObject):
    """Imports modules, one in each turn of the event loop.

    Args:
        modules: their names; behind `types of`, one of Qt's, whose types are made.

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
                if name.startswith(_TYPES_OF):
                    _make_types(name.removeprefix(_TYPES_OF))
                else:
                    import_module(name)
            except Exception:  # noqa: BLE001 - who needs it hears of it
                self._missing.clear()
            return
        self._timer.stop()
        self.done.emit()


def _make_types(module: str) -> None:
    """Name all that a module of Qt holds: a type is made when it is first named."""
    found = import_module(module)
    for name in dir(found):
        getattr(found, name, None)
