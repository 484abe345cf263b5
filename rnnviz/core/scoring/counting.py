"""How often each value of a unit meets a true and a false label, counted in one pass over the text.

A float16 number is one of 65,536 codes. For every unit the codes are put in at most `BINS` bins:
one for every value of a sample of the text, or where it takes many, bins that hold equal shares of
the sample, with finer ones at both ends, where the threshold for a rare label lies. Then areas and
thresholds are exact where a unit takes few values. Where it takes many, an area errs by less than
half the share of the fullest bin, 1 / 400, at the very worst, since within a bin true and false
labels are taken for mixed; the error is some 1e-4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.rows import (
    Codes16,
    Tile,
    blocks,
    halves,
    read_tile,
    sample_tile,
    sortable,
)
from rnnviz.core.scoring.labels import EXCLUDED, NEGATIVE, POSITIVE, LabelSpool
from rnnviz.core.scoring.plan import Offset, Plan

Counts = npt.NDArray[np.int32]

BINS = 256
BLOCK = 1 << 16
TILE = 64
_CODES = 1 << 16
_FEW = 64
"""Where a class has no more places in a block, all pairings of a concept are counted at once."""
_TAIL = 24
"""So many bins at each end halve in size from one to the next but one."""


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
    at_lag: list[npt.NDArray[np.intp]]
    """For lag number i (the lag plus `lags`), those whose value lies in the block; empty if few."""


BlockPlaces = dict[tuple[int, int], list[Places]]
"""For each concept and shift, the places of the two rarer of the three classes."""


def half_blocks(plan: Plan) -> Iterator[tuple[int, int, int]]:
    """(half, start, stop) of blocks that lie in one half of the text."""
    half = plan.steps.half
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
        classes = spool.classes(concept, start - plan.lags, stop + plan.lags, shift)
        parts = found[concept, shift] = []
        for one in rarer_classes(spool, concept):
            places = np.flatnonzero(classes == one)
            cuts = [np.searchsorted(places, begins + far).tolist() for far in (0, stop - start)]
            many = len(places) > _FEW
            at_lag = [places[a:b] for a, b in zip(*cuts, strict=True)] if many else []
            if len(places):
                parts.append(Places(one, places, at_lag))
    return found


class Tally:
    """The counts of one tile for some pairings, and the bins in which they are counted."""

    def __init__(self, plan: Plan, tile: Tile, pairings: Sequence[Pairing]) -> None:
        self.plan = plan
        self.tile = tile
        self.pairings = pairings
        self.rows = np.array([pairing.row for pairing in pairings], np.intp) - plan.row(tile)
        """For each pairing the row within the tile."""
        units = tile.stop - tile.first
        sample = halves(sample_tile(plan.recording, tile, plan.steps.ranges))
        samples = np.sort(sortable(sample), kind="stable")
        self.edges = bin_edges(samples)
        """For each unit the lowest code of every bin but bin 0, which lies below all of them."""
        self._bins = np.stack([_bin_of_code(edges) for edges in self.edges])
        self._all = np.zeros((units, 2, BINS), np.intp)
        self._counts = np.zeros((len(pairings), 2, 3, BINS), np.intp)
        self._which = np.array([each.offset.lag for each in pairings], np.intp) + plan.lags
        self._of_row: list[list[tuple[int, int, tuple[int, int]]]] = [[] for _ in range(units)]
        self._alike: dict[tuple[int, int], list[int]] = {}
        for number, (row, pairing) in enumerate(zip(self.rows.tolist(), pairings, strict=True)):
            key = (pairing.concept, pairing.offset.shift)
            self._of_row[row].append((number, pairing.offset.lag + plan.lags, key))
            self._alike.setdefault(key, []).append(number)

    @property
    def wanted(self) -> Iterable[tuple[int, int]]:
        """The concepts and shifts that occur."""
        return self._alike.keys()

    def add(self, half: int, start: int, stop: int, places: BlockPlaces) -> None:
        """Count one block, (units, stop - start)."""
        codes = sortable(halves(read_tile(self.plan.recording, self.tile, start, stop)))
        # Padded, so that the value that meets the label at place i is bins[lag + lags + i].
        pad = 2 * self.plan.lags
        bins = np.zeros((len(codes), stop - start + pad), np.uint8)
        for unit, row in enumerate(bins):
            np.take(self._bins[unit], codes[unit], out=row[pad:], mode="clip")
            self._all[unit, half] += np.bincount(row[pad:], minlength=BINS)
            for number, which, key in self._of_row[unit]:
                for one, _, at_lag in places[key]:
                    if at_lag:
                        met = row[which:].take(at_lag[which], mode="clip")
                        self._counts[number, half, one] += np.bincount(met, minlength=BINS)
        for key, numbers in self._alike.items():
            for one, found, at_lag in places[key]:
                if not at_lag:
                    self._add_few(bins, half, one, np.array(numbers), found)

    def _add_few(
        self,
        bins: npt.NDArray[np.uint8],
        half: int,
        one: int,
        numbers: npt.NDArray[np.intp],
        places: npt.NDArray[np.intp],
    ) -> None:
        """Count a few places for all of these pairings."""
        pad = 2 * self.plan.lags
        met = self._which[numbers, None] + places
        inside = (met >= pad) & (met < bins.shape[1])
        values = bins[self.rows[numbers, None], np.minimum(met, bins.shape[1] - 1)].astype(np.intp)
        values += np.arange(0, len(numbers) * BINS, BINS)[:, None]
        counted = np.bincount(values[inside], minlength=len(numbers) * BINS)
        self._counts[numbers, half, one] += counted.reshape(-1, BINS)

    def finish(self, spool: LabelSpool) -> Counts:
        """How often each bin met a negative and a positive label, (pairings, 2, 2, BINS).

        The second axis is the half of the text. Call it once, when all blocks are counted.
        """
        for (concept, _), numbers in self._alike.items():
            first, second = rarer_classes(spool, concept)
            remaining = NEGATIVE + POSITIVE + EXCLUDED - first - second
            counted = self._counts[numbers, :, first] + self._counts[numbers, :, second]
            self._counts[numbers, :, remaining] = self._all[self.rows[numbers]] - counted
        return self._counts[:, :, [NEGATIVE, POSITIVE]].astype(np.int32)


def bin_edges(samples: Codes16) -> list[Codes16]:
    """Where the bins of each sorted sample (units, n) begin, ascending.

    At every value, or after equal shares of them; of these the outermost are cut further, each half
    as large as the last but one.
    """
    changes = samples[:, 1:] != samples[:, :-1]
    many = changes.sum(1) + 1 >= BINS
    even = np.linspace(0, 1, BINS - 1 - 2 * _TAIL)
    tail = even[1] * 0.5 ** (np.arange(1, _TAIL + 1) / 2)
    shares = np.sort(np.concatenate([even, tail, 1 - tail]))
    chosen = (
        samples[:, (shares * (samples.shape[1] - 1)).astype(np.intp)] if many.any() else samples
    )
    found = []
    for unit, sample in enumerate(samples):
        if many[unit]:
            part = chosen[unit]
            found.append(part[np.r_[True, part[1:] != part[:-1]]])
        else:
            found.append(sample[np.r_[True, changes[unit]]] if len(sample) else sample)
    return found


def _bin_of_code(edges: Codes16) -> npt.NDArray[np.uint8]:
    """For each of the 65,536 codes its bin: how many edges are not above it."""
    bins = np.arange(len(edges) + 1, dtype=np.uint8)
    bounds = np.concatenate([[0], edges, [_CODES]])
    return np.repeat(bins, bounds[1:] - bounds[:-1])
