"""The line that a sentence is typed in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.views.alignments.sentence_bar import SentenceLine


def test_the_click_that_enters_selects_what_stands_there(qtbot: QtBot) -> None:
    window = QWidget()
    other, line = QLineEdit(window), SentenceLine(window)
    column = QVBoxLayout(window)
    column.addWidget(other)
    column.addWidget(line)
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    line.setText("Ich bin hier.")
    other.setFocus()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(line, "Wo?")
    assert line.text() == "Wo?"
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)  # a second click places the cursor
    assert not line.hasSelectedText()
