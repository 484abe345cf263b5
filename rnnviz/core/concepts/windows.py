"""Going through a text of any length in windows, so that each label is that of the whole text.

A rule sees a window at a time and hands on what it must remember: a depth, a position, what is
open. Where a label hangs on what follows, the window ends only where that is known, and grows until
such a place is found. What regular expressions read, they read in the whole stretch, since a match
may begin anywhere; its matches are taken one after the other and become labels of windows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rnnviz.core.concepts.base import Blocks, Concept, Labels
from rnnviz.core.concepts.scan import Integers, Mask
from rnnviz.core.sequences.text import NEWLINE, Codes, Text


def labelled(blocks: Blocks, dtype: type[np.bool_] | type[np.float32]) -> Callable[[str], Labels]:
    """The label function of a whole string that these blocks give."""

    def label(text: str) -> Labels:
        made = Text.of(text)
        none: Any = np.zeros(0, dtype)
        labels: Labels = np.concatenate([none, *blocks(made, 0, len(made), max(1, len(made)))])
        return labels

    return label


def concept_of(
    blocks: Blocks,
    *,
    name: str,
    title: str,
    about: str,
    family: str,
    scalar: bool = False,
    reading: Callable[[Text], str] | None = None,
) -> Concept:
    """The concept that these blocks label; see `Concept` for the rest."""
    return Concept(
        name=name,
        title=title,
        about=about,
        family=family,
        scalar=scalar,
        label=labelled(blocks, np.float32 if scalar else np.bool_),
        blocks=blocks,
        reading=reading,
    )


class Window(NamedTuple):
    """A window of a stretch."""

    start: int
    """Its first character, counted from that of the text."""
    codes: Codes
    fresh: bool
    """Whether a line begins with it."""

    @property
    def line_starts(self) -> Integers:
        """Where lines start within it."""
        starts = np.flatnonzero(self.codes[:-1] == NEWLINE) + 1
        return np.concatenate([np.zeros(int(self.fresh and len(self.codes) > 0), np.int64), starts])

    @property
    def blank_lines(self) -> Integers:
        """Where the lines start that are nothing but white space: the ends of paragraphs."""
        starts = self.line_starts
        if not len(starts):
            return starts
        return starts[~np.logical_or.reduceat(self.codes > ord(" "), starts)]


def line_windows(
    text: Text,
    start: int,
    stop: int,
    size: int,
    blank: Callable[[Codes], Mask] = lambda codes: codes <= ord(" "),
) -> Iterator[Window]:
    """Windows that never end within the blanks with which a line begins.

    So a line that a window leaves unfinished is known not to be a blank one.
    """
    fresh = True
    while start < stop:
        length = max(1, size)
        while True:
            end = min(stop, start + length)
            codes = np.asarray(text.codes[start:end])
            cut = len(codes) if end == stop else _after_begun_line(codes, fresh, blank)
            if cut:
                break
            length *= 2
        yield Window(start, codes[:cut], fresh)
        fresh = int(codes[cut - 1]) == NEWLINE
        start += cut


def _after_begun_line(codes: Codes, fresh: bool, blank: Callable[[Codes], Mask]) -> int:
    """The last place that is not within the first blanks of a line; 0 if there is none."""
    newlines = np.flatnonzero(codes == NEWLINE)
    last = int(newlines[-1]) + 1 if len(newlines) else 0
    if (last or fresh) and bool(blank(codes[last:]).all()):
        return last
    return len(codes)


def plain_windows(text: Text, start: int, stop: int, size: int) -> Iterator[Window]:
    """Windows that end anywhere."""
    fresh = True
    for begin in range(start, stop, max(1, size)):
        codes = np.asarray(text.codes[begin : min(stop, begin + max(1, size))])
        yield Window(begin, codes, fresh)
        fresh = int(codes[-1]) == NEWLINE


class Whole:
    """A stretch of a text as one string, which the concepts share that are labelled in step."""

    def __init__(self, text: str) -> None:
        self.text = text


_wholes: weakref.WeakValueDictionary[tuple[int, int, int], Whole] = weakref.WeakValueDictionary()


def whole(text: Text, start: int, stop: int) -> Whole:
    """The stretch as a string; it is there once for as long as somebody holds it."""
    # The array lives as long as somebody reads the text, so that its place names it.
    key = (id(text.codes), start, stop)
    found = _wholes.get(key)
    if found is None:
        found = _wholes[key] = Whole(text.slice(start, stop))
    return found


def painted(spans: Iterable[tuple[int, int]], length: int, size: int) -> Iterator[Mask]:
    """Labels that are True within spans, which come in the order of their starts, in windows."""
    source = iter(spans)
    following = next(source, None)
    until = 0
    for begin in range(0, length, max(1, size)):
        end = min(length, begin + max(1, size))
        labels = np.zeros(end - begin, bool)
        labels[: max(0, until - begin)] = True
        while following is not None and following[0] < end:
            first, last = following
            labels[max(0, first - begin) : max(0, last - begin)] = True
            until = max(until, last)
            following = next(source, None)
        yield labels
