"""Bytes of a text file as characters: which encoding they are in, and how that is said.

Marks decide first (UTF-8, UTF-16, UTF-32). Then UTF-8, where each damaged place costs one
character as long as most of what is not ASCII is sound; then Windows-1252, whose quotes Latin-1
does not have; then Latin-1, in which every byte is something. What does not look like a language of
these two is said to be doubtful, and not guessed at (see `doubts`).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import NamedTuple

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.texts.doubts import doubt_of_utf8, doubt_of_western

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
_HALVES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
"""The halves of a character beyond U+FFFF, as Java, Oracle and MySQL write them (CESU-8)."""
REPLACEMENT = "�"
_LOOKED_AT = 1 << 12
_FEW_ZEROS = 0.005
_FEW_BYTES = 32
"""Of a shorter file what it looks like is said only where nothing speaks against it."""
_PLAIN = 0.005
"""Such a share of any text is blanks, digits and ends of lines."""
_NO_ZERO_BEFORE = 16
"""Files of weights have the length of what follows there."""
_WRITTEN = 0.97
"""Such a share of a text is letters, marks, digits, signs and blanks; of weights it is not."""


RETURNS = "carriage returns read as line ends"
_BYTES_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes that Windows-1252 does not have."""
_SHARE_UNDEFINED = 0.1


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
    if why := why_not_read(raw, name):
        raise TextError(why)
    decoded = _of_bytes(raw)
    if zeros := raw.count(0):
        said = f"{decoded.how}, {zeros:,} zero byte{'s' if zeros > 1 else ''}"
        return Decoded(decoded.text, said)
    return decoded


def _of_bytes(raw: bytes) -> Decoded:
    """What has no mark of wider units: UTF-8, or an encoding of one byte a letter."""
    content, halves = _HALVES.subn(_joined, raw.removeprefix(codecs.BOM_UTF8))
    as_pairs = _in_halves(halves)
    try:
        text = content.decode("utf-8")
        doubt = doubt_of_utf8(content, text)
        return Decoded(text, "UTF-8" + as_pairs + (f", {doubt}" if doubt else ""))
    except UnicodeDecodeError as error:
        # The file ends inside a letter; a single byte there may as well be a letter of its own.
        cut = error.reason == "unexpected end of data" and len(content) - error.start > 1
    text = content.decode("utf-8", "replace")
    damaged = text.count(REPLACEMENT) - content.count(REPLACEMENT.encode())
    sound = len(_LARGE_LETTER.findall(content))
    if cut or sound >= damaged or len(content) < len(raw):
        return Decoded(text, _with_damage("UTF-8", damaged) + as_pairs)
    content = raw
    undefined = len(_UNDEFINED.findall(content))
    if undefined > _SHARE_UNDEFINED * len(_BYTES_OF_WINDOWS.findall(content)):
        found = Decoded(content.decode("latin-1"), "Latin-1")
    else:
        text = content.decode("windows-1252", "replace")
        found = Decoded(text, _with_damage("Windows-1252", undefined))
    doubt = doubt_of_western(content, found.text)
    return found._replace(how=f"{found.how}, {doubt}") if doubt else found


def _joined(halves: re.Match[bytes]) -> bytes:
    """A letter of UTF-8 whose two halves were written as letters of their own."""
    pair = halves.group().decode("utf-8", "surrogatepass")
    return pair.encode("utf-16", "surrogatepass").decode("utf-16").encode()


def _in_halves(halves: int) -> str:
    if not halves:
        return ""
    return f", {halves:,} character{'s' if halves > 1 else ''} put together from two halves"


def with_line_ends(text: str) -> tuple[str, bool]:
    r"""The text with line feeds where its lines end in bare carriage returns; whether they did.

    A return among more line feeds stays: it may be meant.

    >>> with_line_ends("one\rtwo\rthree\n"), with_line_ends("a\rb\nc\r\n")
    (('one\ntwo\nthree\n', True), ('a\rb\nc\r\n', False))
    """
    bare = text.count("\r") - text.count("\r\n")
    if bare <= text.count("\n"):
        return text, False
    return re.sub("\r(?!\n)", "\n", text), True


def _with_damage(title: str, damaged: int) -> str:
    """`UTF-8, 3 damaged places`."""
    if not damaged:
        return title
    return f"{title}, {damaged:,} damaged place{'s' if damaged > 1 else ''}"


def begins_as_text(head: bytes) -> bool:
    """Whether a file that begins so is a text, in whatever encoding, also one that must be named.

    A file with zero bytes is a text by its mark, where its bytes are letters throughout when they
    are read two or four at a time, or where zeros are rare and all else are letters.
    """
    return b"\0" not in head or _is_marked(head) or _has_few_zeros(head) or bool(unmarked(head))


def unmarked(head: bytes) -> str:
    """`UTF-16` or `UTF-32` where the beginning of a file is a text in it without its mark; else ``.

    Texts without a single zero byte, as Chinese without blanks and line ends, cannot be told so.
    """
    head = head[:_LOOKED_AT]
    zeros = head.count(0)
    if not zeros or (zeros < len(head) // 4 and _reads_as_text(_without_zeros(head))):
        return ""
    for _, encoding, title in _MARKS:
        width = 4 if title == "UTF-32" else 2
        # What was cut off may have been the other half of a letter.
        text = head[: len(head) // width * width].decode(encoding, "ignore")
        plain = sum(one < "\x80" for one in text)
        # Halves of floating-point numbers are letters of Chinese and Korean, without a blank.
        # Of a few characters only a text that is plain throughout says what it is.
        share = _PLAIN if len(head) >= _FEW_BYTES else 1.0
        if plain and _reads_as_text(text) and plain >= share * (len(head) // width):
            return title
    return ""


def _reads_as_text(text: str) -> bool:
    """Whether nearly all of these are characters that people write, and none is a zero."""
    if "\0" in text:
        return False
    written = sum(
        (unicodedata.category(one)[0] in "LMNPSZ" and one != REPLACEMENT) or one in "\t\n\r\f"
        for one in text
    )
    return written >= _WRITTEN * len(text)


def _has_few_zeros(raw: bytes) -> bool:
    """Whether zero bytes are damage to a text: rare, not at its start, and all else are letters."""
    if raw.count(0) > _FEW_ZEROS * len(raw) or b"\0" in raw[:_NO_ZERO_BEFORE]:
        return False
    return _reads_as_text(_without_zeros(raw[:_LOOKED_AT]))


def _without_zeros(raw: bytes) -> str:
    return raw.replace(b"\0", b"").decode("utf-8", "replace")


def why_not_read(head: bytes, name: str) -> str:
    """Why a file that begins so is refused as a text, and what to do; empty where it is not."""
    if b"\0" not in head or _is_marked(head) or _has_few_zeros(head):
        return ""
    if title := unmarked(head):
        return (
            f"{name} looks like {title} without the mark that says so; save it as UTF-8, or as "
            f"{title} with a mark"
        )
    return f"{name} holds zero bytes: it is no text file"


def _is_marked(head: bytes) -> bool:
    return head.startswith(tuple(mark for mark, *_ in _MARKS))
