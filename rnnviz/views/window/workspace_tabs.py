"""The middle of the window: a bar of tabs, one a workspace, over the one that is open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.shared.workspace import Workspace


class WorkspaceTabs(QWidget):
    """Shows one workspace at a time; one that was never entered is not even built.

    Args:
        above: what stands between the tabs and the workspace, whichever it is.

    Signals:
        entered: another workspace is on the screen.
    """

    entered = Signal()

    def __init__(
        self,
        workspaces: Sequence[Workspace],
        above: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.workspaces = tuple(workspaces)
        self.bar = QFrame()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Workspaces")
        self.tabs.setExpanding(False)
        self.tabs.setProperty("role", "workspaces")
        self._stack = QStackedWidget()
        self._had_keys: dict[str, QWidget] = {}
        bar = self.bar
        bar.setProperty("role", "workspaces")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self.tabs)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        for widget in above:
            column.addWidget(widget)
        column.addWidget(self._stack, 1)
        for number, workspace in enumerate(self.workspaces, start=1):
            self.tabs.addTab(workspace.title)
            self.tabs.setTabToolTip(number - 1, plain_tip(f"{workspace.title} (Ctrl+{number})"))
            self._stack.addWidget(workspace)
        bar.setVisible(len(self.workspaces) > 1)
        self.tabs.currentChanged.connect(self._choose)

    @property
    def current(self) -> Workspace:
        """The workspace on the screen."""
        return self.workspaces[self._stack.currentIndex()]

    def enter(self, name: str) -> None:
        """Show the workspace of this name."""
        names = [workspace.name for workspace in self.workspaces]
        self._choose(names.index(name))

    @Slot(int)
    def _choose(self, place: int) -> None:
        before, left = QApplication.focusWidget(), self.current
        inside = before is not None and left.isAncestorOf(before)
        if before is not None and inside:
            self._had_keys[left.name] = before
        self.workspaces[place].ensure_built()
        self.tabs.setCurrentIndex(place)
        self._stack.setCurrentIndex(place)
        if self.current is not left and before is not self.tabs:
            self._give_keys(self.current)
        self.entered.emit()

    def _give_keys(self, workspace: Workspace) -> None:
        """To what had them there, or where they are of most use; never to what is hidden."""
        had = self._had_keys.get(workspace.name)
        if had is not None and isValid(had) and had.isVisible():
            had.setFocus()
        else:
            workspace.keys_go_to().setFocus()
