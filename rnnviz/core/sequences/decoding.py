"""Bytes of a text file as characters: which encoding they are in, and how that is said.

Marks decide first (UTF-8, UTF-16, UTF-32). Then UTF-8, where each damaged place costs one
character as long as most of what is not ASCII is sound; then Windows-1252, whose quotes Latin-1
does not have; then Latin-1, in which every byte is something.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from rnnviz.core.errors import TextError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_LARGE_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
"""A letter of UTF-8 that takes several bytes."""
REPLACEMENT = "�"


class Decoded(NamedTuple):
    """A text, and how it was read."""

    text: str
    how: str
    """For people: `UTF-8`, `Windows-1252`; with what was damaged."""


def decode(raw: bytes, name: str) -> Decoded:
    """The characters of these bytes; `name` is the file's, for messages.

    Raises:
        TextError: zero bytes without a mark: no text, or one whose encoding nothing tells.
    """
    for mark, encoding, title in _MARKS:
        if raw.startswith(mark):
            text = raw[len(mark) :].decode(encoding, "replace")
            return Decoded(text, _with_damage(title, text.count(REPLACEMENT)))
    if b"\0" in raw:
        raise TextError(_about_zeros(raw, name))
    content = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return Decoded(content.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        # The file ends inside a letter; a single byte there may as well be a letter of its own.
        cut = error.reason == "unexpected end of data" and len(content) - error.start > 1
    text = content.decode("utf-8", "replace")
    damaged = text.count(REPLACEMENT) - content.count(REPLACEMENT.encode())
    sound = len(_LARGE_LETTER.findall(content))
    if cut or sound >= damaged or len(content) < len(raw):
        return Decoded(text, _with_damage("UTF-8", damaged))
    try:
        return Decoded(content.decode("windows-1252"), "Windows-1252")
    except UnicodeDecodeError:
        return Decoded(content.decode("latin-1"), "Latin-1")


def _with_damage(title: str, damaged: int) -> str:
    """`UTF-8, 3 damaged places`."""
    if not damaged:
        return title
    return f"{title}, {damaged:,} damaged place{'s' if damaged > 1 else ''}"


def _about_zeros(raw: bytes, name: str) -> str:
    """Whether every other byte is zero, as in UTF-16 whose mark is missing."""
    even, odd = raw[0:4096:2].count(0), raw[1:4096:2].count(0)
    half = min(len(raw), 4096) // 2
    if half and max(even, odd) > 0.6 * half and min(even, odd) < 0.1 * half:
        return (
            f"{name} looks like UTF-16 without the mark that says so; save it as UTF-8, or as "
            "UTF-16 with a mark"
        )
    return f"{name} holds zero bytes: it is no text file"
