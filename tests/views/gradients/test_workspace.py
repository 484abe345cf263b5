"""The Gradients workspace as a whole: its memory task, keys, menu and names."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QMessageBox,
    QTableWidget,
)

from rnnviz.core.errors import RunDirectoryError
from rnnviz.views.gradients.panels.memory import MemoryPanel
from rnnviz.views.gradients.workspace import GradientsWorkspace
from tests.session.gradients.test_memory import TINY, InlineTrainers
from tests.views.gradients.gradients_world import make_session, settle, shown


@pytest.fixture
def session(tmp_path, qapp):
    made = make_session(tmp_path)
    yield made
    made.close()


def test_the_memory_task_is_trained_and_judged(qtbot, tmp_path, qapp):
    session = make_session(tmp_path)
    session.runs._trainers = InlineTrainers()
    session.memory.set_experiment(TINY)
    panel = shown(qtbot, MemoryPanel(session))
    assert panel.table.rowCount() == 0
    assert "loss of 1/6" in panel.about.text()
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.table.rowCount() == 3)
    qtbot.waitUntil(lambda: panel.table.item(2, 2).text() == "6")
    settle(qtbot, panel)
    assert [panel.table.item(row, 1).text() for row in range(3)] == ["RNN", "GRU", "LSTM"]
    assert panel.table.item(0, 4).text() == "not learned"
    assert panel.button.text() == "Train all three"
    assert len(panel.losses.traces) == 3
    session.close()


def test_a_trainer_that_cannot_start_says_why(qtbot, tmp_path, qapp, monkeypatch):
    session = make_session(tmp_path)
    said = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: said.append(box.text()))

    def refuse(*_):
        raise RunDirectoryError("the disk is full")

    monkeypatch.setattr(session.runs, "start", refuse)
    panel = shown(qtbot, MemoryPanel(session))
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert said == ["the disk is full"]
    session.close()


def test_keys_and_menu_of_the_workspace(qtbot, session):
    room = GradientsWorkspace(session)
    qtbot.addWidget(room)
    entries = {entry.text: entry.run for entry in room.entries() if entry.text != "-"}
    entries["Next stretch of the text"]()
    assert session.gradients.window.start == 52
    entries["Previous stretch of the text"]()
    room.resize(1200, 800)
    room.show()
    qtbot.waitUntil(lambda: session.gradients.character is not None)
    character = session.gradients.character
    entries["Next prediction"]()
    assert session.gradients.character == character + 1
    entries["Previous prediction"]()
    session.selection.set_visible((77, 99))
    entries["The stretch on the screen in Cells"]()
    assert session.gradients.window.start == 77
    entries["RNN beside GRU beside LSTM"]()
    assert len(session.gradients.compared) == 3
    entries["The same network before training"]()
    assert len(session.gradients.compared) == 4
    entries["Only the open model"]()
    assert len(session.gradients.compared) == 1
    qtbot.waitUntil(lambda: not session.jobs.running)


def test_every_control_has_a_name_that_can_be_read_out(qtbot, session):
    room = GradientsWorkspace(session)
    qtbot.addWidget(room)
    room.resize(1200, 800)
    room.show()
    for name, dock in room.docks.items():
        dock.raise_()
        panel = next(panel for panel in room.panels if panel.name == name)
        qtbot.waitUntil(lambda panel=panel: panel.isVisible() and panel.idle)
    for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QTableWidget):
        for widget in room.findChildren(kind):
            named = widget.accessibleName() or getattr(widget, "text", str)()
            if not widget.objectName().startswith("qt_"):
                assert named, f"{kind.__name__} in {widget.parent()}"
