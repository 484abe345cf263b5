"""How the C library keeps memory that was freed: a window that lives for hours gives it back.

glibc learns from each large block that is freed to serve the next one of its size from the heap,
where small blocks that outlive it hold the room; and every thread gets a heap of its own. After
10,000 random events 165 MB were in use and 265 MB held.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 1 << 20
_HEAPS = 2


def give_memory_back() -> bool:
    """Let large blocks return to the system when they are freed, and threads share heaps.

    Whether that was possible: only glibc is told, others do as they do.
    """
    if sys.platform != "linux":
        return False
    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    told = [
        tell(_MMAP_THRESHOLD, _LARGE_BYTES),
        tell(_TRIM_THRESHOLD, _LARGE_BYTES),
        tell(_ARENA_MAX, _HEAPS),
    ]
    return all(told)
