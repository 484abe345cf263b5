"""Which scripts of a text no font on this computer can show, and what to do about it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QFont, QFontMetricsF

_FIRST_ODD = 0x250
"""Every font here has what comes before."""
_SYMBOLS, _MARKS = "emoji and symbols", "marks and small letters"
_MATHEMATICAL, _WIDE = "mathematical letters", "full-width and half-width letters"
_SCRIPTS = {
    "CJK": "Chinese characters",
    "HIRAGANA": "Japanese kana",
    "KATAKANA": "Japanese kana",
    "HANGUL": "Korean",
    "KANGXI": "Chinese characters",
    "BOPOMOFO": "Bopomofo",
    "IDEOGRAPHIC": "Chinese characters",
    "FULLWIDTH": _WIDE,
    "HALFWIDTH": _WIDE,
    "VARIATION": _SYMBOLS,
    "COMBINING": _MARKS,
    "MODIFIER": _MARKS,
    "SUPERSCRIPT": _MARKS,
    "SUBSCRIPT": _MARKS,
    "MATHEMATICAL": _MATHEMATICAL,
    "DOUBLE-STRUCK": _MATHEMATICAL,
    "BLACK-LETTER": _MATHEMATICAL,
    "SCRIPT": _MATHEMATICAL,
}
"""Where the first word of a character's name is not the script, or not what people call it."""
_FONTS = {
    "Chinese characters": "Noto Sans CJK",
    "Japanese kana": "Noto Sans CJK",
    "Korean": "Noto Sans CJK",
    "Bopomofo": "Noto Sans CJK",
    "Canadian": "Noto Sans Canadian Aboriginal",
    "Egyptian": "Noto Sans Egyptian Hieroglyphs",
    "Tangut": "Noto Serif Tangut",
    "Tibetan": "Noto Serif Tibetan",
    "Latin": "Noto Sans",
    "Greek": "Noto Sans",
    "Cyrillic": "Noto Sans",
    _MARKS: "Noto Sans",
    _MATHEMATICAL: "Noto Sans Math",
    _SYMBOLS: "Noto Emoji",
    _WIDE: "Noto Sans CJK",
}
_FIRST_OF_TWO = frozenset({"LINEAR", "MEETEI", "NEW", "NYIAKENG", "OL", "OLD", "TAI"})
"""Scripts whose names are of two words begin so."""


def is_missing(font: QFont, character: str) -> bool:
    """Whether neither this font nor any that stands in for it has the character."""
    code = ord(character)
    return code >= _FIRST_ODD and _is_missing(font.toString(), code)


@lru_cache(maxsize=1 << 16)
def _is_missing(font: str, code: int) -> bool:
    made = QFont()
    made.fromString(font)
    return not QFontMetricsF(made).inFontUcs4(code)


def scripts_without_font(codes: npt.NDArray[np.unsignedinteger], font: QFont) -> tuple[str, ...]:
    """The names of the scripts that these characters are of and no font shows, in their order."""
    odd = codes[(codes >= _FIRST_ODD) & (codes <= 0x10FFFF)]
    found = dict.fromkeys(
        _script(chr(code))
        # Not np.unique, which imports all of numpy.ma when it is called first.
        for code in sorted(set(odd.tolist()))
        if unicodedata.category(chr(code))[0] in "LMNSP" and is_missing(font, chr(code))
    )
    return tuple(sorted(found))


def shown_marks(words: str, font: QFont) -> str:
    """A sentence that gives marks as examples, without those for which there would be a box."""
    missing = {mark for mark in set(words) if is_missing(font, mark)}
    for mark in missing:
        words = words.replace(f" {mark}", "").replace(mark, "")
    return words


def missing_note(scripts: tuple[str, ...]) -> str:
    """A sentence about scripts that no font shows; empty if there are none.

    >>> missing_note(("Thai",))
    'No font on this computer shows Thai: the codes of its characters stand in their cells. \
Noto Sans Thai shows it.'
    """
    if not scripts:
        return ""
    them, their = ("it", "its") if len(scripts) == 1 else ("them", "their")
    fonts = dict.fromkeys(_FONTS.get(script, f"Noto Sans {script}") for script in scripts)
    show = "shows" if len(fonts) == 1 else "show"
    return (
        f"No font on this computer shows {_listed(scripts)}: the codes of {their} characters stand "
        f"in their cells. {_listed(tuple(fonts))} {show} {them}."
    )


def _script(character: str) -> str:
    words = unicodedata.name(character, "").split()
    if not words or unicodedata.category(character)[0] in "SP" or len(words) < 2:
        return _SYMBOLS
    if unicodedata.category(character) == "Me":
        return _SYMBOLS
    several = 2 if words[0] in _FIRST_OF_TWO else 1
    return _SCRIPTS.get(words[0], " ".join(words[:several]).title())


def _listed(words: tuple[str, ...]) -> str:
    return " and ".join([", ".join(words[:-1])] * (len(words) > 1) + [words[-1]])
