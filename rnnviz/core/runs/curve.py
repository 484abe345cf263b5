"""One number of a training run, step after step: appended, thinned to pixels, never smoothed away.

Memory is bounded: a curve that is full keeps the least and the greatest of every four points and
goes on. NaN and infinity are kept as they came; `marks` says where they stand. Knows arrays only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]

CAPACITY = 1 << 20
"""Points that a curve holds before it thins itself."""
BLOCK = 64
"""Points whose extremes are looked up once and remembered."""
AT_ONCE = 1 << 16
"""Points that are smoothed at once: a few milliseconds."""
_FIRST_ROOM = 256
_FAR = float(1 << 62)
_TOGETHER = 256
"""How many values are smoothed by one product of matrices."""


class Curve:
    """Values over steps that only grow; `decimate` finds the points that a screen can show.

    Attributes:
        generation: raised when points that were there have changed, by `cut` or by thinning.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.generation = 0
        self._capacity = max(BLOCK, capacity)
        self._length = 0
        self._steps = np.zeros(_FIRST_ROOM, np.int64)
        self._values = np.zeros(_FIRST_ROOM)
        self._low = np.zeros(_FIRST_ROOM // BLOCK, np.int64)
        self._high = np.zeros(_FIRST_ROOM // BLOCK, np.int64)
        self._blocks = 0
        self._odd = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return self._length

    @property
    def steps(self) -> Steps:
        """The step of every point, ascending; do not write."""
        return self._steps[: self._length]

    @property
    def values(self) -> Floats:
        """The value of every point; do not write."""
        return self._values[: self._length]

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
        kept = int(np.searchsorted(self.steps, step, side="right"))
        if kept < self._length:
            self._keep(np.arange(kept))

    def span(self, low: float, high: float) -> tuple[int, int]:
        """The places of the points from step `low` to step `high`, first and one past the last."""
        # With a float, numpy would turn a million steps into floats first.
        first, last = (int(np.clip(np.nan_to_num(x), -_FAR, _FAR)) for x in (np.ceil(low), high))
        return (
            int(np.searchsorted(self.steps, np.int64(first), side="left")),
            int(np.searchsorted(self.steps, np.int64(last), side="right")),
        )

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
        if stop > len(self._values):
            room = min(self._capacity, max(stop, 2 * len(self._values)))
            self._steps, self._values = (
                np.concatenate([kept, np.zeros(room - len(kept), kept.dtype)])
                for kept in (self._steps, self._values)
            )
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
            self._low, self._high = (
                np.concatenate([kept, np.zeros(room - len(kept), np.int64)])
                for kept in (self._low, self._high)
            )
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
        kept = [_extremes(self._values, 0, self._length, 4), self._odd]
        self._keep(np.unique(np.concatenate(kept)))
        if self._length > 3 * self._capacity // 4:  # mostly NaN: nothing is lost with every second
            self._keep(np.arange(0, self._length, 2))

    def _keep(self, places: Places) -> None:
        steps, values = self.steps[places], self.values[places]
        self._length, self._blocks = 0, 0
        self._odd = np.zeros(0, np.int64)
        self.generation += 1
        self._take(steps, values)


class SmoothedCurve:
    """An exponential moving average of a curve, without the bias of its start; grows with it.

    y_k = sum_j w^(k-j) x_j / sum_j w^(k-j) over the finite x; as TensorBoard smooths.
    """

    def __init__(self, curve: Curve, weight: float) -> None:
        self.curve = curve
        self.weight = weight
        """From 0, which smooths nothing, to below 1."""
        self._generation = -1
        self._values = np.zeros(0)
        self._done = 0
        self._carried, self._count = 0.0, 0

    @property
    def values(self) -> Floats:
        """One value for every point of the curve; NaN until the first finite one.

        Of a curve that is new and very long only so many points more are done at each look.
        """
        self._catch_up()
        return self._values[: len(self.curve)]

    @property
    def complete(self) -> bool:
        """Whether the last look at `values` reached the end of the curve."""
        return self._done == len(self.curve)

    def _catch_up(self) -> None:
        if self._generation != self.curve.generation:
            self._generation, self._done = self.curve.generation, 0
            self._carried, self._count = 0.0, 0
        if len(self._values) < len(self.curve):
            room = max(len(self.curve), 2 * len(self._values))
            self._values = np.concatenate([self._values, np.zeros(room - len(self._values))])
        fresh = self.curve.values[self._done : self._done + AT_ONCE]
        if not len(fresh):
            return
        sums, counts, self._carried, self._count = _fading_sums(
            fresh, self.weight, self._carried, self._count
        )
        weights = 1 - self.weight ** counts.astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            self._values[self._done : self._done + len(fresh)] = np.where(
                counts > 0, sums / weights, np.nan
            )
        self._done += len(fresh)
        self._values[self._done : len(self.curve)] = np.nan


def _fading_sums(
    values: Floats, weight: float, carried: float, count: int
) -> tuple[Floats, Places, float, int]:
    """m_k = w m_(k-1) + (1 - w) x_k over the finite values, and how many there were until then."""
    finite = np.isfinite(values)
    known = values[finite]
    size = _TOGETHER
    padded = np.zeros(-(-len(known) // size) * size)
    padded[: len(known)] = known
    fading, kernel = _kernel(weight)
    blocks = padded.reshape(-1, size) @ kernel.T
    ends = np.empty(len(blocks))
    last = carried
    for place, end in enumerate(blocks[:, -1].tolist()):
        ends[place] = last
        last = end + fading[size] * last
    sums = (blocks + ends[:, None] * fading[1:]).ravel()[: len(known)]
    behind = np.cumsum(finite)
    everything = np.concatenate([[carried], sums])[behind]
    ending = float(sums[-1]) if len(sums) else carried
    return everything, behind + count, ending, count + len(known)


@lru_cache(maxsize=8)
def _kernel(weight: float) -> tuple[Floats, Floats]:
    """w^0 ... w^256, and what each of 256 values gives to the mean at each of them."""
    fading = weight ** np.arange(_TOGETHER + 1, dtype=float)
    lags = np.subtract.outer(np.arange(_TOGETHER), np.arange(_TOGETHER))
    return fading, np.where(lags >= 0, (1 - weight) * fading[np.abs(lags)], 0.0)


def _least_and_greatest(rows: Floats) -> tuple[Places, Places]:
    """The place of the least and of the greatest finite value in each row."""
    finite = np.isfinite(rows)
    if finite.all():
        return rows.argmin(axis=1), rows.argmax(axis=1)
    low = np.where(finite, rows, np.inf).argmin(axis=1)
    return low, np.where(finite, rows, -np.inf).argmax(axis=1)


def _extremes(values: Floats, first: int, last: int, group: int) -> Places:
    """Places of the least and the greatest of every `group` values, in their order."""
    if last <= first:
        return np.zeros(0, np.int64)
    whole = first + (last - first) // group * group
    rows = values[first:whole].reshape(-1, group)
    starts = np.arange(first, whole, group)
    pairs = np.stack(_least_and_greatest(rows), axis=1) if len(rows) else np.zeros((0, 2), int)
    chosen = (np.sort(pairs, axis=1) + starts[:, None]).ravel()
    return np.concatenate([chosen, np.arange(whole, last)])
