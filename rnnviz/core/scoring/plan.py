"""What is compared with what: units, lags, and how far labels are shifted to see chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import Tile, tiles

LEAST_SHIFT = 500
"""Labels are shifted by at least so many characters, either way round the text."""

_NULL_LAG_STEP = 8
_SEED = 20150605


class Offset(NamedTuple):
    """The label at t meets the value at t + shift + lag, counted round the text."""

    shift: int
    lag: int


@dataclass(frozen=True)
class Plan:
    """One ranking: R rows (a unit of a channel each) against J offsets."""

    recording: Recording
    channels: tuple[str, ...]
    length: int
    """How many characters of the recording count."""
    lags: int
    shifts: int

    def tiles(self, size: int) -> list[Tile]:
        """All rows in order, at most `size` units of a channel together."""
        return list(tiles(self.recording, self.channels, size))

    def row(self, tile: Tile) -> int:
        """The row of the first unit of a tile."""
        return self.channels.index(tile.channel) * self.recording.total_units + tile.first

    @property
    def rows(self) -> int:
        """R: units times channels."""
        return len(self.channels) * self.recording.total_units

    @cached_property
    def shift_distances(self) -> tuple[int, ...]:
        """How far labels are shifted for the null; none if the text is too short for it."""
        if self.length < 4 * LEAST_SHIFT:
            return ()
        generator = np.random.default_rng(_SEED)
        drawn = generator.integers(LEAST_SHIFT, self.length - LEAST_SHIFT, self.shifts)
        return tuple(drawn.tolist())

    @cached_property
    def offsets(self) -> tuple[Offset, ...]:
        """All lags without a shift, nearest first, then a coarser set of lags for every shift."""
        lags = sorted(range(-self.lags, self.lags + 1), key=abs)
        coarse = [lag for lag in lags if lag % _NULL_LAG_STEP == 0]
        return (
            *(Offset(0, lag) for lag in lags),
            *(Offset(shift, lag) for shift in self.shift_distances for lag in coarse),
        )

    def places(self, shift: int) -> list[int]:
        """The places in `offsets` of this shift; 0 for the labels where they belong."""
        return [place for place, offset in enumerate(self.offsets) if offset.shift == shift]
