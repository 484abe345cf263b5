"""Finds a person's regular expression in a text, so that a bad one cannot hang anything.

Python's `re` backtracks: `(a+)+$` takes exponential time on a few dozen characters, and nothing can
interrupt it from within. So a pattern that could take long runs in a child process, which is killed
when its time is over. One that cannot, since it hardly repeats anything, runs here at once.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences import pattern_child

SECONDS = 3.0
"""So long a search may take,"""
SECONDS_PER_CHARACTER = 4e-6
"""and so much longer for each character of the text."""
ALL = 1 << 62

_TAME_STEPS = 5e7
_PART = re.compile(
    r"""\\. | \[\^?\]?(?:\\.|[^\]\\])*\]
      | (?P<open>\((?:\?[:>=!]|\?<[=!])?) | (?P<close>\))
      | (?P<many>[*+]|\{\d*,\d*\}) [?+]? | \{\d+\} | (?P<two>[|?])""",
    re.VERBOSE | re.DOTALL,
)


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
        TimeoutError: it took more than `SECONDS`, and was stopped.
    """
    parts = [(0, len(text))] if pieces is None else list(pieces)
    longest = max((stop - start for start, stop in parts), default=0)
    if is_tame(compiled.pattern, longest):
        found = pattern_child.spans(compiled, text, parts, most)
        return np.array(found, np.int64).reshape(-1, 2)
    asked = {"pattern": compiled.pattern, "flags": compiled.flags, "pieces": parts, "most": most}
    try:
        ran = subprocess.run(
            # Without site packages and the person's settings it starts fastest.
            [sys.executable, "-I", "-S", pattern_child.__file__],
            input=json.dumps(asked).encode() + b"\n" + text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=SECONDS + SECONDS_PER_CHARACTER * len(text),
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(
            f"the regular expression {compiled.pattern!r} takes too long on this text; make it "
            "more specific, or its repetitions possessive, as in `(a++)+`"
        ) from error
    return np.frombuffer(ran.stdout, np.int64).reshape(-1, 2)


def is_tame(pattern: str, length: int) -> bool:
    """Whether a pattern can only take few steps on so many characters, by a generous estimate.

    Every repetition may end anywhere, every choice doubles the ways, and a group that holds either
    and is itself repeated may take exponentially many.
    """
    groups: list[bool] = []
    """For each group that is open: whether the one around it holds a choice."""
    holds, closed, closed_holds, ways = False, -1, False, float(max(1, length))
    for part in _PART.finditer(pattern):
        if part["open"]:
            groups.append(holds)
            holds = False
        elif part["close"]:
            closed, closed_holds = part.end(), holds
            holds |= groups.pop() if groups else False
        elif part["many"] or part["two"]:
            ways *= max(2, length) if part["many"] else 2
            holds = True
        if part.start() == closed and closed_holds and part[0] not in "|?":
            return False
    return ways <= _TAME_STEPS
