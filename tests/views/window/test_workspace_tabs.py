"""Workspaces and their tabs: built when entered, left as they were, keys of their own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.cells.panels.trace import TracePanel
from rnnviz.views.shared.menu_entry import MenuEntry
from rnnviz.views.shared.workspace import Workspace
from rnnviz.views.window.actions.actions import Actions
from rnnviz.views.window.workspace_tabs import WorkspaceTabs


class First(Workspace):
    """A room without panels."""

    name, title = "first", "First"
    made = 0

    def centre(self) -> QWidget:
        self.made += 1
        return QLabel("first")


class Second(First):
    """A room with one panel."""

    name, title = "second", "Second"
    panel_types = (TracePanel,)
    bottom = ("trace",)


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> WorkspaceTabs:
    bar = WorkspaceTabs((First(session), Second(session)))
    qtbot.addWidget(bar)
    bar.resize(800, 600)
    bar.show()
    return bar


def test_a_workspace_is_built_when_it_is_entered_and_once(bar: WorkspaceTabs, qtbot: QtBot) -> None:
    first, second = bar.workspaces
    assert isinstance(first, First) and isinstance(second, Second)
    assert (first.made, second.made) == (1, 0)
    middle = bar.tabs.tabRect(1).center()
    qtbot.mouseClick(bar.tabs, Qt.MouseButton.LeftButton, pos=middle)
    assert bar.current is second and second.isVisible() and not first.isVisible()
    bar.enter("first")
    bar.enter("second")
    assert (first.made, second.made) == (1, 1)
    assert bar.tabs.currentIndex() == 1


def test_a_single_workspace_has_no_tabs(session: Session, qtbot: QtBot) -> None:
    bar = WorkspaceTabs((First(session),))
    qtbot.addWidget(bar)
    bar.show()
    assert not bar.tabs.isVisible()


def test_the_layout_of_a_workspace_is_remembered_and_reset(
    bar: WorkspaceTabs, session: Session
) -> None:
    second = bar.workspaces[1]
    bar.enter("second")
    second.docks["trace"].hide()
    second.save_layout(session.settings)
    again = Second(session)
    again.ensure_built()
    assert again.docks["trace"].isHidden()
    again.reset_layout()
    assert not again.docks["trace"].isHidden()


def test_a_key_of_one_workspace_does_nothing_in_another(qapp: QApplication) -> None:
    window = QMainWindow()
    here = MenuEntry("Unit", "Next", run=lambda: None, key="Right", workspace="first")
    everywhere = MenuEntry("Help", "Keys", run=lambda: None, key="K")
    actions = Actions(window, (here, everywhere))
    none = Qt.KeyboardModifier.NoModifier
    right = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Right, none)
    k = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_K, none)
    assert actions.entry_of(right, "first") is here
    assert actions.entry_of(right, "second") is None
    assert actions.entry_of(k, "second") is everywhere
    assert actions.keys("second") == [("K", "Keys")]
