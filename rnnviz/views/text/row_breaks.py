"""Where long lines go on in another row: at words, found for all rows of all lines at once.

The rules are those of Unicode's line breaking (UAX 14) that matter for a text that is read, in a
form that arrays can follow: after blanks, after a hyphen between letters, around a dash, between
ideographs but not before a full stop or after an opening bracket. What has no such place within a
row is broken where the row is full, but never between a letter and its marks.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences.texts.columns import TAB, TAB_STOP, widths

Codes = npt.NDArray[np.unsignedinteger]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

(OTHER, LETTER, DIGIT, BLANK, OPEN, CLOSE, HYPHEN, SLASH, GLUE, MARK, WIDE_CLOSE, DASH, WIDE,
 GAP) = range(1, 15)  # fmt: skip
"""What a character is to the end of a row; the last four are rare in most texts."""
_RARE = WIDE_CLOSE
_LAST_CHARACTER = 0x10FFFF
_KINDS = np.zeros(_LAST_CHARACTER + 1, np.uint8)
"""Of every character that was met; 0 for the others."""
_OWN = {
    **dict.fromkeys(map(ord, " \t\u1680\u205f\u3000"), BLANK),
    **dict.fromkeys((*range(0x2000, 0x2007), *range(0x2008, 0x200B)), BLANK),
    **dict.fromkeys(map(ord, ".,:;!?%\u2026\u2019"), CLOSE),
    **dict.fromkeys(map(ord, "-\u2010\u2012\u2013"), HYPHEN),
    **dict.fromkeys(map(ord, "\u2014\u2015"), DASH),
    ord("/"): SLASH,
    **dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u2060\ufeff\u2011"), GLUE),
    0x200B: GAP,
    0x200D: MARK,
    # what may not begin a row in Japanese and Chinese
    **dict.fromkeys(map(ord, "、。，．：；？！・ー々〻ゝゞヽヾ〜～％"), WIDE_CLOSE),  # noqa: RUF001
    **dict.fromkeys(map(ord, "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"), WIDE_CLOSE),
}

_SPACE = 32
_HANG = 2
"""So many columns behind the first word of its line a row begins that goes on with it."""
_TAIL = 16
"""So many characters at the end of a row are looked at first; nearly all rows end there."""
_PIECE = 64
"""A line of many rows is cut, at words, into pieces of about so many, which are wrapped at once."""
_BATCH = 1 << 19
"""Characters that are looked at at once."""


@lru_cache(maxsize=1 << 16)
def _kind_of(code: int) -> int:
    if code in _OWN:
        return _OWN[code]
    character = chr(code)
    category = unicodedata.category(character)
    if category[0] == "M":
        return MARK
    wide = unicodedata.east_asian_width(character) in "WF"
    if category in ("Ps", "Pi"):
        return OPEN
    if category in ("Pe", "Pf"):
        return WIDE_CLOSE if wide else CLOSE
    if wide:
        return WIDE
    return LETTER if category[0] == "L" else DIGIT if category[0] == "N" else OTHER


def kinds(codes: Codes) -> npt.NDArray[np.uint8]:
    """What each character is to the end of a row."""
    if codes.dtype.itemsize == 1:
        table = bytes(map(_kind_of, range(256)))
        found = np.frombuffer(codes.tobytes().translate(table), np.uint8)
        return found.reshape(codes.shape)
    if codes.dtype.itemsize == 4:
        codes = np.minimum(codes, _LAST_CHARACTER)
    found = _KINDS[codes]
    if not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            _KINDS[code] = _kind_of(code)
        found = _KINDS[codes]
    return found


def opportunities(kind: npt.NDArray[np.uint8]) -> Flags:
    """Where a row may begin among characters of these kinds (n + 3, ...): (n, ...).

    The first three are there for the others.

    >>> from rnnviz.core.sequences.text import Text
    >>> text = Text.of("...So it goes on--well-known, no?")
    >>> places = [3 + int(place) for place in np.flatnonzero(opportunities(kinds(text.codes)))]
    >>> [text.slice(a, b) for a, b in zip(places, [*places[1:], len(text)], strict=True)]
    ['it ', 'goes ', 'on--', 'well-', 'known, ', 'no?']
    """
    count = len(kind) - 3
    before3, before2, before, here = (kind[at : at + count] for at in range(4))
    may = (before == BLANK) & (here != BLANK) & (here != CLOSE) & (before2 != OPEN)
    after = (before == HYPHEN) | (before == SLASH)
    if after.any():
        word_before2 = (before2 == LETTER) | (before2 == DIGIT)
        doubled = (before2 == HYPHEN) & ((before3 == LETTER) | (before3 == CLOSE))
        may |= after & (here == LETTER) & (word_before2 | (before == HYPHEN) & doubled)
    if (kind >= _RARE).any():
        starts = (here == WIDE) | (here == LETTER) | (here == DIGIT) | (here == OPEN)
        ends = (before == WIDE) | (before == LETTER) | (before == DIGIT) | (before == CLOSE)
        may |= (before == DASH) & starts | (here == DASH) & ends
        may |= ((before == WIDE) | (before == WIDE_CLOSE)) & starts
        may |= (here == WIDE) & (ends | (before == WIDE_CLOSE))
        may |= before == GAP
    return may


def hanging(codes: Codes, starts: Ints, wrap: int) -> Ints:
    """At which column the later rows of lines begin: a little behind the first word of each, (n,).

    Those of a line that is not indented begin at its margin; none begins beyond a third of a row.
    """
    most, column, at = wrap // 3, np.zeros(len(starts), np.int64), np.arange(len(starts))
    for number in range(most):
        code = codes[np.minimum(starts[at] + number, len(codes) - 1)]
        tab = code == TAB
        blank = tab | (code == _SPACE)
        at, tab = at[blank], tab[blank]
        if not len(at):
            break
        column[at] += np.where(tab, TAB_STOP - column[at] % TAB_STOP, 1)
    return np.where(column > 0, np.minimum(column + _HANG, most), 0)


def row_breaks(
    codes: Codes, starts: Ints, ends: Ints, uneven: Flags, hangs: Ints, wrap: int
) -> Ints:
    """Where the rows of long lines begin, but for the first of each line; rising.

    Args:
        codes: of the whole text, (T,).
        starts: where the lines begin, (n,).
        ends: one past the last character of each, its newline included, (n,).
        uneven: which of them have characters of several columns.
        hangs: how many columns stay free before the later rows of each, (n,).
        wrap: columns of a row; a blank or a line end may hang over by one.
    """
    if not len(starts):
        return np.zeros(0, np.int64)
    begin, end, odd, hangs, cuts = _pieces(codes, starts, ends, uneven, hangs, wrap)
    later = np.isin(begin, cuts, assume_unique=True)
    found = [cuts]
    for hang in np.flatnonzero(np.bincount(hangs)).tolist():
        of = hangs == hang
        heads, rest = of & ~later, of & later
        rows = _next_rows(codes, begin[heads], end[heads], odd[heads], wrap)
        found.append(rows[0])
        if rest.any():
            cut = begin[rest], end[rest], odd[rest]
            rows = (
                np.concatenate([rows[0], cut[0]]),
                np.concatenate([rows[1], cut[1]]),
                np.concatenate([rows[2], cut[2]]),
            )
        while len(rows[0]):
            rows = _next_rows(codes, *rows, wrap - hang)
            found.append(rows[0])
    return np.sort(np.concatenate(found))


def _next_rows(
    codes: Codes, begin: Ints, end: Ints, odd: Flags, wrap: int
) -> tuple[Ints, Ints, Flags]:
    """Where the rows after those that start at `begin` begin, of the lines that have more."""
    following = np.empty_like(begin)
    for step in (_next_even, _next_uneven):
        places = np.flatnonzero(odd if step is _next_uneven else ~odd)
        at_once = max(1, _BATCH // (_TAIL if step is _next_even else wrap + 2))
        for first in range(0, len(places), at_once):
            some = places[first : first + at_once]
            following[some] = step(codes, begin[some], end[some], wrap)
    more = following < end
    return following[more], end[more], odd[more]


def _pieces(
    codes: Codes, starts: Ints, ends: Ints, uneven: Flags, hangs: Ints, wrap: int
) -> tuple[Ints, Ints, Flags, Ints, Ints]:
    """Lines cut into pieces: start, end, whether uneven, how far in; and where they were cut."""
    size = _PIECE * wrap
    if not (ends - starts > 2 * size).any():
        return starts, ends, uneven, hangs, np.zeros(0, np.int64)
    counts = np.maximum(1, (ends - starts) // size)
    which = np.repeat(np.arange(len(starts)), counts)
    number = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    begin = starts[which] + number * size
    inner = np.flatnonzero(number)
    for first in range(0, len(inner), _BATCH // _TAIL):
        some = inner[first : first + _BATCH // _TAIL]
        begin[some] = _last_opportunity(codes, begin[some] - _TAIL + 1, _TAIL)
    end = np.append(begin[1:], 0)
    last = np.append(np.diff(which) > 0, True)
    end[last] = ends
    return begin, end, uneven[which], hangs[which], begin[inner]


def _windows(codes: Codes, low: Ints, size: int) -> Codes:
    """The characters from three before `low` on, (size + 3, n); before the text is its first."""
    if len(low) and int(low.min()) >= 3 and int(low.max()) + size <= len(codes):
        # Each window is one item, so that it is copied as one.
        item = np.dtype((np.void, (size + 3) * codes.dtype.itemsize))
        flat = np.ascontiguousarray(codes)
        items = np.ndarray(len(codes) - size - 2, item, flat, strides=flat.strides)
        windows = items[low - 3].view(codes.dtype).reshape(len(low), size + 3)
    else:
        places = low[:, None] + np.arange(-3, size)
        windows = codes[np.clip(places, 0, len(codes) - 1)]
    # Side by side, so that what is done with all first characters is one run of memory.
    return np.ascontiguousarray(windows.T)


def _last_opportunity(codes: Codes, low: Ints, size: int) -> Ints:
    """The last of `size` places from `low` on where a row may begin, or else the last place."""
    may = opportunities(kinds(_windows(codes, low, size)))
    return low + np.where(may.any(axis=0), _last(may), size - 1)


def _last(flags: Flags) -> Ints:
    """The last row (n, ...) in which each column is set; 0 where none is."""
    found = np.zeros(flags.shape[1:], np.int16)
    for number in range(1, len(flags)):
        found[flags[number]] = number
    return found.astype(np.int64)


def _next_even(codes: Codes, begin: Ints, end: Ints, wrap: int) -> Ints:
    """Where the row after the one that starts at `begin` begins, one column a character."""
    following = end.copy()
    full = np.flatnonzero(end - begin > wrap + 1)
    if not len(full):
        return following
    begin = begin[full]
    tail = min(_TAIL, wrap + 2)
    found, places = _search(codes, begin + wrap + 2 - tail, tail)
    missing = np.flatnonzero(~found)
    at_once = max(1, _BATCH // (wrap + 2))
    for first in range(0, len(missing), at_once):
        some = missing[first : first + at_once]
        found[some], places[some] = _search(codes, begin[some], wrap + 2)
    within = np.flatnonzero(~found)
    places[within] = _off_marks(codes, begin[within], begin[within] + wrap)
    following[full] = places
    return following


def _search(codes: Codes, low: Ints, size: int) -> tuple[Flags, Ints]:
    """Whether a row may end before one of the `size` places from `low` on, and the last of them.

    The last place is one column beyond the row, where only a blank before it hangs over.
    """
    kind = kinds(_windows(codes, low, size))
    may = opportunities(kind)
    blank = kind[3:] == BLANK
    may[-1] &= blank[-2]
    may &= _after_word(blank)
    return np.asarray(may.any(axis=0)), low + _last(may)


def _after_word(blank: Flags) -> Flags:
    """Before which places there is more than blanks: an indentation stays with what it indents."""
    seen = np.zeros_like(blank)
    for number in range(1, len(blank)):
        # what `accumulate` does, ten times as quick along this axis
        np.greater_equal(seen[number - 1], blank[number - 1], out=seen[number])
    return seen


def _next_uneven(codes: Codes, begin: Ints, end: Ints, wrap: int) -> Ints:
    """As `_next_even`, for characters of several columns; tabs count from the start of the row."""
    size = wrap + 3
    inside = np.arange(size)[:, None] < end - begin
    surrounded = _windows(codes, begin, size)
    window = surrounded[3:]
    wide = np.where(inside, widths(window), 0)
    after = np.zeros(wide.shape, np.int32)
    column = np.zeros(len(begin), np.int32)
    tabs = (window == TAB) & inside
    for at in range(size):
        if tabs[at].any():
            wide[at][tabs[at]] = TAB_STOP - column[tabs[at]] % TAB_STOP
        column += wide[at]
        after[at] = column
    before = after - wide
    kind = kinds(surrounded)
    blank = kind[3:] == BLANK
    fits = before <= wrap
    fits[1:] |= blank[:-1] & fits[:-1]
    may = opportunities(kind) & fits & _after_word(blank) & inside
    following = begin + _last(may)
    within = np.flatnonzero(~may.any(axis=0))
    # a wide character that begins in the last column hangs over
    full = begin[within] + np.maximum(1, (before[:, within] < wrap).sum(axis=0))
    following[within] = _off_marks(codes, begin[within], full)
    rest = (end - begin < size) & (after[-1] <= wrap + 1)
    return np.where(rest, end, np.minimum(following, end))


def _off_marks(codes: Codes, begin: Ints, places: Ints) -> Ints:
    """The places, moved back where a mark would be parted from its letter."""
    at = np.minimum(places, len(codes) - 1)
    for number in np.flatnonzero(kinds(np.asarray(codes[at])) == MARK).tolist():
        low, place = int(begin[number]), int(places[number])
        marks = kinds(np.asarray(codes[low : place + 1])) == MARK
        letters = np.flatnonzero(~marks)
        if len(letters) and letters[-1] > 0:
            places[number] = low + letters[-1]
    return places
