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
from rnnviz.core.recordings.ranges import Ranges

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
        self._array = np.asarray(array)
        """No `memmap`, of which every part would be one, too."""
        self._length = length
        self._whole: set[int] = set()
        """Groups that are complete and so stay: asked at every painting, of many documents."""
        self._last: dict[int, tuple[bytes, Ranges]] = {}
        """What stood in the file of a group when it was asked for last, and what that says."""

    def ranges(self, place: int) -> Ranges:
        """Of this group."""
        whole: Ranges = ((0, self._length),)
        if place in self._whole:
            return whole
        written = self._array[place].tobytes()
        last = self._last.get(place)
        if last is not None and last[0] == written:
            return last[1]
        slots = np.frombuffer(written, self._array.dtype).reshape(-1, 2)
        used = slots[slots[:, 0] < slots[:, 1]]
        found = _joined(np.clip(used, 0, self._length))
        if found == whole:
            self._whole.add(place)
        self._last[place] = written, found
        return found


def _joined(ranges: npt.NDArray[Any]) -> Ranges:
    """As `merged`, of an array (N, 2)."""
    ranges = ranges[ranges[:, 0] < ranges[:, 1]]
    if len(ranges) < 2:
        return tuple((start, stop) for start, stop in ranges.tolist())
    ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ranges[:, 1])
    firsts = np.flatnonzero(np.append(True, ranges[1:, 0] > reach[:-1]))
    stops = reach[np.append(firsts[1:] - 1, len(ranges) - 1)]
    return tuple(zip(ranges[firsts, 0].tolist(), stops.tolist(), strict=True))


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
