"""How often each value of a unit meets a true and a false label, counted in one pass over the text.

A float16 number is one of 65,536 codes. For every unit the codes are put in at most `BINS` bins:
one for every value of a sample of the text, or where it takes many, bins that hold equal shares of
the sample, with finer ones at both ends, where the threshold for a rare label lies. Then areas and
thresholds are exact where a unit takes few values. Where it takes many, an area errs by less than
half the share of the fullest bin, 1 / 400, at the very worst, since within a bin true and false
labels are taken for mixed; the error is some 1e-4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def blocks_to_count(plan: Plan) -> list[tuple[int, int]]:
    """All that is gone through, in blocks."""
    return list(blocks(0, plan.length, BLOCK))


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

    def __init__(
        self, plan: Plan, spool: LabelSpool, tile: Tile, pairings: Sequence[Pairing]
    ) -> None:
        self.plan = plan
        self.tile = tile
        self.pairings = pairings
        self.rows = np.array([pairing.row for pairing in pairings], np.intp) - plan.row(tile)
        """For each pairing the row within the tile."""
        units = tile.stop - tile.first
        # A text of one block is read once, for the sample and to be counted.
        one = len(blocks_to_count(plan)) == 1
        self._held = read_tile(plan.recording, tile, 0, plan.length) if one else None
        sample = halves(sample_tile(plan.recording, tile, plan.steps.ranges, held=self._held))
        samples = np.sort(sortable(sample), kind="stable")
        self.edges = bin_edges(samples)
        """For each unit the lowest code of every bin but bin 0, which lies below all of them."""
        self._bins = np.stack([_bin_of_bits(edges) for edges in self.edges])
        self._all = np.zeros((units, 2, BINS), np.int32)
        self._counts = np.zeros((len(pairings), 2, 3, BINS), np.int32)
        uncounted = [
            NEGATIVE + POSITIVE + EXCLUDED - sum(rarer_classes(spool, concept))
            for concept in range(len(spool.facts))
        ]
        self._remaining = np.array([uncounted[each.concept] for each in pairings], np.intp)
        self._which = np.array([each.offset.lag for each in pairings], np.intp) + plan.lags
        self._of_row: list[list[tuple[int, int, tuple[int, int]]]] = [[] for _ in range(units)]
        self._alike: dict[tuple[int, int], list[int]] = {}
        parts = zip(self.rows.tolist(), self._which.tolist(), pairings, strict=True)
        for number, (row, which, pairing) in enumerate(parts):
            key = (pairing.concept, pairing.offset.shift)
            self._of_row[row].append((number, which, key))
            self._alike.setdefault(key, []).append(number)

    def add(self, start: int, stop: int, places: BlockPlaces) -> None:
        """Count one block, (units, stop - start)."""
        values = self._held
        if values is None:
            values = read_tile(self.plan.recording, self.tile, start, stop)
        # Padded, so that the value that meets the label at place i is bins[lag + lags + i].
        pad = 2 * self.plan.lags
        second = pad + min(max(self.plan.steps.half - start, 0), stop - start)
        bins = np.zeros((len(values), stop - start + pad), np.uint8)
        # What lies in the second half of the text is counted beside the first, in bins of its own.
        whole = np.zeros(stop - start + pad, np.intp)
        for unit, row in enumerate(bins):
            bits = halves(values[unit]).view(np.uint16)
            self._bins[unit].take(bits, out=row[pad:], mode="clip")
            whole[pad:second] = row[pad:second]
            np.add(row[second:], BINS, out=whole[second:], dtype=np.intp)
            self._all[unit] += _counted(whole[pad:])
            for number, which, key in self._of_row[unit]:
                met, counts = whole[which:], self._counts[number]
                for one, _, at_lag in places[key]:
                    if at_lag:
                        counts[:, one] += _counted(met.take(at_lag[which], mode="clip"))
        self._add_few(bins, second, places)

    def _add_few(self, bins: npt.NDArray[np.uint8], second: int, places: BlockPlaces) -> None:
        """Count what has few places in this block, for all pairings at once."""
        some = [
            (np.array(numbers), one, found)
            for key, numbers in self._alike.items()
            for one, found, at_lag in places[key]
            if not at_lag
        ]
        if not some:
            return
        number = np.concatenate([np.repeat(each, len(found)) for each, _, found in some])
        one = np.repeat([one for _, one, _ in some], [len(n) * len(f) for n, _, f in some])
        met = np.concatenate([np.tile(found, len(each)) for each, _, found in some])
        met += self._which[number]
        inside = (met >= 2 * self.plan.lags) & (met < bins.shape[1])
        number, one, met = number[inside], one[inside], met[inside]
        half = (met >= second).astype(np.intp)
        at = np.ravel_multi_index(
            (number, half, one, bins[self.rows[number], met]), self._counts.shape
        )
        np.add.at(self._counts.reshape(-1), at, np.int32(1))

    def finish(self, first: int, last: int) -> Counts:
        """How often each bin met a negative and a positive label, (pairings, 2, 2, BINS).

        The second axis is the half of the text. Call it once for each pairing, first to last, when
        all blocks are counted.
        """
        counts = self._counts[first:last]
        # One of the three classes was not counted: it is what remains.
        remaining = self._all[self.rows[first:last]] - counts.sum(2, dtype=np.int32)
        counts[np.arange(len(counts)), :, self._remaining[first:last]] = remaining
        return counts[:, :, [NEGATIVE, POSITIVE]]


def _counted(bins: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How often each bin of either half occurs, (2, BINS)."""
    return np.bincount(bins, minlength=2 * BINS).reshape(2, BINS)


def bin_edges(samples: Codes16) -> list[Codes16]:
    """Where the bins of each sorted sample (units, n) begin, ascending.

    At every value, or after equal shares of them; of these the outermost are cut further, each half
    as large as the last but one.
    """
    new = _first_of_equal(samples)
    many = new.sum(1) >= BINS
    even = np.linspace(0, 1, BINS - 1 - 2 * _TAIL)
    tail = even[1] * 0.5 ** (np.arange(1, _TAIL + 1) / 2)
    shares = np.sort(np.concatenate([even, tail, 1 - tail]))
    chosen = (
        samples[:, (shares * (samples.shape[1] - 1)).astype(np.intp)] if many.any() else samples
    )
    new_chosen = _first_of_equal(chosen)
    return [
        chosen[unit, new_chosen[unit]] if many[unit] else samples[unit, new[unit]]
        for unit in range(len(samples))
    ]


def _first_of_equal(ascending: Codes16) -> npt.NDArray[np.bool_]:
    """Which values (units, n) are the first in their row of those that equal them."""
    new = np.ones(ascending.shape, np.bool_)
    np.not_equal(ascending[:, 1:], ascending[:, :-1], out=new[:, 1:])
    return new


def _bin_of_bits(edges: Codes16) -> npt.NDArray[np.uint8]:
    """For each of the 65,536 patterns of a float16 number's bits its bin.

    That is how many edges are not above its code: see `sortable`.
    """
    bins = np.arange(len(edges) + 1, dtype=np.uint8)
    bounds = np.concatenate([[0], edges, [_CODES]])
    of_code = np.repeat(bins, bounds[1:] - bounds[:-1])
    half = _CODES // 2
    found = np.concatenate([of_code[half:], of_code[half - 1 :: -1]])
    found[half] = of_code[half]  # minus zero is zero
    return found
