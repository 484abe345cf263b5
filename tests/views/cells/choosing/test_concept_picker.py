"""One list of concepts, chosen by click or by typing, with or without "none" and "new"."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter
from pytestqt.qtbot import QtBot

from rnnviz.core.concepts import CONCEPTS
from rnnviz.views.cells.choosing.concept_picker import ConceptPicker


@pytest.fixture
def picker(qtbot: QtBot) -> ConceptPicker:
    picker = ConceptPicker(optional=True)
    qtbot.addWidget(picker)
    picker.set_concepts(CONCEPTS)
    picker.show()
    return picker


def _activate(picker: ConceptPicker, title: str) -> None:
    row = picker.findText(title, Qt.MatchFlag.MatchExactly)
    picker.setCurrentIndex(row)
    picker.activated.emit(row)


def test_none_comes_first_and_new_last(picker: ConceptPicker) -> None:
    assert picker.currentText() == "No concept"
    assert picker.itemText(picker.count() - 1) == "New concept…"
    assert ConceptPicker().count() == 0


def test_choosing_and_letting_go(picker: ConceptPicker, qtbot: QtBot) -> None:
    with qtbot.waitSignal(picker.chosen) as chosen:
        _activate(picker, "Inside double quotes")
    assert chosen.args == ["inside-quotes"]
    with qtbot.waitSignal(picker.cleared):
        _activate(picker, "No concept")


def test_a_new_one_leaves_the_choice_as_it_was(picker: ConceptPicker, qtbot: QtBot) -> None:
    picker.set_current("brace-depth")
    with qtbot.waitSignal(picker.new_requested):
        _activate(picker, "New concept…")
    assert picker.currentData() == "brace-depth"


def test_what_completes_names_is_there_once(picker: ConceptPicker) -> None:
    for count in (1, 2, 3):
        picker.set_concepts(CONCEPTS[:count])
    picker.set_concepts(CONCEPTS)
    (completer,) = picker.findChildren(QCompleter)
    assert picker.completer() is completer and completer.model().rowCount() == len(CONCEPTS)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_a_click_opens_the_list_and_typing_filters_it(picker: ConceptPicker, qtbot: QtBot) -> None:
    field, completer = picker.lineEdit(), picker.completer()
    assert field is not None and completer is not None
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    assert picker.view().isVisible()
    qtbot.keyClick(picker.view(), "q")
    qtbot.keyClicks(field, "uo")
    assert not picker.view().isVisible() and field.text() == "quo"
    found = completer.completionModel()
    titles = [found.data(found.index(row, 0)) for row in range(found.rowCount())]
    assert titles and all("quo" in title.lower() for title in titles)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_a_name_that_was_typed_is_chosen(picker: ConceptPicker, qtbot: QtBot) -> None:
    field = picker.lineEdit()
    assert field is not None
    picker.showPopup()
    qtbot.keyClick(picker.view(), "s")
    qtbot.keyClicks(field, "tart of a sen")
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert chosen.args == ["sentence-start"]


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_a_list_that_is_drawn_anew_leaves_what_is_selected_and_typed(
    picker: ConceptPicker, qtbot: QtBot
) -> None:
    picker.set_current("inside-quotes")
    field = picker.lineEdit()
    assert field is not None
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    picker.set_current("inside-quotes")  # a panel beside it was drawn
    qtbot.keyClicks(field, "start of")
    picker.set_concepts(CONCEPTS[:-1])
    picker.set_current("brace-depth")
    qtbot.keyClicks(field, " a sen")
    assert field.text() == "start of a sen"
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert chosen.args == ["sentence-start"]
    assert field.text() == picker.itemText(picker.findData("sentence-start"))
