"""The correlation of every unit with every concept at every offset, in one pass over the text.

For a block of b characters the values are (R, b) and the standardised labels, moved by each offset,
(C * J, b): one matrix product gives what the block adds to all sums. What each offset excludes is
taken off again, so a concept that applies everywhere costs no more than its labels.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, starmap

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from rnnviz.core.recordings.recording import Values
from rnnviz.core.recordings.rows import (
    Floats,
    Tile,
    blocks,
    read_tile,
    sample_tile,
    to_float32,
)
from rnnviz.core.scoring.labels import LabelSpool
from rnnviz.core.scoring.plan import Plan

Doubles = npt.NDArray[np.float64]

BLOCK = 4096
BLOCKS_AT_ONCE = 4
"""So many are read at once: a call to the system for each row costs what 2,000 values cost."""
TILE = 256
_RELATIVE_ROUNDING = 1e-6
_CENTRE_PIECES = 4
_TOGETHER = 16
"""So many rows are converted at a time, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class BlockColumns:
    """The labels of one block at all offsets."""

    labels: Floats
    """(C * J + E, b): standardised labels, 0 where excluded; then 1 where something is excluded."""
    excluded: list[tuple[npt.NDArray[np.intp], slice]]
    """For each group of concepts that exclude the same: which offsets exclude, and their rows."""


class Sums:
    """What is added up over the text; disjoint tiles may be added at the same time."""

    def __init__(self, plan: Plan, concepts: int, excluded_groups: int) -> None:
        offsets = len(plan.offsets)
        self.products = np.zeros((plan.rows, concepts * offsets))
        self.values = np.zeros((plan.rows, 2))
        """Sum and sum of squares of all values, less `centres`."""
        self.excluded = np.zeros((excluded_groups, plan.rows, 2, offsets))
        self.centres = np.zeros((plan.rows, 1), np.float32)

    def centre(self, plan: Plan, tile: Tile) -> None:
        """Take from the tile's values about their mean, so that no sum loses digits."""
        first = plan.row(tile)
        sample = to_float32(sample_tile(plan.recording, tile, plan.steps.ranges, _CENTRE_PIECES))
        self.centres[first : first + len(sample)] = sample.mean(1, np.float64, keepdims=True)

    def add(
        self, plan: Plan, tile: Tile, bounds: list[tuple[int, int]], columns: list[BlockColumns]
    ) -> None:
        """Add some blocks of one tile, one after the other, read at once."""
        begin, end = bounds[0][0], bounds[-1][1]
        recorded = read_tile(plan.recording, tile, begin, end)
        for (start, stop), one in zip(bounds, columns, strict=True):
            self._add(plan.row(tile), recorded[:, start - begin : stop - begin], one)

    def _add(self, row: int, recorded: Values, columns: BlockColumns) -> None:
        rows = slice(row, row + len(recorded))
        values = np.empty(recorded.shape, np.float32)
        for first, last in blocks(0, len(recorded), _TOGETHER):
            part, sums = to_float32(recorded[first:last]), self.values[rows][first:last]
            part -= self.centres[rows][first:last]
            values[first:last] = part
            sums[:, 0] += part.sum(1)
            part *= part
            sums[:, 1] += part.sum(1)
        products = values @ columns.labels.T
        self.products[rows] += products[:, : self.products.shape[1]]
        if products.shape[1] > self.products.shape[1]:
            values *= values
        for group, (places, which) in enumerate(columns.excluded):
            if len(places):
                self.excluded[group, rows, 0][:, places] += products[:, which]
                self.excluded[group, rows, 1][:, places] += values @ columns.labels[which].T


def correlations(
    plan: Plan, spool: LabelSpool, pool: Executor, progress: Callable[[float], None]
) -> Doubles:
    """Pearson's correlation of every row with every concept at every offset, (R, C, J) float64.

    NaN where the unit or the label does not vary. The products are float32, added up in float64.
    """
    groups = _same_excluded(spool)
    sums = Sums(plan, len(spool.facts), len(groups))
    tiles = plan.tiles(TILE)
    if plan.length:
        list(pool.map(partial(sums.centre, plan), tiles))
    for start, stop in blocks(0, plan.length, BLOCK * BLOCKS_AT_ONCE):
        bounds = list(blocks(start, stop, BLOCK))
        columns = list(pool.map(partial(_columns, plan, spool, groups), bounds))
        list(pool.map(partial(sums.add, plan, bounds=bounds, columns=columns), tiles))
        progress(stop / plan.length)
    return _finish(plan, spool, groups, sums)


def _columns(
    plan: Plan, spool: LabelSpool, groups: list[list[int]], bounds: tuple[int, int]
) -> BlockColumns:
    start, stop = bounds
    shape = (len(spool.facts), len(plan.offsets), stop - start)
    excluded = np.zeros((len(groups), *shape[1:]), np.bool_)
    windows = {
        (concept, shift): spool.window(concept, start - plan.lags, stop + plan.lags, shift)
        for concept in range(shape[0])
        for shift in (0, *plan.shift_numbers)
    }
    # Where the value stands at p, the label stands at p - shift - lag.
    begins = [plan.lags - offset.lag for offset in plan.offsets]
    for group, members in enumerate(groups):
        for shift in (0, *plan.shift_numbers):
            missing = np.isnan(windows[members[0], shift])
            if missing.any():
                moved = sliding_window_view(missing, shape[2])
                for place in plan.places(shift):
                    excluded[group, place] = moved[begins[place]]
    some = [np.flatnonzero(part.any(1)) for part in excluded]
    ends = np.cumsum([shape[0] * shape[1], *map(len, some)]).tolist()
    rows = np.empty((ends[-1], shape[2]), np.float32)
    labels = rows[: ends[0]].reshape(shape)
    for (concept, shift), window in windows.items():
        facts = spool.facts[concept]
        standard = (window - np.float32(facts.mean)) / np.float32(facts.deviation or np.nan)
        standard[np.isnan(window)] = 0
        moved = sliding_window_view(standard, shape[2])
        for place in plan.places(shift):
            labels[concept, place] = moved[begins[place]]
    for group, (first, last) in enumerate(pairwise(ends)):
        rows[first:last] = excluded[group, some[group]]
    return BlockColumns(rows, list(zip(some, starmap(slice, pairwise(ends)), strict=True)))


def _finish(plan: Plan, spool: LabelSpool, groups: list[list[int]], sums: Sums) -> Doubles:
    products = sums.products.reshape(plan.rows, len(spool.facts), len(plan.offsets))
    found = np.full(products.shape, np.nan)
    for group, members in enumerate(groups):
        counted = spool.facts[members[0]].counted
        if not counted:
            continue
        value, square = (
            sums.values[:, part, None] - sums.excluded[group, :, part] for part in (0, 1)
        )
        variation = square - value**2 / counted
        variation[variation <= _RELATIVE_ROUNDING * sums.values[:, 1:]] = np.nan
        spread = np.sqrt(variation * counted)
        for concept in members:
            found[:, concept] = np.clip(products[:, concept] / spread, -1, 1)
    return found


def _same_excluded(spool: LabelSpool) -> list[list[int]]:
    """Concepts that exclude the same characters, together."""
    groups: dict[str, list[int]] = {}
    for concept, facts in enumerate(spool.facts):
        groups.setdefault(facts.excluded, []).append(concept)
    return list(groups.values())
