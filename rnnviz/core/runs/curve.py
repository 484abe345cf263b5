"""One number of a training run, step after step: appended, thinned to pixels, never smoothed away.

Memory is bounded: a curve that is full keeps the least and the greatest of every four points and
goes on; each of them remembers how many points it stands for and what their mean was, so that means
and averages stay those of all points. NaN and infinity are kept as they came; `marks` says where
they stand. Steps and values take half the room as long as that holds each of them exactly. Knows
arrays only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating[Any]]
Steps = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]
Kept = TypeVar("Kept", bound=npt.NDArray[Any])

CAPACITY = 1 << 20
"""Points that a curve holds before it thins itself."""
BLOCK = 64
"""Points whose extremes are looked up once and remembered."""
AT_ONCE = 1 << 16
"""Points that are smoothed at once: a few milliseconds."""
_THINNED_AT_ONCE = 1 << 14
"""The same of a thinned curve, whose points do not count alike."""
_LITTLE = 1 << 11
"""So few points are smoothed at any time."""
_FIRST_ROOM = 256
_FAR = float(1 << 62)
_TOGETHER = 256
"""How many values are smoothed by one product of matrices."""
_REACH = 5.0
"""A moving average reaches back over at most one part in so many of the values until then."""


class Curve:
    """Values over steps that only grow; `decimate` finds the points that a screen can show.

    Attributes:
        generation: raised when points that were there have changed, by `cut` or by thinning.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.generation = 0
        self._capacity = max(BLOCK, capacity)
        self._length = 0
        self._steps: npt.NDArray[np.integer[Any]] = np.zeros(_FIRST_ROOM, np.int32)
        self._values: Numbers = np.zeros(_FIRST_ROOM, np.float32)
        self._low = np.zeros(_FIRST_ROOM // BLOCK, np.int64)
        self._high = np.zeros(_FIRST_ROOM // BLOCK, np.int64)
        self._blocks = 0
        self._odd = np.zeros(0, np.int64)
        self._means: Floats | None = None
        self._weights: Floats | None = None
        self._spans: list[tuple[int, int]] = []
        """For how many values each of so many points stands, oldest first; the rest for itself."""

    def __len__(self) -> int:
        return self._length

    @property
    def size_bytes(self) -> int:
        """What its points take; room for more that is not used yet lies in no memory."""
        kept = (self._steps, self._values, self._means, self._weights)
        a_point = sum(one.itemsize for one in kept if one is not None)
        return a_point * self._length + 2 * self._low.itemsize * self._blocks

    @property
    def steps(self) -> Steps:
        """The step of every point, ascending: a copy; of some of them `steps_at` is quicker."""
        return self.steps_at(slice(0, self._length))

    @property
    def values(self) -> Floats:
        """The value of every point: a copy; of some of them `values_at` is quicker."""
        return self.values_at(slice(0, self._length))

    @property
    def means(self) -> Floats:
        """The mean of the finite values that every point stands for: a copy."""
        return self.means_at(slice(0, self._length))

    @property
    def weights(self) -> Floats:
        """How many finite values every point stands for: 1 until the curve is thinned; 0 at NaN."""
        return self.weights_at(slice(0, self._length))

    # The same of some points alone: a curve may have millions, and is looked at every frame

    def steps_at(self, places: Places | slice) -> Steps:
        """The steps of these points."""
        return self._steps[: self._length][places].astype(np.int64)

    def values_at(self, places: Places | slice) -> Floats:
        """The values of these points."""
        found: Floats = self._values[: self._length][places].astype(float)
        return found

    def means_at(self, places: Places | slice) -> Floats:
        """The means of the finite values that these points stand for."""
        if self._means is None:
            return self.values_at(places)
        return self._means[: self._length][places].copy()

    def weights_at(self, places: Places | slice) -> Floats:
        """How many finite values each of these points stands for."""
        if self._weights is None:
            return np.isfinite(self._values[: self._length][places]).astype(float)
        return self._weights[: self._length][places].copy()

    @property
    def thinned(self) -> bool:
        """Whether points stand for more than themselves."""
        return self._weights is not None

    def mean_of_last(self, count: int) -> float:
        """The mean of about the newest so many finite values; NaN where there is none."""
        # Of these places alone: a list of runs asks all its curves several times a second.
        places = slice(max(0, self._length - count), self._length)
        weights, means = self.weights_at(places)[::-1], self.means_at(places)[::-1]
        known = weights > 0
        weights, means = weights[known], means[known]
        upto = int(np.searchsorted(np.cumsum(weights), count)) + 1
        weights, means = weights[:upto], means[:upto]
        return float(np.average(means, weights=weights)) if weights.size else float("nan")

    @property
    def last(self) -> float:
        """The newest value; NaN while there is none."""
        return float(self._values[self._length - 1]) if self._length else float("nan")

    def append(self, steps: npt.ArrayLike, values: npt.ArrayLike) -> None:
        """Add points at the end.

        Raises:
            ValueError: the two differ in length.
        """
        more_steps, more = np.asarray(steps, np.int64).ravel(), np.asarray(values, float).ravel()
        if len(more_steps) != len(more):
            raise ValueError(f"{len(more_steps)} steps for {len(more)} values")
        while len(more):
            taken = min(len(more), self._capacity - self._length)
            if taken == 0:
                self._thin()
                continue
            self._take(more_steps[:taken], more[:taken])
            more_steps, more = more_steps[taken:], more[taken:]

    def cut(self, step: int) -> None:
        """Drop every point after this step: the run was taken up again from there."""
        kept = self._place(step, "right")
        if kept < self._length:
            self._keep(np.arange(kept))
            spans, before = self._spans, 0
            self._spans = []
            for level, count in spans:
                self._spans.append((level, max(0, min(count, kept - before))))
                before += count

    def span(self, low: float, high: float) -> tuple[int, int]:
        """The places of the points from step `low` to step `high`, first and one past the last."""
        return self._place(_whole(np.ceil(low)), "left"), self._place(_whole(high), "right")

    def _place(self, step: int, side: Literal["left", "right"]) -> int:
        """Where this step would stand among the others."""
        # Of their type: else numpy would turn a million steps into another first.
        kind = self._steps.dtype
        most = np.iinfo(kind).max
        if step > most:
            return self._length
        return int(np.searchsorted(self._steps[: self._length], kind.type(max(step, -most)), side))

    def decimate(self, first: int, last: int, columns: int) -> Places:
        """Places of the points to draw on so many pixel columns: the extremes of equal groups.

        What is drawn looks as if every point had been: at most four points to a column, among
        them the least and the greatest. A group of nothing but NaN keeps one, which is a gap.
        """
        count = last - first
        group = count // max(1, 2 * columns)
        if group < 2:
            return np.arange(first, last)
        if group < BLOCK:
            return _extremes(self._values, first, last, group)
        whole, until = -(-first // BLOCK), min(last // BLOCK, self._blocks)
        if until <= whole:
            return _extremes(self._values, first, last, group)
        inner = self._block_extremes(whole, until, group // BLOCK)
        before = _extremes(self._values, first, whole * BLOCK, group)
        after = _extremes(self._values, until * BLOCK, last, group)
        return np.concatenate([before, inner, after])

    def marks(self, first: int, last: int, columns: int) -> Places:
        """Places of NaN and infinity, at most one to a pixel column; the first always."""
        low, high = np.searchsorted(self._odd, [first, last])
        found = self._odd[low:high]
        return found[:: max(1, -(-len(found) // max(1, columns)))]

    def extent(self, first: int, last: int) -> tuple[float, float] | None:
        """The least and the greatest finite value, or None where there is none."""
        found = self._values[self.decimate(first, last, 500)]
        found = found[np.isfinite(found)]
        return (float(found.min()), float(found.max())) if found.size else None

    def _take(self, steps: Steps, values: Floats) -> None:
        start, stop = self._length, self._length + len(values)
        if self._weights is not None and self._means is not None:
            self._means[start:stop] = values
            self._weights[start:stop] = np.isfinite(values)
        self._steps = _wide_enough(self._steps, steps)
        self._values = _wide_enough(self._values, values)
        if stop > len(self._values):
            room = min(self._capacity, max(stop, 2 * len(self._values)))
            self._steps = _with_room(self._steps, self._length, room)
            self._values = _with_room(self._values, self._length, room)
        self._steps[start:stop], self._values[start:stop] = steps, values
        self._length = stop
        odd = np.flatnonzero(~np.isfinite(values)) + start
        if odd.size:
            self._odd = np.concatenate([self._odd, odd])
        self._index_blocks()

    def _index_blocks(self) -> None:
        blocks = self._length // BLOCK
        if blocks == self._blocks:
            return
        if blocks > len(self._low):
            room = max(blocks, 2 * len(self._low))
            self._low = _with_room(self._low, self._blocks, room)
            self._high = _with_room(self._high, self._blocks, room)
        rows = self._values[self._blocks * BLOCK : blocks * BLOCK].reshape(-1, BLOCK)
        starts = np.arange(self._blocks, blocks) * BLOCK
        low, high = _least_and_greatest(rows)
        self._low[self._blocks : blocks] = low + starts
        self._high[self._blocks : blocks] = high + starts
        self._blocks = blocks

    def _block_extremes(self, first: int, last: int, group: int) -> Places:
        """The extremes of groups of whole blocks."""
        whole = first + (last - first) // group * group
        rows = (-1, group)
        low, high = self._low[first:whole].reshape(rows), self._high[first:whole].reshape(rows)
        across = np.arange(len(low))
        lowest = low[across, _least_and_greatest(self._values[low])[0]]
        highest = high[across, _least_and_greatest(self._values[high])[1]]
        rest = np.stack([self._low[whole:last], self._high[whole:last]], axis=1)
        pairs = np.concatenate([np.stack([lowest, highest], axis=1), rest])
        return np.sort(pairs, axis=1).ravel()

    def _thin(self) -> None:
        """Make room, such that every part of the curve keeps about as many points a step.

        Spans of points that stand for 1, 2, 4, ... values follow each other, the newest last. The
        newest that is long enough is halved, and is then one with those that stand for as many.
        """
        fresh = self._length - sum(count for _, count in self._spans)
        spans = _joined([*self._spans, (1, fresh)])
        long = [place for place, (_, count) in enumerate(spans) if count >= self._capacity // 8]
        most = max(range(len(spans)), key=lambda place: spans[place][1])
        chosen = long[-1] if long else most
        first = sum(count for _, count in spans[:chosen])
        level, count = spans[chosen]
        last = first + count // 4 * 4
        odd = self._odd[(self._odd >= first) & (self._odd < last)]
        kept = np.unique(np.concatenate([_extremes(self._values, first, last, 4), odd]))
        if len(kept) > 3 * (last - first) // 4:  # mostly NaN: nothing is lost with every second
            kept = np.arange(first, last, 2)
        self._merge(first, last, kept)
        halved = [(2 * level, len(kept)), (level, first + count - last)]
        self._spans = _joined([*spans[:chosen], *halved, *spans[chosen + 1 :]])

    def _merge(self, first: int, last: int, kept: Places) -> None:
        """Keep only these of the places from `first` to `last`; they stand for their four."""
        places = np.concatenate([np.arange(first), kept, np.arange(last, self._length)])
        weights, means = self.weights, np.where(np.isfinite(self.means), self.means, 0.0)
        groups = np.arange(self._length)
        groups[first:last] = first + np.arange(last - first) // 4
        ours, finite = groups[places], np.isfinite(self.values_at(places))
        counts = np.bincount(groups, weights)
        sums, sharing = np.bincount(groups, weights * means), np.bincount(ours, finite, len(counts))
        with np.errstate(invalid="ignore", divide="ignore"):
            shared = np.where(finite, counts[ours] / sharing[ours], 0.0)
            mean = np.where(finite, sums[ours] / counts[ours], np.nan)
        if self._weights is None or self._means is None:
            self._weights, self._means = np.zeros(self._capacity), np.zeros(self._capacity)
        self._keep(places)
        self._weights[: len(places)], self._means[: len(places)] = shared, mean

    def _keep(self, places: Places) -> None:
        steps, values = self.steps_at(places), self.values_at(places)
        means, weights = self.means_at(places), self.weights_at(places)
        self._length, self._blocks = 0, 0
        self._odd = np.zeros(0, np.int64)
        self.generation += 1
        self._take(steps, values)
        if self._weights is not None and self._means is not None:
            self._weights[: len(places)], self._means[: len(places)] = weights, means


class SmoothedCurve:
    """An exponential moving average of a curve, which grows with it.

    y_k = w_k y_(k-1) + (1 - w_k) x_k over the finite x, with w_k = min(w, 1 - 5 / k): later w, and
    near the beginning less, so that the mean never reaches back over more than a fifth of what
    there is and follows the steep first steps. (TensorBoard divides by 1 - w^k instead, which is
    the mean of everything so far, and lags.) A point of a thinned curve counts as all those that it
    stands for, each with their mean.
    """

    def __init__(self, curve: Curve, weight: float) -> None:
        self.curve = curve
        self.weight = weight
        """From 0, which smooths nothing, to below 1."""
        self._generation = -1
        self._values = np.zeros(0)
        self._done = 0
        self._carried, self._count = float("nan"), 0.0

    @property
    def values(self) -> Floats:
        """One value for every point of the curve; NaN until the first finite one.

        Of a curve that is new and very long only so many points more are done at each look.
        """
        self._catch_up()
        return self._values[: len(self.curve)]

    def at(self, places: Places) -> Floats:
        """The values of these points as far as they are known, NaN behind.

        What is left is done if it is little. For many curves in one frame: whoever draws them looks
        at `values` while there is time.
        """
        known = self._done if self._generation == self.curve.generation else 0
        if len(self.curve) - known <= _LITTLE:
            self._catch_up()
            known = self._done
        found = np.full(len(places), np.nan)
        there = places < known
        found[there] = self._values[places[there]]
        return found

    @property
    def complete(self) -> bool:
        """Whether the last look at `values` reached the end of the curve."""
        return self._generation == self.curve.generation and self._done == len(self.curve)

    def _catch_up(self) -> None:
        if self._generation != self.curve.generation:
            self._generation, self._done = self.curve.generation, 0
            self._carried, self._count = float("nan"), 0.0
        if len(self._values) < len(self.curve):
            # Some to spare: many curves that grow together would else all be copied in one frame.
            room = max(len(self.curve) * 5 // 4 + _FIRST_ROOM, 2 * len(self._values))
            self._values = _with_room(self._values, self._done, room)
        until = self._done + (_THINNED_AT_ONCE if self.curve.thinned else AT_ONCE)
        fresh = self.curve.means_at(slice(self._done, until))
        if not len(fresh):
            return
        standing = np.where(
            np.isfinite(fresh), self.curve.weights_at(slice(self._done, until)), 0.0
        )
        counts = self._count + np.cumsum(standing)
        early = int(np.searchsorted(counts, _REACH / (1 - self.weight)))
        smooth = self._values[self._done : self._done + len(fresh)]
        weights = np.minimum(self.weight, 1 - _REACH / np.maximum(counts[:early], _REACH))
        smooth[:early] = _faded_one_by_one(fresh[:early], standing[:early], weights, self._carried)
        last = float(smooth[early - 1]) if early else self._carried
        if self.curve.thinned:
            always = np.full(len(fresh) - early, self.weight)
            smooth[early:] = _faded_one_by_one(fresh[early:], standing[early:], always, last)
        else:
            smooth[early:] = _faded_together(fresh[early:], self.weight, last)
        self._carried, self._count = float(smooth[-1]), float(counts[-1])
        self._done += len(fresh)
        self._values[self._done : len(self.curve)] = np.nan


def _faded_together(values: Floats, weight: float, carried: float) -> Floats:
    """m_k = w m_(k-1) + (1 - w) x_k over the finite values, `carried` before the first."""
    finite = np.isfinite(values)
    known = values[finite]
    if not known.size:
        return np.full(len(values), carried)
    padded = np.zeros(-(-len(known) // _TOGETHER) * _TOGETHER)
    padded[: len(known)] = known
    fading, kernel = _kernel(weight)
    blocks = padded.reshape(-1, _TOGETHER) @ kernel.T
    ends = np.empty(len(blocks))
    last = carried
    for place, end in enumerate(blocks[:, -1].tolist()):
        ends[place] = last
        last = end + fading[_TOGETHER] * last
    sums = (blocks + ends[:, None] * fading[1:]).ravel()[: len(known)]
    faded: Floats = np.concatenate([[carried], sums])[np.cumsum(finite)]
    return faded


def _faded_one_by_one(values: Floats, standing: Floats, weights: Floats, carried: float) -> Floats:
    """The same with a weight for each value, which stands for several: m = w^n m + (1 - w^n) x.

    What stands for none changes nothing; the first value takes the place of a `carried` NaN.
    """
    kept = weights**standing
    faded, last = np.empty(len(values)), carried
    known = (standing > 0).tolist()
    for place, (value, stays) in enumerate(zip(values.tolist(), kept.tolist(), strict=True)):
        if known[place]:
            last = value if last != last else stays * last + (1 - stays) * value
        faded[place] = last
    return faded


@lru_cache(maxsize=8)
def _kernel(weight: float) -> tuple[Floats, Floats]:
    """w^0 ... w^256, and what each of 256 values gives to the mean at each of them."""
    fading = weight ** np.arange(_TOGETHER + 1, dtype=float)
    lags = np.subtract.outer(np.arange(_TOGETHER), np.arange(_TOGETHER))
    return fading, np.where(lags >= 0, (1 - weight) * fading[np.abs(lags)], 0.0)


def _wide_enough(kept: Kept, more: npt.NDArray[Any]) -> Kept:
    """What is kept, or the same in the wider type of these where its own changes one of them."""
    if kept.dtype == more.dtype:
        return kept
    # What the room behind the kept ones holds may be anything, also no number that can be cast.
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = more.astype(kept.dtype)
        exact = (narrow == more) | (more != more)
        return kept if exact.all() else cast("Kept", kept.astype(more.dtype))


def _with_room(kept: Kept, length: int, room: int) -> Kept:
    """The first so many of what is kept, with room for so many: what is not written takes none."""
    roomy = np.empty(room, kept.dtype)
    roomy[:length] = kept[:length]
    return cast("Kept", roomy)


def _whole(step: float) -> int:
    """A step as a whole number, however far out; NaN as 0."""
    return 0 if step != step else int(min(max(step, -_FAR), _FAR))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same without empty ones, and those beside each other that stand for as many as one."""
    joined: list[tuple[int, int]] = []
    for level, count in spans:
        if joined and joined[-1][0] == level:
            joined[-1] = (level, joined[-1][1] + count)
        elif count:
            joined.append((level, count))
    return joined


def _least_and_greatest(rows: Numbers) -> tuple[Places, Places]:
    """The place of the least and of the greatest finite value in each row."""
    finite = np.isfinite(rows)
    if finite.all():
        return rows.argmin(axis=1), rows.argmax(axis=1)
    low = np.where(finite, rows, np.inf).argmin(axis=1)
    return low, np.where(finite, rows, -np.inf).argmax(axis=1)


def _extremes(values: Numbers, first: int, last: int, group: int) -> Places:
    """Places of the least and the greatest of every `group` values, in their order."""
    if last <= first:
        return np.zeros(0, np.int64)
    whole = first + (last - first) // group * group
    rows = values[first:whole].reshape(-1, group)
    starts = np.arange(first, whole, group)
    pairs = np.stack(_least_and_greatest(rows), axis=1) if len(rows) else np.zeros((0, 2), int)
    chosen = (np.sort(pairs, axis=1) + starts[:, None]).ravel()
    return np.concatenate([chosen, np.arange(whole, last)])
