"""Words in the font of captions: about how wide they are, and the lines of them that fit."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_NARROW, _BROAD = frozenset("fijlrtI .,:;!'|()[]/\\-`·’"), frozenset("mwMWQO@%&—…→")
_SHARES = {"narrow": 0.38, "usual": 0.59, "capital": 0.7, "broad": 1.0}
"""How much of the font's size a letter takes, at the most: the fonts that people have differ."""
_BOLDER = 1.08


def width_of(text: str, size: float, bold: bool = False) -> float:
    """How wide a line is at the most, in the unit of the size.

    >>> width_of("ill", 10) < width_of("mum", 10)
    True
    """
    return sum(_share(letter) for letter in text) * size * (_BOLDER if bold else 1.0)


def lines_within(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines that are no wider; a word that is longer than a line is cut.

    Line ends of the text are kept; a text without words makes no line.

    >>> lines_within("a long title of a picture", 70, 10)
    ['a long title of', 'a picture']
    """
    return [
        line
        for paragraph in text.splitlines()
        for line in _filled(paragraph.split(), width, size, bold)
    ]


def fitted(
    text: str, room: float, largest: int, smallest: int = 9, bold: bool = False
) -> tuple[str, int]:
    """One line and the size at which it fits; what does not even at the smallest is cut short.

    >>> fitted("a long title of a picture", 60, 15)
    ('a long title…', 9)
    """
    long = width_of(text, 1.0, bold)
    size = max(smallest, min(largest, int(room / long) if long else largest))
    if long * size <= room:
        return text, size
    return _cut(text, room - width_of("…", size, bold), size, bold)[0].rstrip() + "…", size


def _filled(words: list[str], width: float, size: float, bold: bool) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _cut(word, width, size, bold)
        lines += whole
    return [*lines, line] if line else lines


def _cut(word: str, width: float, size: float, bold: bool) -> list[str]:
    """A word in parts that fit; a mark stays with its letter."""
    parts, part = [], ""
    for letter in word:
        joined = unicodedata.category(letter)[0] == "M"
        if part and not joined and width_of(part + letter, size, bold) > width:
            parts.append(part)
            part = ""
        part += letter
    return [*parts, part]


@lru_cache(maxsize=4096)
def _share(letter: str) -> float:
    if letter in _NARROW:
        return _SHARES["narrow"]
    if letter in _BROAD or unicodedata.east_asian_width(letter) in "WF":
        return _SHARES["broad"]
    if unicodedata.category(letter)[0] == "M":
        return 0.0
    return _SHARES["capital"] if letter.isupper() else _SHARES["usual"]
