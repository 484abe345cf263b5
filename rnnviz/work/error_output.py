"""What a child writes to its error stream, as much of it as tells why it ended."""

from __future__ import annotations

import threading
from collections import deque

CRASH = "Fatal Python error: "
"""With this Python begins to write where each thread stood, the crashing one anywhere among them,
in the order in which they began."""
CRASHED_HERE = "Current thread "
_MOST_OF_A_RECORD = 1_000
_MOST_OF_A_THREAD = 120
"""More lines than Python writes of one thread."""
_LAST = 40


class ErrorOutput:
    """Keeps the end and, of the first record of a crash, its beginning and the crashing thread.

    Threads may use it at once.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._record: list[tuple[int, str]] = []
        self._last: deque[tuple[int, str]] = deque(maxlen=_LAST)
        self._count = 0
        self._wanted = 0
        """So many more lines belong to the record."""

    def add(self, line: str) -> None:
        """Take a line, with what ends it."""
        with self._guard:
            if line.startswith(CRASH) and not self._record:
                # What was said just before may be about it, too.
                self._record.extend(self._last)
                self._wanted = _MOST_OF_A_RECORD
            elif line.startswith(CRASHED_HERE) and 0 < len(self._record) <= 2 * _MOST_OF_A_RECORD:
                self._wanted = max(self._wanted, _MOST_OF_A_THREAD)
            numbered = (self._count, line)
            if self._wanted:
                self._record.append(numbered)
                self._wanted -= 1
            self._last.append(numbered)
            self._count += 1

    def __str__(self) -> str:
        """All that is kept, with a line wherever some is left out after the first of it."""
        with self._guard:
            kept = sorted({*self._record, *self._last})
        said, before = [], kept[0][0] - 1 if kept else 0
        for number, line in kept:
            if number > before + 1:
                said.append(f"... {number - before - 1:,} lines are left out ...\n")
            said.append(line)
            before = number
        return "".join(said)
