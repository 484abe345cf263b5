"""Choices and words over a plot: the words are read whole, however narrow the panel is."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.training.panels.page import QuietWords, page_of


def test_words_that_do_not_fit_beside_the_choices_go_on_below(
    qtbot: QtBot, appearance: Appearance
) -> None:
    choices = Segments("What", {"gradient": "Gradient", "weights": "Weights", "ratio": "Update"})
    words = QuietWords()
    page = page_of([choices], words, [(QWidget(), 1)])
    qtbot.addWidget(page)
    page.resize(900, 300)
    page.show()
    words.setText("This run does not record its parameters, nor how large their gradients are.")
    qtbot.waitUntil(lambda: words.x() > choices.x() + choices.width())
    assert words.y() < choices.y() + choices.height()
    page.resize(360, 300)
    qtbot.waitUntil(lambda: words.y() > choices.y() + choices.height())
    assert words.height() >= words.heightForWidth(words.width()) > words.fontMetrics().height()
