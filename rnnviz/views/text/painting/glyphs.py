"""How one character is shown in a grid of cells: its symbol, its width, its name.

Every character gets a cell of its own, even one that has no width in running text: a recurrent
network reads it as one step, so it has a value to show.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from msgspec import Struct

from rnnviz.core.sequences.texts.columns import NEWLINE, TAB, width_of

DOTTED_CIRCLE = "\u25cc"
"""What carries a combining mark that stands in a cell of its own."""
_PLAIN_END = 0x7F
"""Printable ASCII lies before it; such characters need no looking up."""


class Glyph(Struct, frozen=True):
    """What is painted for a character."""

    shown: str
    """One character, `^M` for a control character, or a dotted circle and a combining mark."""
    width: int
    """Columns; a tab has 1 here and the rest from its place."""
    faint: bool
    """Whether it stands for something invisible."""
    alone: bool
    """Whether it is painted on its own, because a run of text would move or join it."""


@lru_cache(maxsize=1 << 16)
def glyph(code: int) -> Glyph:
    """The glyph of a code point; lone surrogates and unassigned ones are boxes."""
    character = chr(code)
    if code in (TAB, NEWLINE):
        return Glyph("→" if code == TAB else "↵", 1, True, False)
    if code < 0x20 or code == 0x7F:
        return Glyph("^" + chr(code ^ 0x40), 2, True, False)
    if code < _PLAIN_END:
        return Glyph(character, 1, False, False)
    width = width_of(code)
    category = unicodedata.category(character)
    if category[0] in "CZ":
        return Glyph("␣" if category == "Zs" else "▯", width, True, True)
    if category[0] == "M":
        return Glyph(DOTTED_CIRCLE + character, width, False, True)
    simple = code < 0x530 and unicodedata.bidirectional(character) not in ("R", "AL")
    return Glyph(character, width, False, not simple)


def character_name(code: int) -> str:
    """What a person calls it: `newline`, `space`, `U+4E2D`; letters stand for themselves."""
    known = {9: "tab", 10: "newline", 13: "carriage return", 32: "space", 0xA0: "no-break space"}
    if code in known:
        return known[code]
    if 0x20 < code < 0x7F:
        return chr(code)
    title = unicodedata.name(chr(code), "").lower()
    return f"U+{code:04X} {title}".rstrip()
