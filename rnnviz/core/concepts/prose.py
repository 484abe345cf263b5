"""Concepts of running text: parentheses, lines, words and sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from rnnviz.core.concepts.base import Labels
from rnnviz.core.concepts.scan import Integers, Mask, among, depth, latest, mark, where
from rnnviz.core.concepts.windows import (
    concept_of,
    line_windows,
    painted,
    plain_windows,
    whole,
)
from rnnviz.core.sequences.text import Codes, Text
from rnnviz.core.sequences.texts.word_signs import INSIDE_WORDS, JOINERS, UNSEEN_IN_WORDS

_OPENING = r"\"'\u2018\u201a\u201c\u201e\u201d\u00ab\u00bb\u300c\u300e"
_ALEF, _TAV = 0x5D0, 0x5EA


@cache
def _sentence() -> re.Pattern[str]:
    """Where a sentence begins; compiled when it is first needed, for it takes a millisecond."""
    return re.compile(
        rf"""(?: \A | \n(?:[ \t\r]*\n)+                           # a paragraph begins
              | (?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)(?<!\bMessrs)
                [.!?]["'\u2019\u201c\u201d\u00ab\u00bb)\]]*(?=\s)      # or a sentence has ended
            )
            (?P<start> (?: [ \t\r{_OPENING}(\[_*-] | \n(?![ \t\r]*\n) )* [^\W\d_] )""",
        re.VERBOSE,
    )


def _inside_parentheses(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    is_open = 0
    for window in line_windows(text, start, stop, size):
        codes = window.codes
        opened, closed = among(codes, "("), among(codes, ")")
        deep = depth(opened, closed, window.blank_lines, is_open)
        is_open = int(deep[-1])
        yield deep > 0


def _position_in_line(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    before = 0
    for window in plain_windows(text, start, stop, size):
        position = _since(mark(len(window.codes), window.line_starts), before)
        before = int(position[-1]) + 1
        yield position.astype(np.float32)


def _position_in_word(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    before = 0
    for part in _words(text, start, stop, size):
        position = _since(part.starts, before)
        before = int(position[-1]) + 1
        labels = position.astype(np.float32)
        labels[~part.words] = np.nan
        yield labels


def _sentence_start(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    held = whole(text, start, stop)
    spans = (match.span("start") for match in _sentence().finditer(held.text))
    capitals = (span for span in spans if held.text[span[1] - 1].isupper())
    yield from painted(capitals, stop - start, size)


def _upper_case_word(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    crossing: bool | None = None
    done = start
    for part in _words(text, start, stop, size):
        done += len(part.words)
        starts = np.flatnonzero(part.starts)
        first = int(starts[0]) if len(starts) else len(part.words)
        loud = np.zeros(len(part.words), bool)
        loud[:first] = bool(crossing)
        if len(starts):
            lower = np.logical_or.reduceat(part.lower, starts)
            upper = np.add.reduceat(part.upper, starts, dtype=np.int64)
            found = ~lower & (upper >= 2)
            crossing = None
            if part.goes_on:
                rest = _words(text, done, stop, size, part.last)
                found[-1] = crossing = _is_loud(bool(lower[-1]), int(upper[-1]), rest)
            loud[first:] = np.repeat(found, np.diff(starts, append=len(loud)))
        yield part.words & loud


def _is_loud(lower: bool, upper: int, rest: Iterator[_Words]) -> bool:
    """Whether a word is in upper case that goes on in these windows."""
    for part in rest:
        ends = np.flatnonzero(part.starts | ~part.words)
        end = int(ends[0]) if len(ends) else len(part.words)
        lower = lower or bool(part.lower[:end].any())
        upper += int(part.upper[:end].sum())
        if lower or len(ends):
            break
    return not lower and upper >= 2


class _Last(NamedTuple):
    """What words must know of the character before a window."""

    letter: bool = False
    """Whether it is part of a word that a mark or an apostrophe may follow."""
    word: bool = False
    """Whether it is part of a word."""


class _Words(NamedTuple):
    """The words of a window; every mask is (T,)."""

    words: Mask
    starts: Mask
    lower: Mask
    upper: Mask
    last: _Last
    goes_on: bool
    """Whether the window ends within a word."""


def _words(
    text: Text,
    start: int,
    stop: int,
    size: int,
    last: _Last = _Last(),  # noqa: B008
) -> Iterator[_Words]:
    """Letters and digits with what stands on them; apostrophes and the like between two."""
    for begin in range(start, stop, max(1, size)):
        end = min(stop, begin + max(1, size))
        # Two more: an apostrophe behind the window is in a word only if a letter follows it.
        codes = np.asarray(text.codes[begin : min(stop, end + 2)])
        letters = where(codes, str.isalnum)
        carried = where(codes, _is_carried)
        # A mark belongs to what it stands on.
        base = latest(~carried)
        on = np.where(base >= 0, letters[np.maximum(base, 0)], last.letter)
        parts = letters | (carried & on)
        before = np.concatenate([[last.letter], parts[:-1]])
        after = np.concatenate([letters[1:], [False]])
        inside = among(codes, INSIDE_WORDS) | _quotes_of_hebrew(text, codes, begin, start)
        words = parts | (inside & before & after)
        starts = words & ~np.concatenate([[last.word], words[:-1]])
        length = end - begin
        goes_on = len(codes) > length and bool(words[length] & ~starts[length])
        words, starts = words[:length], starts[:length]
        last = _Last(bool(parts[length - 1]), bool(words[-1]))
        yield _Words(
            words,
            starts,
            where(codes, str.islower)[:length] & words,
            where(codes, str.isupper)[:length] & words,
            last,
            goes_on,
        )


def _quotes_of_hebrew(text: Text, codes: Codes, begin: int, start: int) -> Mask:
    """Where a quotation mark stands between two Hebrew letters, as in an abbreviation."""
    quotes = among(codes, '"')
    if codes.dtype.itemsize == 1 or not quotes.any():
        return np.zeros(len(codes), bool)
    letters = (codes >= _ALEF) & (codes <= _TAV)
    first = begin > start and _ALEF <= int(text.codes[begin - 1]) <= _TAV
    behind, before = np.concatenate([[first], letters[:-1]]), np.append(letters[1:], False)
    found: Mask = quotes & behind & before
    return found


def _is_carried(character: str) -> bool:
    """Whether a character stands on the one before it: a mark, a joiner, a hyphen unseen."""
    return character in JOINERS + UNSEEN_IN_WORDS or unicodedata.category(character)[0] == "M"


def _since(marks: Mask, before: int = 0) -> Integers:
    """How many characters ago the last mark was; `before` for the first, if none is there."""
    return np.arange(len(marks)) - latest(marks, default=-before)


INSIDE_PARENTHESES = concept_of(
    _inside_parentheses,
    name="inside-parentheses",
    title="Inside parentheses",
    about="From ( up to, not including, the ) that closes it; unclosed ones end at a blank line.",
    family="prose",
)
POSITION_IN_LINE = concept_of(
    _position_in_line,
    name="position-in-line",
    title="Position in the line",
    about="How many characters of the line come before this one; 0 for the line's first.",
    family="any",
    scalar=True,
)
POSITION_IN_WORD = concept_of(
    _position_in_word,
    name="position-in-word",
    title="Position in the word",
    about="How many characters of the word come before this one; nothing between words. "
    "A word is letters and digits with the marks on them, and apostrophes inside, also the dot of "
    "Catalan and the marks of Hebrew abbreviations.",
    family="prose",
    scalar=True,
)
SENTENCE_START = concept_of(
    _sentence_start,
    name="sentence-start",
    title="Start of a sentence",
    about="The white space and quotes before a sentence and its first letter, a capital; "
    "a sentence follows . ! ? or a blank line.",
    family="prose",
)
UPPER_CASE_WORD = concept_of(
    _upper_case_word,
    name="upper-case-word",
    title="Word in upper case",
    about="Every character of a word with two capitals or more and no small letter.",
    family="any",
)
