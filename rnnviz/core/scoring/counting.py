"""How often each value of a unit meets a true and a false label, counted in one pass over the text.

A float16 number is one of 65,536 codes. For every unit the codes are put in at most `BINS` bins:
one for every value of a sample of the text, or as many equally full ones. Then the areas and
thresholds are exact where a unit takes few values, and an area errs by less than 1 / BINS at worst
where it takes many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.rows import Codes16, Tile, blocks, read_tile, sample_tile, sortable
from rnnviz.core.scoring.labels import EXCLUDED, NEGATIVE, POSITIVE, LabelSpool
from rnnviz.core.scoring.plan import Offset, Plan

Counts = npt.NDArray[np.int32]

BINS = 1024
BLOCK = 1 << 16
TILE = 64
_CODES = 1 << 16


class Pairing(NamedTuple):
    """One row and one concept at one offset."""

    row: int
    concept: int
    offset: Offset
    correlation: float

    @property
    def sign(self) -> int:
        """1 if the value rises with the label, or has no tie to it at all; else -1."""
        return -1 if self.correlation < 0 else 1


class Places(NamedTuple):
    """Where in a block the labels of a concept, shifted, are of one class."""

    which: int
    """NEGATIVE, POSITIVE or EXCLUDED."""
    places: npt.NDArray[np.intp]
    """Counted from the start of the block less `lags`."""
    first: npt.NDArray[np.intp]
    """For lag number i (the lag plus `lags`), where its part of `places` starts,"""
    last: npt.NDArray[np.intp]
    """and where it ends."""


BlockPlaces = dict[tuple[int, int], list[Places]]
"""For each concept and shift, the places of the two rarer of the three classes."""


def half_blocks(plan: Plan) -> Iterator[tuple[int, int, int]]:
    """(half, start, stop) of blocks that lie in one half of the text."""
    half = plan.length // 2
    for number, (first, last) in enumerate(((0, half), (half, plan.length))):
        for start, stop in blocks(first, last, BLOCK):
            yield number, start, stop


def rarer_classes(spool: LabelSpool, concept: int) -> list[int]:
    """The two classes that are counted; the third is what remains."""
    how_many = spool.facts[concept].classes
    return sorted((NEGATIVE, POSITIVE, EXCLUDED), key=lambda one: how_many[one])[:2]


def block_places(
    plan: Plan, spool: LabelSpool, wanted: Iterable[tuple[int, int]], start: int, stop: int
) -> BlockPlaces:
    """The places of the rarer classes for each wanted (concept, shift)."""
    found: BlockPlaces = {}
    begins = np.arange(2 * plan.lags, -1, -1)
    for concept, shift in wanted:
        classes = spool.classes(concept, start - shift - plan.lags, stop - shift + plan.lags)
        found[concept, shift] = [
            Places(
                one,
                places := np.flatnonzero(classes == one),
                np.searchsorted(places, begins),
                np.searchsorted(places, begins + (stop - start)),
            )
            for one in rarer_classes(spool, concept)
        ]
    return found


class Tally:
    """The counts of one tile for some pairings, and the bins in which they are counted."""

    def __init__(self, plan: Plan, tile: Tile, pairings: Sequence[Pairing]) -> None:
        self.plan = plan
        self.tile = tile
        self.pairings = pairings
        units = tile.stop - tile.first
        samples = np.sort(sortable(sample_tile(plan.recording, tile, plan.length)), kind="stable")
        self.edges = [bin_edges(sample) for sample in samples]
        """For each unit the lowest code of every bin but bin 0, which lies below all of them."""
        self._bins = np.stack([_bin_of_code(edges) for edges in self.edges])
        self._all = np.zeros((units, 2, BINS), np.int32)
        self._counts = np.zeros((len(pairings), 2, 3, BINS), np.int32)
        self._of_row: list[list[int]] = [[] for _ in range(units)]
        for place, pairing in enumerate(pairings):
            self._of_row[pairing.row - plan.row(tile)].append(place)

    def add(self, half: int, start: int, stop: int, places: BlockPlaces) -> None:
        """Count one block, (units, stop - start)."""
        codes = sortable(read_tile(self.plan.recording, self.tile, start, stop))
        lags = self.plan.lags
        # Padded, so that the value that meets the label at place i is bins[lag + lags + i].
        bins = np.zeros(stop - start + 2 * lags, np.uint16)
        for unit, row in enumerate(codes):
            np.take(self._bins[unit], row, out=bins[2 * lags :], mode="clip")
            self._all[unit, half] += np.bincount(bins[2 * lags :], minlength=BINS)
            for number in self._of_row[unit]:
                _, concept, (shift, lag), _ = self.pairings[number]
                which = lag + lags
                for one, found, first, last in places[concept, shift]:
                    if last[which] > first[which]:
                        met = bins[which:].take(found[first[which] : last[which]], mode="clip")
                        self._counts[number, half, one] += np.bincount(met, minlength=BINS)

    def finish(self, spool: LabelSpool) -> Counts:
        """How often each bin met a negative and a positive label, (pairings, 2, 2, BINS).

        The second axis is the half of the text. Call it once, when all blocks are counted.
        """
        for counts, pairing in zip(self._counts, self.pairings, strict=True):
            first, second = rarer_classes(spool, pairing.concept)
            remaining = NEGATIVE + POSITIVE + EXCLUDED - first - second
            total = self._all[pairing.row - self.plan.row(self.tile)]
            counts[:, remaining] = total - counts[:, first] - counts[:, second]
        return self._counts[:, :, [NEGATIVE, POSITIVE]]


def bin_edges(sample: Codes16) -> Codes16:
    """Where bins begin, ascending: at every value of a sorted sample, or as full as each other."""
    distinct = sample[np.r_[True, sample[1:] != sample[:-1]]] if len(sample) else sample
    if len(distinct) < BINS:
        return distinct
    chosen = sample[np.linspace(0, len(sample) - 1, BINS - 1).astype(int)]
    return np.unique(chosen)


def _bin_of_code(edges: Codes16) -> Codes16:
    """For each of the 65,536 codes its bin: how many edges are not above it."""
    bins = np.arange(len(edges) + 1, dtype=np.uint16)
    bounds = np.concatenate([[0], edges, [_CODES]])
    return np.repeat(bins, bounds[1:] - bounds[:-1])
