"""Which steps of a recording are complete, in a file that readers look at while it is written.

    RECORDING/complete    (G + 1, M, 2) int64: for each of G groups, and then for what came out,
                          at most M ranges (start, stop); unused ones are (0, 0)
    RECORDING/walked      version 1: one int64, the same for all

A range grows by one number being replaced; where two ranges meet, the one is made to cover both
before the other goes. So whoever reads meanwhile sees at worst less than there is.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.ranges import Ranges, merged

COMPLETE, WALKED = "complete", "walked"
MOST_RANGES = 8
"""M of a sequence of one document; one more for each further document."""


def slots(documents: int) -> int:
    """M: how many ranges a group may have at once."""
    return MOST_RANGES + documents


class Completeness(Protocol):
    """What is complete by now."""

    def ranges(self, place: int) -> Ranges:
        """Of a group, or with the number of groups, of what came out."""
        ...


class WalkedSoFar:
    """Version 1: everything up to one step."""

    def __init__(self, array: npt.NDArray[Any], length: int) -> None:
        self._array = array
        self._length = length

    def ranges(self, place: int) -> Ranges:
        """The same for all groups."""
        walked = max(0, min(self._length, int(self._array[0])))
        return ((0, walked),) if walked else ()


class CompleteRanges:
    """Version 2, as a reader sees it."""

    def __init__(self, array: npt.NDArray[Any], length: int) -> None:
        self._array = array
        self._length = length

    def ranges(self, place: int) -> Ranges:
        """Of this group."""
        found = np.clip(self._array[place], 0, self._length)
        return merged(map(tuple, found[found[:, 0] < found[:, 1]].tolist()))


class CompleteWriter:
    """Version 2, as the writer keeps it."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array

    def add(self, place: int, start: int, stop: int) -> None:
        """Note that a group is complete from start to stop as well.

        Raises:
            RecordingError: there are more ranges apart from each other than the file has room for.
        """
        if start >= stop:
            return
        slots = self._array[place]
        used = slots[:, 0] < slots[:, 1]
        touching = np.flatnonzero(used & (slots[:, 0] <= stop) & (slots[:, 1] >= start))
        if len(touching):
            first = int(touching[0])
            low = min(start, int(slots[touching, 0].min()))
            high = max(stop, int(slots[touching, 1].max()))
            slots[first, 0], slots[first, 1] = low, high
            for other in touching[1:].tolist():
                slots[other, 1] = 0
                slots[other, 0] = 0
            return
        free = np.flatnonzero(~used)
        if not len(free):
            raise RecordingError(
                f"the recording is written in more than {len(slots)} pieces that do not touch"
            )
        slots[free[0], 0] = start
        slots[free[0], 1] = stop
