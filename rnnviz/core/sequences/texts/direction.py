"""Text that is written from right to left: where there is any, and how it stands in a sentence.

A grid of cells has one order everywhere, in the window and in every export: that in which the
network reads, from left to right. So a full stop stands where reading ends.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt

ORDER = "letters of right-to-left scripts stand as they are read, from left to right"
"""Said wherever a text holds any."""

_RANGES = (
    (0x0590, 0x08FF), (0x200F, 0x200F), (0x202B, 0x202B), (0x202E, 0x202E), (0x2067, 0x2067),
    (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC), (0x10800, 0x10FFF), (0x1E800, 0x1EFFF),
)  # fmt: skip
"""Where Unicode keeps its right-to-left scripts, and the marks that turn the direction."""
_BLOCK = 1 << 20
_ISOLATE, _END = "\u2068", "\u2069"


def holds_right_to_left(codes: npt.NDArray[np.unsignedinteger]) -> bool:
    """Whether any of these characters belongs to a script that is written from right to left.

    >>> holds_right_to_left(np.array([0x61, 0x5D0], np.uint16))
    True
    """
    if codes.dtype.itemsize == 1:
        return False
    for start in range(0, len(codes), _BLOCK):
        part = np.asarray(codes[start : start + _BLOCK])
        part = part[part >= _RANGES[0][0]]
        if any(bool(((part >= low) & (part <= high)).any()) for low, high in _RANGES):
            return True
    return False


def isolated(words: str) -> str:
    """Words from a text as they stand in a sentence: they turn nothing round beside them.

    Latin words stay as they are.

    >>> isolated("it's"), [f"{ord(c):X}" for c in isolated("\u05d0")]
    ("it's", ['2068', '5D0', '2069'])
    """
    if words.isascii() or all(unicodedata.bidirectional(letter) in _PLAIN for letter in words):
        return words
    # A mark that opens or ends a direction would end the isolation itself.
    return f"{_ISOLATE}{words.translate(_SHOWN_MARKS)}{_END}"


def unturned(words: str) -> str:
    r"""Words of a person, such as a title, that turn nothing round, not even themselves.

    What overrides a direction, and what ends or opens an isolation alone, is shown as a
    replacement character; isolations that are whole, as `isolated` makes them, stay.

    >>> unturned("gpj.\u202eexe"), unturned("\u2069a\u2068b\u2069") == "\ufffda\u2068b\u2069"
    ('gpj.\ufffdexe', True)
    """
    if words.isascii() or TURNING.isdisjoint(words):
        return words
    shown, open_at = list(words), list[int]()
    for place, letter in enumerate(words):
        if letter in _OVERRIDES or (letter == _END and not open_at):
            shown[place] = "\ufffd"
        elif letter == _END:
            open_at.pop()
        elif letter in TURNING:
            open_at.append(place)
        elif letter in "\r\n\x85\u2029":
            # A paragraph ends every isolation in it.
            for left in open_at:
                shown[left] = "\ufffd"
            open_at.clear()
    for left in open_at:
        shown[left] = "\ufffd"
    return "".join(shown)


def quoted(words: str) -> str:
    r"""Words from a text in quotation marks, as `repr` writes them, isolated.

    >>> quoted("a"), quoted("\n")
    ("'a'", "'\\n'")
    """
    return isolated(repr(words))


_PLAIN = ("L", "EN", "ES", "ET", "CS", "ON", "WS", "NSM", "S", "B")
_OVERRIDES = frozenset(map(chr, range(0x202A, 0x202F)))
TURNING = _OVERRIDES | frozenset(map(chr, range(0x2066, 0x206A)))
"""Marks that turn the direction of what follows them."""
_SHOWN_MARKS = dict.fromkeys(map(ord, TURNING), "\ufffd")
