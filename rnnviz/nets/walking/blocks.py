"""How many steps of a text are walked at a time."""

from __future__ import annotations

from collections.abc import Iterator

FIRST_BLOCK = 256
BLOCK = 2048
"""Characters at a time: few at first, so that there is something to see at once, then as many as
stay in the processor's caches."""


def spans(length: int, first: int, largest: int, level: int = 0) -> Iterator[tuple[int, int]]:
    """Start and stop of every block of a text, each twice as long as the one before it.

    Args:
        level: up to this step all are as long as the first.
    """
    start, size = 0, min(first, largest)
    while start < length:
        yield start, min(start + size, length)
        start += size
        if start >= level:
            size = min(2 * size, largest)
