"""Typing into the text: what a person types is what it says, and every edit can be undone."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication

from rnnviz.core.sequences.text import Text
from rnnviz.views.text.text_editing import LIMIT
from rnnviz.views.text.text_view import TextView

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot):
    view = TextView()
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.set_text(Text.of("one\ntwo"))
    view.set_editable(True)
    view.show()
    return view


def test_typing_goes_on_at_the_end_and_says_the_whole_text(view, qtbot):
    told: list[object] = []
    view.text_edited.connect(told.append)
    qtbot.keyClicks(view, "!x")
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert told == ["one\ntwo!", "one\ntwo!x", "one\ntwo!x\n"]
    assert str(view.text) == told[-1]
    assert not view.caret_rect(view.editing.caret).isNull()


def test_the_caret_goes_where_it_is_clicked(view, qtbot):
    rect = view.cell_rect(1)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft())
    qtbot.keyClicks(view, "X")
    assert str(view.text) == "oXne\ntwo"
    rect = view.cell_rect(2)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.topRight())
    qtbot.keyClick(view, Qt.Key.Key_Backspace)
    assert str(view.text) == "oXe\ntwo"
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert str(view.text) == "oX\ntwo"


def test_arrows_move_the_caret_while_editing(view, qtbot):
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
    assert view.editing.caret == 1
    qtbot.keyClick(view, Qt.Key.Key_End, SHIFT)
    assert view.range == (1, 3)
    qtbot.keyClicks(view, "k")
    assert str(view.text) == "ok\ntwo"


def test_a_word_typed_is_undone_at_once_and_can_be_redone(view, qtbot):
    qtbot.keyClicks(view, " three")
    qtbot.keyClick(view, Qt.Key.Key_Backspace)
    qtbot.keyClick(view, Qt.Key.Key_Z, CONTROL)
    assert str(view.text) == "one\ntwo three"
    qtbot.keyClick(view, Qt.Key.Key_Z, CONTROL)
    assert str(view.text) == "one\ntwo"
    qtbot.keyClick(view, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert str(view.text) == "one\ntwo three"


def test_cut_and_paste_replace_the_selection(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(view, Qt.Key.Key_X, CONTROL)
    assert str(view.text) == "" and QGuiApplication.clipboard().text() == "one\ntwo"
    QGuiApplication.clipboard().setText("a\r\nb\tc")
    qtbot.keyClick(view, Qt.Key.Key_V, CONTROL)
    assert str(view.text) == "a\nb\tc"


def test_a_paste_that_is_too_long_is_refused_with_the_reason(view, qtbot):
    QGuiApplication.clipboard().setText("x" * LIMIT)
    with qtbot.waitSignal(view.edit_refused) as caught:
        qtbot.keyClick(view, Qt.Key.Key_V, CONTROL)
    assert "20,000" in caught.args[0] and str(view.text) == "one\ntwo"


def test_values_before_an_edit_still_hold_and_those_behind_do_not(view, qtbot):
    view.set_values(np.ones(7, np.float16), 7)
    view.editing.move(3)
    qtbot.keyClicks(view, "s")
    assert view.walked == 3 and str(view.text) == "ones\ntwo"


def test_plain_keys_do_not_become_shortcuts_of_the_window_while_typing(view):
    def overridden(key, text):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier, text)
        event.ignore()
        QApplication.sendEvent(view, event)
        return event.isAccepted()

    assert overridden(Qt.Key.Key_Slash, "/") and overridden(Qt.Key.Key_Left, "")
    assert not overridden(Qt.Key.Key_F1, "")
    view.set_editable(False)
    assert not overridden(Qt.Key.Key_Slash, "/")


def test_a_view_that_is_not_editable_is_not_typed_into(view, qtbot):
    view.set_editable(False)
    qtbot.keyClicks(view, "xyz")
    assert str(view.text) == "one\ntwo"
