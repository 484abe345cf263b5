"""The command palette finds commands, units, concepts, models, texts, and does what is chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from rnnviz.views.dialogs.number_dialog import NumberDialog
from rnnviz.views.window.actions.palette import Choice, Palette, narrowed
from tests.views.window.test_window import CONTROL, home, make_window, window

__all__ = ["home", "make_window", "window"]


@pytest.fixture
def palette(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_K, CONTROL)
    return window.findChild(Palette)


def open_again(window, qtbot, key, modifiers=CONTROL):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, key, modifiers)
    return next(one for one in window.findChildren(Palette) if one.isVisible())


def shown(palette):
    return [palette.list.item(row).text() for row in range(palette.list.count())]


def test_typing_narrows_and_enter_does_it(palette, window, qtbot):
    assert palette.isVisible() and len(shown(palette)) > 20
    qtbot.keyClicks(palette.field, "gradients view")
    assert "Gradients (View)" in shown(palette)[0]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.workspace_tabs.current.name == "gradients"


def test_a_unit_is_found_by_its_name_and_by_its_number(palette, window, qtbot):
    qtbot.keyClicks(palette.field, "2:5")
    assert shown(palette)[0].startswith("Unit: 2:5")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.session.selection.group_and_unit == ("2", 5)
    shift = Qt.KeyboardModifier.ShiftModifier
    again = open_again(window, qtbot, Qt.Key.Key_P, CONTROL | shift)
    qtbot.keyClicks(again.field, "3")
    assert shown(again)[0].startswith("Unit: 2:3")
    again.field.setText("2:99")
    assert not any(line.startswith("Unit") for line in shown(again))


def test_concepts_models_and_texts_are_found_with_the_arrows(palette, window, qtbot):
    qtbot.keyClicks(palette.field, "parenth")
    lines = shown(palette)
    wanted = next(row for row, line in enumerate(lines) if line.startswith("Concept"))
    for _ in range(wanted):
        qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.session.selection.concept in ("inside-parentheses", "parenthesis-depth")
    again = open_again(window, qtbot, Qt.Key.Key_K)
    again.field.setText("tiny")
    assert "Model: tiny" in shown(again)
    again.field.setText("hello")
    assert "Text: Hello" in shown(again)
    again.field.setText("nothing of the kind")
    assert shown(again) == []
    qtbot.keyClick(again.field, Qt.Key.Key_Return)
    assert again.isVisible()


def test_panels_of_every_room_are_found_and_come_to_the_front(palette, window, qtbot):
    qtbot.keyClicks(palette.field, "check")
    qtbot.waitUntil(lambda: "Panel: Checkpoints (Training)" in shown(palette))
    row = shown(palette).index("Panel: Checkpoints (Training)")
    for _ in range(row):
        qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    room = window.workspace_tabs.current
    assert room.name == "training"
    panel = next(panel for panel in room.panels if panel.name == "checkpoints")
    qtbot.waitUntil(lambda: panel.seen)
    again = open_again(window, qtbot, Qt.Key.Key_K)
    panels = {(room.title, panel.title) for room in window.workspaces for panel in room.panels}
    assert len({title for title, _ in panels}) == 2, "of rooms that were entered"
    wanted = {"Panel: Verdict (Cells)", "Panel: Beam (Alignments)", "Panel: Matrix (Gradients)"}
    again.field.setText("panel")
    qtbot.waitUntil(lambda: wanted <= set(shown(again)))


def test_what_is_called_nothing_is_said(palette, window, qtbot):
    assert palette.nothing.isHidden()
    qtbot.keyClicks(palette.field, "xyzzy ")
    assert palette.nothing.isVisible() and not palette.list.isVisible()
    assert palette.nothing.text() == "Nothing here is called “xyzzy”."
    palette.field.clear()
    assert palette.list.isVisible() and not palette.nothing.isVisible()


def test_what_begins_with_the_words_comes_first():
    found = tuple(Choice("Menu", words, "", list) for words in ("Undo", "Make do", "Do", "Open"))
    assert [one.words for one in narrowed(found, "do")] == ["Do", "Make do", "Undo"]


def test_ctrl_g_goes_to_a_line(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_G, CONTROL)
    dialog = window.findChild(NumberDialog)
    assert "Line, 1 to" in dialog.findChildren(type(dialog.problem))[0].text()
    dialog.field.set_value(7)
    qtbot.mouseClick(dialog.agree, Qt.MouseButton.LeftButton)
    text = window.session.recordings.text
    assert text.line_of(window.session.selection.cursor) + 1 == 7
    QApplication.processEvents()
