"""Bins of equal width over some values, also over one that never changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_LARGEST = float(np.finfo(np.float32).max)
_APART = 16
"""So many of the numbers that float64 tells apart make a bin at least."""


def bin_edges(low: float, high: float, count: int) -> npt.NDArray[np.float64]:
    """The ends (count + 1,) of so many bins from the least value to the greatest.

    Where these are one value, it stands in the middle, with room at both sides. What is infinite
    lies beyond the last bin, which ends at the greatest float32.

    >>> bin_edges(0, 2, 4)
    array([0. , 0.5, 1. , 1.5, 2. ])
    >>> bin_edges(1, 1, 2)
    array([0.5, 1. , 1.5])
    """
    low, high = np.nan_to_num((low, high), posinf=_LARGEST, neginf=-_LARGEST)
    least = _APART * count * float(np.spacing(max(abs(low), abs(high))))
    if high - low < least:
        room = 0.5 * abs(low) or 0.5
        low, high = low - room, high + room
    return np.linspace(low, high, count + 1)
