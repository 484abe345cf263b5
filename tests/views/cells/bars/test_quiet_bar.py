"""A line above the text is read whole, however narrow the window is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.views.cells.bars.quiet_bar import QuietBar
from rnnviz.views.shared.theme import Appearance


def test_words_go_on_in_a_second_line_and_no_number_is_cut(
    qtbot: QtBot, appearance: Appearance
) -> None:
    page, bar = QWidget(), QuietBar("What is followed")
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    column.addWidget(bar)
    column.addWidget(QWidget(), 1)
    bar.words.setTextFormat(Qt.TextFormat.RichText)
    bar.words.setText("Following <b>pride-and-prejudice</b> · step 300 · held out 2.92 nats · done")
    bar.button.setText("Stop following")
    page.resize(900, 400)
    page.show()
    one = bar.words.height()
    page.resize(420, 400)
    qtbot.waitUntil(lambda: bar.words.height() > one)
    assert bar.words.height() >= bar.words.heightForWidth(bar.words.width())
