"""What is compared with what: units, lags, and how far labels are shifted to see chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rnnviz.core.recordings.ranges import Ranges
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import Tile, blocks
from rnnviz.core.scoring.steps import CountedSteps

_NULL_LAG_STEP = 8


class Offset(NamedTuple):
    """The label at t meets the value at t + shift + lag, counted round its stretch."""

    shift: int
    """The number of a shift; 0 for the labels where they belong."""
    lag: int


def running_together(
    recording: Recording, channels: Sequence[str]
) -> list[tuple[Ranges, tuple[Tile, ...]]]:
    """The rows of these channels, those that run at the same steps together.

    Returns:
        The steps before `walked` at which they run, and the rows; most often there is one entry.
    """
    found: dict[Ranges, list[Tile]] = {}
    groups = recording.groups
    for channel in channels:
        for place in groups.having(channel):
            ranges = recording.ranges_of(groups.firsts[place])
            first = groups.first_row(channel, place)
            runs, stop = found.setdefault(ranges, []), first + groups[place].width
            if runs and runs[-1].channel == channel and runs[-1].stop == first:
                first = runs.pop().first
            runs.append(Tile(channel, first, stop))
    return [(ranges, tuple(runs)) for ranges, runs in found.items()]


@dataclass(frozen=True)
class Plan:
    """One ranking: R rows (a unit of a channel each) against J offsets."""

    recording: Recording
    runs: tuple[Tile, ...]
    """The rows, neighbouring ones of a channel together."""
    steps: CountedSteps
    shifts: int
    """How many shifts are wanted."""

    @property
    def length(self) -> int:
        """How many steps of the recording are gone through."""
        return self.steps.length

    @property
    def lags(self) -> int:
        """How far before and after a label its value is looked for."""
        return self.steps.lags

    def tiles(self, size: int) -> list[Tile]:
        """All rows in order, at most `size` units of a channel together."""
        return list(self._tiles(size))

    def _tiles(self, size: int) -> Iterator[Tile]:
        for run in self.runs:
            for first, stop in blocks(run.first, run.stop, size):
                yield Tile(run.channel, first, stop)

    def row(self, tile: Tile) -> int:
        """The row of the first unit of a tile."""
        passed = 0
        for run in self.runs:
            if run.channel == tile.channel and run.first <= tile.first < run.stop:
                return passed + tile.first - run.first
            passed += run.stop - run.first
        raise ValueError(f"{tile} is no part of this ranking")

    @property
    def rows(self) -> int:
        """R: units times channels."""
        return sum(run.stop - run.first for run in self.runs)

    @cached_property
    def shift_numbers(self) -> tuple[int, ...]:
        """The shifts of the labels for the null; none if there are too few steps for it."""
        return tuple(range(1, self.steps.shifts(self.shifts) + 1))

    @cached_property
    def offsets(self) -> tuple[Offset, ...]:
        """All lags without a shift, nearest first, then a coarser set of lags for every shift."""
        lags = sorted(range(-self.lags, self.lags + 1), key=abs)
        coarse = [lag for lag in lags if lag % _NULL_LAG_STEP == 0]
        return (
            *(Offset(0, lag) for lag in lags),
            *(Offset(shift, lag) for shift in self.shift_numbers for lag in coarse),
        )

    def places(self, shift: int) -> list[int]:
        """The places in `offsets` of this shift; 0 for the labels where they belong."""
        return [place for place, offset in enumerate(self.offsets) if offset.shift == shift]
