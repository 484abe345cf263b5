"""How the numbers of every parameter lie: made from any tensor, kept as rows, compared over steps.

Nothing is dropped: what is NaN or infinite is counted beside the bins. Knows of a tensor only what
it can be asked (`detach`, `isfinite`, `histc`...); torch itself is not imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Floats = npt.NDArray[np.float64]

BINS = 100
"""Equal bins from the least to the greatest of a tensor's finite numbers."""
_ABOUT = 3
"""Numbers of a row before its counts: the least, the greatest, how many are not finite."""
WIDTH = _ABOUT + BINS
KINDS = ("weights", "gradients")
MOST_SHOWN = 32
"""More than these nobody tells apart in one picture."""


class Histogram(Struct, frozen=True, eq=False):
    """How many numbers lie between each two edges, at one step."""

    step: int
    edges: Floats
    """(B + 1,), ascending."""
    counts: Floats
    """(B,)"""
    not_finite: int = 0

    @property
    def total(self) -> float:
        """How many finite numbers there are."""
        return float(self.counts.sum())

    def density(self, places: Floats) -> Floats:
        """The share of the numbers per unit between each two of these ascending places."""
        if self.total <= 0:
            return np.zeros(len(places) - 1)
        below = np.concatenate([[0.0], np.cumsum(self.counts)]) / self.total
        reached = np.interp(places, self.edges, below, left=0.0, right=1.0)
        found: Floats = np.diff(reached) / np.diff(places)
        return found

    def between(self, share: float) -> tuple[float, float]:
        """Where all but this share of the numbers lie, half of the rest at either side."""
        if self.total <= 0:
            return float(self.edges[0]), float(self.edges[-1])
        below = np.concatenate([[0.0], np.cumsum(self.counts)]) / self.total
        low, high = np.interp([share / 2, 1 - share / 2], below, self.edges)
        return float(low), float(high)


def rows_of(tensors: Iterable[Any]) -> npt.NDArray[np.float32]:
    """A row of `WIDTH` numbers for each tensor; of NaN where there is none."""
    return np.stack([_row(tensor) for tensor in tensors]).astype(np.float32)


def _row(tensor: Any) -> Floats:
    row = np.full(WIDTH, np.nan)
    if tensor is None or not tensor.numel():
        return row
    if getattr(tensor, "is_sparse", False):  # the gradient of an embedding may be
        tensor = tensor.to_dense()
    numbers = tensor.detach().float().flatten()
    low, high = float(numbers.min()), float(numbers.max())
    not_finite = 0
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = numbers.isfinite()
        not_finite = int(numbers.numel() - int(finite.sum()))
        numbers = numbers[finite]
        if not numbers.numel():
            row[:_ABOUT], row[_ABOUT:] = (0.0, 0.0, not_finite), 0.0
            return row
        low, high = float(numbers.min()), float(numbers.max())
    # Of equal ends torch would take the ends of what it is given, which are these.
    counts = numbers.histc(bins=BINS, min=low, max=high)
    row[:_ABOUT], row[_ABOUT:] = (low, high, not_finite), counts.tolist()
    return row


def histogram_of(step: int, row: Sequence[float] | npt.NDArray[np.floating]) -> Histogram | None:
    """What a row says; None where there was no tensor, or it is damaged."""
    numbers = np.asarray(row, float)
    if len(numbers) != WIDTH or not np.isfinite(numbers).all():
        return None
    low, high, not_finite = numbers[:_ABOUT]
    counts = np.maximum(numbers[_ABOUT:], 0.0)
    if high < low:
        return None
    if high == low:
        # All numbers are equal: a bin that is narrow beside them.
        room = abs(low) * 1e-3 or 1e-6
        edges = np.array([low - room, low + room])
        return Histogram(step, edges, np.array([counts.sum()]), int(not_finite))
    return Histogram(step, np.linspace(low, high, BINS + 1), counts, int(not_finite))


Kept = TypeVar("Kept")


def spread(kept: Sequence[Kept], most: int = MOST_SHOWN) -> list[Kept]:
    """As many as are shown, evenly from the first to the last.

    >>> len(spread(range(1000))), spread(range(1000))[-1], spread("ab")
    (32, 999, ['a', 'b'])
    """
    if len(kept) <= most:
        return list(kept)
    return [kept[int(place)] for place in np.linspace(0, len(kept) - 1, most).round()]
