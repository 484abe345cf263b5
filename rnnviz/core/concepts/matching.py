"""A person's regular expressions over a text of any length: what matches in each paragraph.

The text is searched in pieces, paragraphs of at most `PIECE` characters, so that time which grows
with the square of a length stays small; no match crosses a blank line. What takes too long all the
same is stopped, see `core.pattern_search`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.texts.pattern_search import find_spans

PIECE = 4096
"""Characters that are searched at a time, at most."""

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """The compiled pattern; ^ and $ match at every line.

    Raises:
        ConceptError: it does not compile.
    """
    try:
        return re.compile(pattern, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    except (re.error, RecursionError, OverflowError) as error:
        raise ConceptError(f"{pattern!r} is no regular expression: {error}") from error


def matches(compiled: re.Pattern[str], text: str, size: int) -> Iterator[tuple[int, int]]:
    """Where the pattern matches, start and stop, one after the other.

    Args:
        size: so many characters are searched before what they hold is given.

    Raises:
        ConceptError: it takes too long.
    """
    pieces = _pieces(text)
    while batch := list(_batch(pieces, size)):
        try:
            yield from find_spans(compiled, text, batch).tolist()
        except TimeoutError as error:
            raise ConceptError(str(error)) from error


def _batch(pieces: Iterator[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """The next pieces, that have so many characters together."""
    for start, stop in pieces:
        yield start, stop
        size -= stop - start
        if size <= 0:
            return


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        stop = min(start + PIECE, len(text))
        blank = _BLANK_LINE.search(text, start, stop)
        if blank:
            stop = blank.end()
        elif stop < len(text):
            stop = text.rfind("\n", start, stop) + 1 or stop
        yield start, stop
        start = stop
