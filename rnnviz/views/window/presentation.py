"""The window for the last row: the picture, its legend and its caption in large type, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from rnnviz.views.shared.workspace import Workspace

if TYPE_CHECKING:
    from rnnviz.views.window.window import Window


class Presentation(QObject):
    """Hides what is no part of the picture, and brings it back as it was.

    Signals:
        changed(bool): it began or ended.
    """

    changed = Signal(bool)

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.running = False
        self._shown: list[bool] = []
        """Which of the parts around the workspaces were there before."""
        self._workspace: Workspace | None = None
        self._state = window.windowState()
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self._escape.activated.connect(self.end)
        self._escape.setEnabled(False)
        window.workspace_tabs.entered.connect(self._follow)

    @Slot()
    def toggle(self) -> None:
        """Begin, or end."""
        if self.running:
            self.end()
        else:
            self.begin()

    @Slot()
    def begin(self) -> None:
        """Show the picture alone, on the whole screen."""
        if self.running:
            return
        window, self.running = self._window, True
        self._state = window.windowState()
        parts = self._parts()
        self._shown = [part.isVisibleTo(window) for part in parts]
        for part in parts:
            part.hide()
        window.story_bar.set_large(True)
        self._follow()
        self._escape.setEnabled(True)
        window.setWindowState(self._state | Qt.WindowState.WindowFullScreen)
        self.changed.emit(True)

    @Slot()
    def end(self) -> None:
        """Bring everything back."""
        if not self.running:
            return
        window, self.running = self._window, False
        self._escape.setEnabled(False)
        self._release()
        window.story_bar.set_large(False)
        for part, shown in zip(self._parts(), self._shown, strict=True):
            part.setVisible(shown)
        window.setWindowState(self._state)
        self.changed.emit(False)

    @Slot()
    def _follow(self) -> None:
        """A story may be told in another workspace: present that one."""
        current = self._window.workspace_tabs.current
        if not self.running or current is self._workspace:
            return
        self._release()
        self._workspace = current
        current.set_presented(True)

    def _release(self) -> None:
        if self._workspace is not None:
            self._workspace.set_presented(False)
            self._workspace = None

    def _parts(self) -> tuple[QWidget, ...]:
        window = self._window
        bar = window.workspace_tabs.bar
        return window.menuBar(), window.library_dock, window.statusBar(), bar
