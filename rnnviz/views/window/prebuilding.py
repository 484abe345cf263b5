"""Makes a workspace and its panels before they are entered, piece by piece, while nothing goes on.

Importing and laying out a workspace for the first time takes longer than a frame; done before, a
person who enters it while a training streams in waits for nothing. What workspaces are made of is
imported before, a module in each turn of the loop, whatever goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QCursor, QGuiApplication

from rnnviz.views.shared.importing import ImportsAhead
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.workspace import Workspace

BEGIN_MS = 1_500
_PIECE_MS, _QUIET_MS = 30, 700


class Prebuilder(QObject):
    """Makes workspaces whole, after imports; waits with each piece while a person is busy.

    Args:
        workspaces: made whole, in this order.
        modules: imported before.
        busy: whether something else goes on just now.
    """

    def __init__(
        self,
        workspaces: Sequence[Workspace],
        modules: Sequence[str],
        busy: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pieces = _pieces_of(workspaces)
        self._imports = ImportsAhead(modules, self)
        self._busy = busy
        self._pointer = QPoint()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.work)

    def start(self) -> None:
        """Begin soon."""
        self._imports.done.connect(self.work)
        QTimer.singleShot(BEGIN_MS, self._imports, self._imports.start)

    @Slot()
    def work(self) -> None:
        """Make one piece, unless something else goes on."""
        pointer, before = QCursor.pos(), self._pointer
        self._pointer = pointer
        pressed = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        if self._busy() or pressed or pointer != before:
            self._timer.start(_QUIET_MS)
            return
        for _ in self._pieces:
            self._timer.start(_PIECE_MS)
            return


def _pieces_of(workspaces: Sequence[Workspace]) -> Iterator[None]:
    for workspace in workspaces:
        while not workspace.make_on():
            yield
        for panel in workspace.findChildren(Panel):
            while not panel.make_on():
                yield
            yield
