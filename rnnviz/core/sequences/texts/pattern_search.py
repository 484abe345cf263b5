"""Finds a person's regular expression in a text, so that a bad one cannot hang anything.

Python's `re` backtracks: `(a+)+$` takes exponential time on a few dozen characters, and nothing can
interrupt it from within. The library `regex` reads the same expressions, avoids most of that, lets
other threads run meanwhile, and stops when its time is over; so no process is needed that would
have to be killed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import regex

SECONDS = 3.0
"""So long a search may take,"""
SECONDS_PER_CHARACTER = 4e-6
"""and so much longer for each character that is searched."""
ALL = 1 << 62

_FLAGS = ("IGNORECASE", "MULTILINE", "DOTALL", "VERBOSE", "ASCII")
"""What both `re` and `regex` call a flag."""


def find_spans(
    compiled: re.Pattern[str],
    text: str,
    pieces: Sequence[tuple[int, int]] | None = None,
    most: int = ALL,
) -> npt.NDArray[np.int64]:
    """Start and stop of every match that is not empty, (matches, 2).

    Args:
        pieces: the text is searched from each start up to its stop, and what lies before a start is
            seen by `^` and the like; None for the whole text.
        most: so many are found at most.

    Raises:
        TimeoutError: it took more than `SECONDS`, or more memory than there is, and was stopped.
    """
    parts = [(0, len(text))] if pieces is None else pieces
    allowed = SECONDS + SECONDS_PER_CHARACTER * sum(stop - start for start, stop in parts)
    found: list[tuple[int, int]] = []
    try:
        same = _read_by_regex(compiled)
        ends_at = time.monotonic() + allowed
        for start, stop in parts:
            left = ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for match in same.finditer(text, start, stop, timeout=left, concurrent=True):
                if match.end() > match.start():
                    found.append(match.span())
                    if len(found) >= most:
                        return _array(found)
    except (TimeoutError, MemoryError) as error:
        raise TimeoutError(
            f"the regular expression {compiled.pattern!r} takes too long on this text; make it "
            "more specific, or its repetitions possessive, as in `(a++)+`"
        ) from error
    return _array(found)


def _array(found: list[tuple[int, int]]) -> npt.NDArray[np.int64]:
    return np.array(found, np.int64).reshape(-1, 2)


def _read_by_regex(compiled: re.Pattern[str]) -> regex.Pattern[str]:
    """The same expression for `regex`; what `re` has compiled is at most read a little wider.

    Raises:
        TimeoutError: `regex` cannot compile it.
    """
    import regex  # here, not above: the window starts without it

    chosen = [name for name in _FLAGS if compiled.flags & getattr(re, name)]
    flags = sum(getattr(regex, name) for name in chosen)
    try:
        return regex.compile(compiled.pattern, flags | regex.VERSION0)
    except (regex.error, RecursionError, OverflowError) as error:
        raise TimeoutError from error
