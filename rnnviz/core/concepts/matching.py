"""Regular expressions of a person's over a text of any length, so that a bad one cannot hang.

Python's `re` backtracks: `(a+)+b` takes exponential time on a few dozen characters, and cannot be
interrupted. Three measures:

- the text is searched in pieces, paragraphs of at most `PIECE` characters, so that time which grows
  with the square or the cube of a length stays small; no match crosses a blank line;
- a pattern that could be exponential, since it repeats a group that itself has a choice, is tried
  on growing beginnings of each piece before the whole, and given up as soon as one takes long;
- the clock is read after each piece, and a search that takes too long ends with an error.

What remains is a pattern that explodes within four characters, as `(?:a?){40}a{40}` does: a job
that runs one ends only with its process.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from rnnviz.core.errors import ConceptError

PIECE = 4096
"""Characters that are searched at a time, at most."""
CAREFUL_PIECE = 512
"""The same for a pattern that could be exponential."""

_SECONDS = 10.0
_SECONDS_PER_CHARACTER = 20e-6
_SECONDS_PER_PIECE = 0.1
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_PART = re.compile(
    r"""\\. | \[\^?\]?(?:\\.|[^\]\\])*\]
      | (?P<open>\((?:\?[:>=!])?) | (?P<close>\)) | (?P<choice>[|?*+]|\{\d*(?:,\d*)?\})""",
    re.VERBOSE | re.DOTALL,
)


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """The compiled pattern; ^ and $ match at every line.

    Raises:
        ConceptError: it does not compile.
    """
    try:
        return re.compile(pattern, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    except (re.error, RecursionError, OverflowError) as error:
        raise ConceptError(f"{pattern!r} is no regular expression: {error}") from error


def matches(compiled: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern matches, as (start, stop), piece by piece.

    Raises:
        ConceptError: it takes too long.
    """
    careful = repeats_a_choice(compiled.pattern)
    deadline = time.monotonic() + _SECONDS + _SECONDS_PER_CHARACTER * len(text)
    for start, stop in _pieces(text, CAREFUL_PIECE if careful else PIECE):
        if careful and not _is_quick(compiled, text, start, stop):
            raise _too_slow(compiled, start)
        for match in compiled.finditer(text, start, stop):
            yield match.span()
        if time.monotonic() > deadline:
            raise _too_slow(compiled, stop)


def repeats_a_choice(pattern: str) -> bool:
    """Whether a group that holds a repetition or alternatives is itself repeated.

    Only such a pattern can take exponential time; most of them do not.
    """
    groups: list[bool] = []
    """For each group that is open: whether the one around it holds a choice."""
    holds, closed, holds_closed = False, -1, False
    for part in _PART.finditer(pattern):
        if part["open"]:
            groups.append(holds)
            holds = False
        elif part["close"] and groups:
            closed, holds_closed = part.end(), holds
            holds |= groups.pop()
        elif part["choice"]:
            if part.start() == closed and holds_closed and part["choice"] not in "|?":
                return True
            holds = True
    return False


def _pieces(text: str, longest: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        stop = min(start + longest, len(text))
        blank = _BLANK_LINE.search(text, start, stop)
        if blank:
            stop = blank.end()
        elif stop < len(text):
            stop = text.rfind("\n", start, stop) + 1 or stop
        yield start, stop
        start = stop


def _is_quick(compiled: re.Pattern[str], text: str, start: int, stop: int) -> bool:
    """Whether the time grows slowly over the beginnings of a piece.

    Where each further character multiplies the time, small steps keep the next trial short.
    """
    end = start
    while True:
        began = time.thread_time()
        for _ in compiled.finditer(text, start, end):
            pass
        seconds = time.thread_time() - began
        if seconds > _SECONDS_PER_PIECE or end >= stop:
            return seconds <= _SECONDS_PER_PIECE
        end = min(stop, end + (4 if seconds < 1e-3 else 1))


def _too_slow(compiled: re.Pattern[str], position: int) -> ConceptError:
    return ConceptError(
        f"the regular expression {compiled.pattern!r} takes too long near character {position:,}; "
        "make it more specific, or its repetitions possessive, as in `(a++)+`"
    )
