"""Single keys mean the same on every keyboard."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow

from rnnviz.views.shared.menu_entry import MenuEntry
from rnnviz.views.window.actions.actions import Actions
from rnnviz.views.window.actions.key_meanings import latin_key, meanings

NO, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def press(key, text, held=NO, scan=0, virtual=0):
    return QKeyEvent(QEvent.Type.KeyPress, key, held, scan, virtual, 0, text)


def combined(keys):
    return QKeySequence(keys)[0].toCombined()  # type: ignore[index]


@pytest.mark.parametrize(
    ("key", "text", "held", "scan", "means"),
    [
        (0x42B, "ы", NO, 39, "S"),  # Russian
        (0x415, "Е", SHIFT, 28, "Shift+T"),
        (0x3A3, "σ", NO, 39, "S"),  # Greek
        (0x5D3, "ד", NO, 39, "S"),  # Hebrew
        (0x633, "س", NO, 39, "S"),  # Arabic
        (0xE2B, "ห", NO, 39, "S"),  # Thai
        (0x44F, "я", NO, 39, "S"),  # Bulgarian: its own order, so the key's place decides
        (Qt.Key.Key_Slash, "/", SHIFT, 0, "/"),  # German, Shift+7
        (Qt.Key.Key_Plus, "+", SHIFT, 0, "+"),  # English
        (Qt.Key.Key_0, "0", SHIFT, 0, "0"),  # French
        (Qt.Key.Key_Period, ".", SHIFT, 0, "."),  # French
        (Qt.Key.Key_Slash, "/", CONTROL | ALT, 0, "/"),  # AltGr on Windows
    ],
)
def test_a_key_means_what_it_means_on_a_latin_keyboard(key, text, held, scan, means):
    found = list(meanings(press(Qt.Key(key), text, held, scan), "linux"))
    assert combined(means) in found


@pytest.mark.parametrize(
    ("letter", "latin"), [("ы", "s"), ("с", "c"), ("я", "z"), ("σ", "s"), ("ה", "v"), ("ى", "n")]
)
def test_without_a_scan_code_the_letter_tells_its_place(letter, latin):
    assert latin_key(press(Qt.Key(ord(letter.upper())), letter), "linux") == latin


def test_windows_and_macos_say_where_a_key_lies_in_their_own_ways():
    russian = Qt.Key(0x42B)
    assert latin_key(press(russian, "ы", virtual=ord("S"), scan=0x1F), "win32") == "s"
    assert latin_key(press(russian, "ы", scan=0x1F), "win32") == "s"
    assert latin_key(press(russian, "ы", virtual=1, scan=1), "darwin") == "s"


def test_a_latin_letter_is_itself_and_a_command_is_no_sign():
    # On a French keyboard Z lies where W does elsewhere.
    assert list(meanings(press(Qt.Key.Key_Z, "z", scan=25), "linux")) == [combined("Z")]
    assert list(meanings(press(Qt.Key.Key_0, "0", CONTROL), "linux")) == [combined("Ctrl+0")]


@pytest.mark.parametrize(
    ("key", "text", "scan", "platform", "virtual", "digit"),
    [
        (Qt.Key.Key_Ampersand, "&", 10, "linux", 0x26, "1"),  # French
        (Qt.Key.Key_Eacute, "\u00e9", 11, "linux", 0xE9, "2"),
        (Qt.Key.Key_ParenLeft, "(", 14, "linux", 0x28, "5"),
        (Qt.Key.Key_Agrave, "\u00e0", 19, "linux", 0xE0, "0"),
        (Qt.Key(0x160), "\u0161", 12, "linux", 0x1B9, "3"),  # Czech
        (Qt.Key.Key_Eacute, "", 0x03, "win32", ord("2"), "2"),
        (Qt.Key.Key_QuoteDbl, '"', 20, "darwin", 20, "3"),
    ],
)
def test_control_with_a_digit_is_found_where_the_key_lies(
    key, text, scan, platform, virtual, digit
):
    found = list(meanings(press(key, text, CONTROL, scan, virtual), platform))
    assert found == [
        combined(f"Ctrl+{text or chr(key)}"),
        combined(f"Ctrl+{digit}"),
    ]
    for held in (NO, SHIFT, CONTROL | ALT):
        assert combined(f"Ctrl+{digit}") not in meanings(
            press(key, text, held, scan, virtual), platform
        )


def test_a_french_keyboard_changes_the_workspace_without_shift(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    entries = (
        MenuEntry("View", "Second", "Ctrl+2", lambda: None),
        MenuEntry("View", "Usual size", "Ctrl+0", lambda: None),
    )
    actions = Actions(window, entries)
    assert actions.entry_of(press(Qt.Key.Key_Eacute, "\u00e9", CONTROL, 11)) is entries[0]
    assert actions.entry_of(press(Qt.Key.Key_Agrave, "\u00e0", CONTROL, 19)) is entries[1]
    assert actions.entry_of(press(Qt.Key.Key_Eacute, "\u00e9", NO, 11)) is None
