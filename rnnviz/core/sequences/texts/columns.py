"""How many columns of a grid the characters of a text take: wide ones two, tabs up to their stop.

Most lines of most texts have one column a character; only the others (`Uneven`) are ever measured.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.unsignedinteger]
Ints = npt.NDArray[np.int64]

TAB, NEWLINE = 9, 10
TAB_STOP = 8
"""A tab reaches to the next multiple of so many columns."""
_BLANK, _DELETE = 0x20, 0x7F
_FIRST_WIDE = 0x1100
"""No character before it is wide but control characters, which are shown as `^M`."""
_BLOCK = 1 << 20
_LAST_CHARACTER = 0x10FFFF
_WIDTHS = np.zeros(_LAST_CHARACTER + 1, np.uint8)
"""Columns of every character that was met; 0 for the others."""
_MOST_ROUNDS = 64


class Uneven(NamedTuple):
    """The lines that hold a tab or a character which takes several columns."""

    lines: Ints
    """Their numbers, rising."""
    columns: Ints
    """How many columns each has, its line end included."""


@lru_cache(maxsize=1 << 16)
def width_of(code: int) -> int:
    """Columns of a character; a tab has 1 here and the rest from its place."""
    if code in (TAB, NEWLINE):
        return 1
    if code < _BLANK or code == _DELETE:
        return 2
    return 2 if code >= _FIRST_WIDE and unicodedata.east_asian_width(chr(code)) in "WF" else 1


def widths(codes: Codes) -> npt.NDArray[np.int32]:
    """Columns of every character, (n,) int32; a tab counts 1."""
    if codes.dtype.itemsize == 4:
        codes = np.minimum(codes, _LAST_CHARACTER)
    found = _WIDTHS[codes]
    if not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            _WIDTHS[code] = width_of(code)
        found = _WIDTHS[codes]
    return found.astype(np.int32)


def columns_before(codes: Codes, start: int = 0) -> Ints:
    """The column at which each character of one line begins, and the one after it, (n + 1,).

    Args:
        start: the column of the first, for a part of a line.
    """
    wide = widths(codes).astype(np.int64)
    places = np.flatnonzero(codes == TAB)
    if len(places):
        wide[places] = 0
        before = start + np.cumsum(wide) - wide
        added = 0
        for place, column in zip(places.tolist(), before[places].tolist(), strict=True):
            wide[place] = TAB_STOP - (column + added) % TAB_STOP
            added += int(wide[place])
    return np.concatenate([np.array([start], np.int64), start + np.cumsum(wide)])


def uneven_lines(codes: Codes, line_starts: Ints) -> Uneven:
    """The lines of a text that have not one column a character."""
    lines, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    first, count = 0, len(line_starts)
    while first < count:
        start = int(line_starts[first])
        last = max(first + 1, int(np.searchsorted(line_starts, start + _BLOCK, side="right")) - 1)
        last = count if start + _BLOCK >= len(codes) else last
        stop = int(line_starts[last]) if last < count else len(codes)
        starts = np.asarray(line_starts[first:last]) - start
        found, total = _uneven_part(codes, start, stop, starts)
        lines.append(found + first)
        columns.append(total)
        first = last
    return Uneven(np.concatenate(lines), np.concatenate(columns))


def _uneven_part(codes: Codes, start: int, stop: int, starts: Ints) -> tuple[Ints, Ints]:
    """Of whole lines that start at `starts` after `start`: which are uneven, and their columns."""
    if len(starts) == 1:
        column, odd = 0, False
        for begin in range(start, stop, _BLOCK):
            part = np.asarray(codes[begin : min(stop, begin + _BLOCK)])
            odd = odd or bool(_is_odd(part).any())
            column = int(columns_before(part, column)[-1]) if odd else column + len(part)
        return np.zeros(int(odd), np.int64), np.full(int(odd), column, np.int64)
    part = np.asarray(codes[start:stop])
    odd_places = np.flatnonzero(_is_odd(part))
    if not len(odd_places):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    lines = np.searchsorted(starts, odd_places, side="right") - 1
    found, which = np.unique(lines, return_inverse=True)
    lengths = np.diff(starts, append=len(part))[found]
    more = widths(part[odd_places]).astype(np.int64) - 1
    total = lengths + np.bincount(which, more, len(found)).astype(np.int64)
    is_tab = part[odd_places] == TAB
    tabs, of = odd_places[is_tab], which[is_tab]
    if len(tabs):
        more[is_tab] = -1
        # Columns before each tab, had all tabs of its line none.
        running = np.concatenate([np.zeros(1, np.int64), np.cumsum(more)])
        at = np.searchsorted(odd_places, tabs)
        first = np.searchsorted(odd_places, starts[found])[of]
        column = tabs - starts[found][of] + running[at] - running[first]
        total += _tab_columns(column, of, len(found)) - np.bincount(of, minlength=len(found))
    return found.astype(np.int64), total


def _tab_columns(column: Ints, of: Ints, lines: int) -> Ints:
    """How many columns the tabs of each line take, given where each would stand without them."""
    added = np.zeros(lines, np.int64)
    rank = np.arange(len(of)) - np.searchsorted(of, of)
    for number in range(min(_MOST_ROUNDS, int(rank.max()) + 1)):
        here = rank == number
        added[of[here]] += TAB_STOP - (column[here] + added[of[here]]) % TAB_STOP
    for place in np.flatnonzero(rank >= _MOST_ROUNDS).tolist():
        line = of[place]
        added[line] += TAB_STOP - (column[place] + added[line]) % TAB_STOP
    return added


def _may_be_odd(codes: Codes) -> npt.NDArray[np.bool_]:
    """Where a character may have other than one column; quick, and right for what is not wide."""
    odd: npt.NDArray[np.bool_] = (codes < _BLANK) & (codes != NEWLINE) | (codes == _DELETE)
    return odd if codes.dtype.itemsize == 1 else odd | (codes >= _FIRST_WIDE)


def _is_odd(codes: Codes) -> npt.NDArray[np.bool_]:
    """Where a character is a tab or has several columns."""
    odd = _may_be_odd(codes)
    if codes.dtype.itemsize > 1:
        places = np.flatnonzero(odd)
        odd[places] = (widths(codes[places]) > 1) | (codes[places] == TAB)
    return odd
