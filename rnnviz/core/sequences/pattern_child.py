"""Runs in a process of its own: finds a regular expression in a text, and may be killed over it.

Reads one JSON line (`pattern`, `flags`, `pieces`, `most`), then the text in UTF-8; writes start and
stop of every match, int64. Imports nothing of rnnviz, so that it starts in some milliseconds.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable


def spans(
    compiled: re.Pattern[str], text: str, pieces: Iterable[tuple[int, int]], most: int
) -> array[int]:
    """Start and stop of the matches that are not empty, one after another, `most` of them at most.

    Args:
        pieces: the text is searched from each start up to its stop; no match crosses a stop.
    """
    found: array[int] = array("q")
    for start, stop in pieces:
        for match in compiled.finditer(text, start, stop):
            if match.end() > match.start():
                found.extend(match.span())
                if len(found) >= 2 * most:
                    return found
    return found


if __name__ == "__main__":
    import json
    import sys

    asked = json.loads(sys.stdin.buffer.readline())
    searched = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")
    expression = re.compile(asked["pattern"], asked["flags"])
    sys.stdout.buffer.write(spans(expression, searched, asked["pieces"], asked["most"]).tobytes())
