"""Arithmetic over the characters of a text that several concepts share; numpy, no loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences.text import NEWLINE, Codes, Text

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

_CODE_POINTS = 0x110000


def codes_of(text: str) -> Codes:
    """The code points of a string, (T,), in the narrowest type."""
    return Text.of(text).codes


def among(codes: Codes, characters: str) -> Mask:
    """Where one of these few characters stands, (T,)."""
    found = np.zeros(len(codes), bool)
    for character in characters:
        if ord(character) <= np.iinfo(codes.dtype).max:
            found |= codes == ord(character)
    return found


def where(codes: Codes, predicate: Callable[[str], bool]) -> Mask:
    """Where the predicate holds, (T,); it is asked once for each different character."""
    present = np.zeros(min(_CODE_POINTS, int(np.iinfo(codes.dtype).max) + 1), bool)
    present[codes] = True
    table = np.zeros_like(present)
    for code in np.flatnonzero(present):
        table[code] = predicate(chr(code))
    return table[codes]


def latest(marks: Mask, default: int = -1) -> Integers:
    """The position of the last mark at or before each character, (T,); `default` before any."""
    positions = np.where(marks, np.arange(len(marks)), default)
    return np.maximum.accumulate(positions)


def line_starts(codes: Codes) -> Integers:
    """Where each line starts; a line ends after its newline. Empty for an empty text."""
    starts = np.flatnonzero(codes[:-1] == NEWLINE) + 1
    return np.concatenate([np.zeros(min(1, len(codes)), np.int64), starts])


def mark(length: int, positions: Integers) -> Mask:
    """True at these positions, (length,)."""
    marks = np.zeros(length, bool)
    marks[positions] = True
    return marks


def depth(opening: Mask, closing: Mask, resets: Integers | None = None, start: int = 0) -> Integers:
    """How many openings are unclosed after each character, (T,); never below zero.

    `start` are open before the first character; at each reset, none is open any longer.
    """
    height = opening.astype(np.int64) - closing
    if len(height) == 0:
        return height
    if resets is not None:
        height[resets] = -(len(height) + start + 1)
    height[0] += start
    np.cumsum(height, out=height)
    floor = np.minimum(np.minimum.accumulate(height), 0)
    return height - floor
