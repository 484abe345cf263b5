"""The window goes while something is still typed in a field: nothing is started any more."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.alignments.panels.what_if import WhatIfPanel
from tests.late_runner import LateRunner
from tests.requests_by_name import by_request
from tests.session.alignments import translating
from tests.views.cells.panels_world import session_of


def test_a_temperature_that_was_typed_and_not_entered_starts_no_search(
    tmp_path: Path, qtbot: QtBot
) -> None:
    runner = LateRunner(by_request(**translating.TASKS))
    session: Session = session_of(runner, tmp_path)
    session.alignments.take_model(translating.opened())
    runner.finish()
    window, panel = QWidget(), WhatIfPanel(session)
    panel.setParent(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: hasattr(panel, "temperature"))
    panel.temperature.setFocus()
    QTest.keyClick(panel.temperature, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(panel.temperature, "0.5")
    before = list(runner.ran)
    assert before == ["translate"]
    session.close()  # as the window does, before its fields lose the focus
    QApplication.sendEvent(panel.temperature, QFocusEvent(QEvent.Type.FocusOut))
    window.hide()
    assert session.alignments.question.temperature == 0.5, "it was taken"
    assert runner.ran == before, "and nothing was asked"
    assert not session.alignments.scratch.folder.exists()
