"""Which single key a key press means, whatever the keyboard's layout.

Signs are what was typed, whichever keys it took: a slash is Shift+7 in Germany. Letters are what
their key says; where it says none of the Latin alphabet, as on Russian, Greek or Hebrew layouts, it
is the one that lies there on a Latin keyboard, which is also how the systems find Ctrl+S there.
Ctrl with a digit is Ctrl with the key where it lies: a French one types digits with Shift only.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from itertools import chain

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent

_ROWS = ("qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_FIRST_CODES = {"linux": (24, 38, 52), "win32": (0x10, 0x1E, 0x2C)}
"""Scan codes of the first key of each row: xkb's, and set 1, which count on along the row."""
_DIGITS = "1234567890"
_FIRST_DIGITS = {"linux": 10, "win32": 0x02}
_MAC_CODES = "asdfhgzxcv\0bqweryt123465=97-80]ou[ip\0lj'k;\\,/nm."
"""The key of each of Apple's codes, from 0 on."""
_LAYOUTS = (
    "йцукенгшщзхъ фывапролджэ ячсмитьбю.",
    "йцукенгшщзхї фівапролджє ячсмитьбю.",
    "йцукенгшўзх' фывапролджэ ячсмітьбю.",
    "љњертзуиопшђ асдфгхјклчћ ѕџцвбнм,.-",
    ";ςερτυθιοπ[] ασδφγηξκλ;' ζχψωβνμ,./",
    "/'קראטוןםפ][ שדגכעיחלךף, זסבהנמצתץ.",
    "ضصثقفغعهخحجد شسيبلاتنمكط ئءؤر·ىةوزظ",
    "ضصثقفغعهخحجچ شسیبلاتنمکگ ظطزرذدپو./",
    "ๆไำพะัีรนยบล ฟหกดเ้่าสวง ผปแอิืทมใฝ",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ[] ㅁㄴㅇㄹㅎㅗㅓㅏㅣ;' ㅋㅌㅊㅍㅠㅜㅡ,./",
)
"""What lies on the keys of `_ROWS` on common layouts, for where no scan code comes."""
_BY_LETTER = {
    ord(unicodedata.normalize("NFC", letter)): latin
    for layout in reversed(_LAYOUTS)  # The first that has a letter decides.
    for row, keys in zip(_ROWS, layout.split(" "), strict=True)
    for latin, letter in zip(row, keys, strict=False)
    if ord(letter) > 0x2FF
}
_NONE = Qt.KeyboardModifier.NoModifier
_ALTGR = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_COMMANDS = _ALTGR | Qt.KeyboardModifier.MetaModifier


def meanings(event: QKeyEvent, platform: str = sys.platform) -> Iterator[int]:
    """The combinations of keys that a press may stand for, the likeliest first."""
    held = event.modifiers() & ~(
        Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier
    )
    yield QKeyCombination(held, Qt.Key(event.key())).toCombined()
    text = event.text()
    sign = len(text) == 1 and text.isprintable() and not text.isalpha() and not text.isspace()
    if sign and held & _COMMANDS in (_NONE, _ALTGR):
        yield ord(text)
    latin = latin_key(event, platform) if _foreign(event.key()) else ""
    if latin.isalpha():
        yield QKeyCombination(held, Qt.Key(ord(latin.upper()))).toCombined()
    if held == Qt.KeyboardModifier.ControlModifier:
        digit = _digit_key(event, platform)
        if digit:
            yield QKeyCombination(held, Qt.Key(ord(digit))).toCombined()


def latin_key(event: QKeyEvent, platform: str = sys.platform) -> str:
    """What lies on this key on a Latin keyboard; empty where that cannot be told."""
    scan, virtual = event.nativeScanCode(), event.nativeVirtualKey()
    if platform == "darwin" and (scan or virtual):
        return _MAC_CODES[virtual : virtual + 1]
    if platform == "win32" and ord("A") <= virtual <= ord("Z"):
        return chr(virtual).lower()
    firsts = _FIRST_CODES.get(platform, _FIRST_CODES["linux"])
    for row, first in zip(_ROWS, firsts, strict=True):
        if first <= scan < first + len(row):
            return row[scan - first]
    lower = chain(chr(event.key()).lower(), event.text().lower())
    return next((_BY_LETTER[ord(each)] for each in lower if ord(each) in _BY_LETTER), "")


def _digit_key(event: QKeyEvent, platform: str) -> str:
    """The digit of a key of the upper row, whatever it types; empty for every other key."""
    scan, virtual = event.nativeScanCode(), event.nativeVirtualKey()
    if platform == "darwin":
        there = _MAC_CODES[virtual : virtual + 1] if scan or virtual else ""
        return there if there.isdigit() else ""
    place = scan - _FIRST_DIGITS.get(platform, _FIRST_DIGITS["linux"])
    return _DIGITS[place] if 0 <= place < len(_DIGITS) else ""


def _foreign(key: int) -> bool:
    """Whether a key is a letter or a sign of another script than the Latin one."""
    if not 0x2FF < key < 0x110000:
        return False
    return not unicodedata.name(chr(key), "").startswith("LATIN")
