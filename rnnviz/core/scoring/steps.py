"""Which steps of a recording count: those of each document at which a unit runs, less its ends.

A *stretch* is a part of one document at which the units that are scored run throughout. Neither a
lag nor a shift of the labels leaves its stretch, so no label of one document ever meets a value of
another. A text of one document that is read from its first character is one stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.ranges import Ranges, common
from rnnviz.core.recordings.recording import Recording

LEAST_SHIFT = 500
"""Labels of one stretch are shifted by at least so many steps, either way round."""

_SEED = 20150605
_SHORT = 8
"""Lags reach no further than this part of a stretch of average length, where there are several."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CountedSteps:
    """S stretches, and how far a label may be from the value that it is compared with."""

    starts: Indices
    """(S,)"""
    stops: Indices
    """(S,)"""
    lags: int
    """So many steps at both ends of each stretch do not count, so that all lags see the same."""

    @property
    def length(self) -> int:
        """The step after the last stretch."""
        return int(self.stops[-1]) if len(self.stops) else 0

    @property
    def whole(self) -> bool:
        """Whether it is one stretch from the first step on."""
        return len(self.starts) == 0 or (len(self.starts) == 1 and self.starts[0] == 0)

    @property
    def ranges(self) -> Ranges:
        """The stretches; those that touch made one."""
        found: list[tuple[int, int]] = []
        for start, stop in zip(self.starts.tolist(), self.stops.tolist(), strict=True):
            if found and found[-1][1] == start:
                found[-1] = found[-1][0], stop
            else:
                found.append((start, stop))
        return tuple(found)

    @property
    def count(self) -> int:
        """How many steps the stretches have."""
        return int((self.stops - self.starts).sum())

    @cached_property
    def half(self) -> int:
        """Where the second half begins: with a stretch, where there are several."""
        if len(self.starts) < 2:
            return (int(self.starts.sum()) + self.length) // 2
        passed = np.cumsum(self.stops - self.starts)[:-1]
        return int(self.starts[np.abs(passed - self.count / 2).argmin() + 1])

    def excluded(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """Which of the steps from start to stop do not count, (stop - start,)."""
        steps = np.arange(start, stop)
        if not len(self.starts):
            return np.ones(len(steps), bool)
        place = np.searchsorted(self.starts, steps, side="right") - 1
        inside = np.maximum(place, 0)
        found: npt.NDArray[np.bool_] = (
            (place < 0)
            | (steps - self.starts[inside] < self.lags)
            | (self.stops[inside] - steps <= self.lags)
        )
        if len(self.starts) == 1:
            found |= (self.half - self.lags <= steps) & (steps < self.half + self.lags)
        return found

    def shifts(self, wanted: int) -> int:
        """How many different shifts of the labels show chance; none of too few steps."""
        return wanted if self.count >= 4 * LEAST_SHIFT else 0

    def distances_of_whole(self, shifts: int) -> tuple[int, ...]:
        """How far the labels of one whole stretch are shifted: not, and for each shift."""
        if not shifts:
            return (0,)
        generator = np.random.default_rng(_SEED)
        drawn = generator.integers(LEAST_SHIFT, self.length - LEAST_SHIFT, shifts)
        return (0, *drawn.tolist())

    def sources(self, start: int, stop: int, shift: int) -> Indices:
        """Whose label each step from start to stop has once labels are shifted, (stop - start,).

        The labels of each stretch are shifted round its inner part by a quarter to three quarters
        of it; -1 outside of all.
        """
        steps = np.arange(start, stop)
        if not len(self.starts):
            return np.full(len(steps), -1)
        place = np.searchsorted(self.starts, steps, side="right") - 1
        inside = np.maximum(place, 0)
        first = self.starts[inside] + self.lags
        length = self.stops[inside] - self.lags - first
        outside = (place < 0) | (steps < first) | (steps >= first + length)
        if shift:
            length = np.maximum(length, 1)
            steps = first + (steps - first - self._distances(shift)[inside] % length) % length
        found: Indices = np.where(outside, -1, steps)
        return found

    def _distances(self, shift: int) -> Indices:
        """How far the labels of each stretch are shifted, (S,)."""
        if shift not in self._drawn:
            shares = np.random.default_rng((_SEED, shift)).uniform(0.25, 0.75, len(self.starts))
            inner = np.maximum(self.stops - self.starts - 2 * self.lags, 0)
            self._drawn[shift] = (shares * inner).astype(np.int64)
        return self._drawn[shift]

    @cached_property
    def _drawn(self) -> dict[int, Indices]:
        return {}


def counted_steps(recording: Recording, ranges: Ranges, lags: int) -> CountedSteps:
    """The stretches of these ranges of steps, at which some units run.

    Args:
        lags: how far before and after a label its value is looked for; no further than an eighth of
            a stretch of average length where there are several, so that short documents count.
    """
    documents = recording.documents
    if not documents.many:
        found = np.array(ranges, np.int64).reshape(-1, 2)
    else:
        # Without a loop: there may be a million of them.
        offsets = np.asarray(documents.offsets)
        parts = [
            np.stack([edges[:-1], edges[1:]], axis=1)
            for start, stop in common(ranges, ((0, documents.length),))
            for edges in (
                np.unique(np.r_[start, offsets[(offsets > start) & (offsets < stop)], stop]),
            )
        ]
        found = np.concatenate([np.zeros((0, 2), np.int64), *parts])
    if len(found) > 1:
        lags = min(lags, int((found[:, 1] - found[:, 0]).mean()) // _SHORT)
    return CountedSteps(found[:, 0], found[:, 1], lags)
