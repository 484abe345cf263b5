"""Typing into the text: what a person types is what it says, and every edit can be undone."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from rnnviz.core.sequences.text import Text
from rnnviz.views.text.editing.text_editing import LIMIT, is_typed
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


TYPED = [
    ("Space", ["Shift"], "\u200c"),
    ("nobreakspace", [], "\u00a0"),
    ("Space", [], "\u3000"),
    ("unknown", [], "\u200d"),
    ("At", ["Control", "Alt"], "@"),
    ("BraceLeft", ["Control", "Alt"], "{"),
    ("At", ["Alt"], "@"),
    ("E", ["GroupSwitch"], "\u20ac"),
    ("unknown", [], "\U0001f44d\U0001f3fd"),
    ("Control", ["Control", "Shift"], "\u200f"),
    ("Tab", [], "\t"),
    ("nobreakspace", [], "\u202f"),
]


@pytest.mark.parametrize(("key", "held", "text"), TYPED)
def test_whatever_a_keyboard_sends_is_typed(view, key, held, text):
    modifiers = Qt.KeyboardModifier.NoModifier
    for one in held:
        modifiers |= getattr(Qt.KeyboardModifier, f"{one}Modifier")
    event = QKeyEvent(QEvent.Type.ShortcutOverride, getattr(Qt.Key, f"Key_{key}"), modifiers, text)
    event.ignore()
    QApplication.sendEvent(view, event)
    assert event.isAccepted()
    event = QKeyEvent(QEvent.Type.KeyPress, getattr(Qt.Key, f"Key_{key}"), modifiers, text)
    QApplication.sendEvent(view, event)
    assert str(view.text) == "one\ntwo" + text


@pytest.mark.parametrize(
    ("key", "held", "text"),
    [
        (Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier, "f"),
        (Qt.Key.Key_G, CONTROL, "\x07"),
        (Qt.Key.Key_1, CONTROL, "1"),
        (Qt.Key.Key_Backtab, SHIFT, "\t"),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, "\x1b"),
    ],
)
def test_commands_are_not_typed(key, held, text):
    event = QKeyEvent(QEvent.Type.KeyPress, key, held, text)
    assert not is_typed(event, "linux")


def test_option_types_every_letter_on_macos():
    alt = Qt.KeyboardModifier.AltModifier
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_L, alt, "l")
    assert is_typed(event, "darwin")
    command = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_L, alt | CONTROL, "l")
    assert not is_typed(command, "darwin")


def test_shift_tab_and_escape_lead_out_of_the_typing(view, qtbot):
    other, room = QLineEdit(), QWidget()
    qtbot.addWidget(room)
    column = QVBoxLayout(room)
    column.addWidget(other)
    column.addWidget(view)
    with qtbot.waitActive(room):
        room.show()
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert view.hasFocus()
    assert str(view.text) == "one\ntwo\t"
    qtbot.keyClick(view, Qt.Key.Key_Backtab, SHIFT)
    assert other.hasFocus()
    view.setParent(None)


def compose(view, preedit, commit="", replace=(0, 0), cursor=None):
    attributes = []
    if cursor is not None:
        kind = QInputMethodEvent.AttributeType.Cursor
        attributes.append(QInputMethodEvent.Attribute(kind, cursor, 1, None))
    event = QInputMethodEvent(preedit, attributes)
    event.setCommitString(commit, *replace)
    QApplication.sendEvent(view, event)


def test_a_composition_is_seen_at_the_caret_and_then_typed(view, qtbot):
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Left)
    before = view.viewport().grab().toImage()
    compose(view, "nihao")
    during = view.viewport().grab().toImage()
    changed = [
        x
        for x in range(before.width())
        for y in range(before.height())
        if before.pixel(x, y) != during.pixel(x, y)
    ]
    caret = view.caret_rect(view.editing.caret)
    assert min(changed) >= caret.x() - 4
    assert max(changed) > caret.x() + 4 * view.grid.cell
    assert str(view.text) == "one\ntwo"
    compose(view, "", "\u4f60\u597d")
    assert str(view.text) == "one\nt\u4f60\u597dwo"
    compose(view, "x")
    compose(view, "")
    assert str(view.text) == "one\nt\u4f60\u597dwo"


def test_a_composition_takes_the_place_of_the_selection_and_of_what_it_replaces(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_Home, SHIFT)
    compose(view, "ni")
    assert str(view.text) == "one\n"
    compose(view, "", "\U0001f600e")
    compose(view, "", "\u00e9", (-1, 1))  # a key held on macOS gives its accents
    assert str(view.text) == "one\n\U0001f600\u00e9"
    compose(view, "", "", (-3, 2))  # in units of UTF-16, of which the face has two
    assert str(view.text) == "one\n\u00e9"


def test_an_input_method_is_told_where_the_caret_is_and_what_is_around_it(view, qtbot):
    compose(view, "", "\U0001f600")
    asked = Qt.InputMethodQuery
    place = view.inputMethodQuery(asked.ImCursorRectangle)
    caret = view.caret_rect(view.editing.caret).translated(view.viewport().pos())
    assert place == caret
    assert place.height() < 60
    assert view.inputMethodQuery(asked.ImSurroundingText) == "two\U0001f600"
    assert view.inputMethodQuery(asked.ImCursorPosition) == 5
    qtbot.keyClick(view, Qt.Key.Key_Home, SHIFT)
    assert view.inputMethodQuery(asked.ImCurrentSelection) == "two\U0001f600"
    assert view.inputMethodQuery(asked.ImAnchorPosition) == 5
    assert view.inputMethodQuery(asked.ImCursorPosition) == 0


def test_a_long_composition_stays_in_the_window(view):
    view.resize(220, 200)
    plain = view.viewport().grab().toImage()
    compose(view, "w" * 60, cursor=60)
    shown = view.viewport().grab().toImage()
    left = view.grid.left
    assert any(
        plain.pixel(x, y) != shown.pixel(x, y)
        for x in range(view.viewport().width() - 12, view.viewport().width())
        for y in range(shown.height())
    )
    assert all(
        plain.pixel(x, y) == shown.pixel(x, y)
        for x in range(left - 4)
        for y in range(shown.height())
    )
