"""What gradients have in common over distance: a straight line in their logarithms, and a band."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
LEAST = 1e-290
"""A norm below this has lost its digits even in double precision, and is left out of fits."""


class Decay(msgspec.Struct, frozen=True):
    """A straight line through the logarithm of a norm over distance; NaN where none fits."""

    factor: float
    """What the norm is multiplied by at each step back: below 1 it vanishes, above it explodes."""
    half_life: float
    """Steps back after which half is left; below zero, after which it has doubled."""
    r_squared: float
    """How much of the logarithm's variance the line explains; 1 is a pure exponential."""
    start: int
    """The first distance of the fit."""
    stop: int
    """The last."""
    at_zero: float
    """Where the line meets distance 0."""

    def line(self, distances: npt.NDArray[np.integer]) -> Doubles:
        """The fitted norm at these distances."""
        return np.asarray(self.at_zero * self.factor ** np.asarray(distances, float))


def decay(norms: npt.NDArray[np.floating], start: int = 1) -> Decay:
    """Fit an exponential to the norms at distances 0, 1, 2, ... from `start` on.

    Zeros, NaN, infinity and numbers below `LEAST` are left out.

    >>> found = decay(np.array([8.0, 4.0, 2.0, 1.0, 0.5]))
    >>> round(found.factor, 6), round(found.half_life, 6), round(found.r_squared, 6)
    (0.5, 1.0, 1.0)
    """
    distances = np.arange(len(norms))
    kept = (distances >= start) & np.isfinite(norms) & (np.asarray(norms) > LEAST)
    x, y = distances[kept].astype(float), np.log(np.asarray(norms, float)[kept])
    if len(x) < 3:
        return Decay(math.nan, math.nan, math.nan, start, start, math.nan)
    slope, offset = np.polyfit(x, y, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    rest = float(((y - slope * x - offset) ** 2).sum())
    return Decay(
        factor=float(np.exp(slope)),
        half_life=float(-math.log(2) / slope) if slope else math.inf,
        r_squared=1 - rest / spread if spread > 0 else 1.0,
        start=int(x[0]),
        stop=int(x[-1]),
        at_zero=float(np.exp(offset)),
    )


class Bands(msgspec.Struct, frozen=True):
    """What T gradients have in common at each distance 0 to K; NaN where none reaches."""

    median: Doubles
    low: Doubles
    """A tenth lies below, or none."""
    high: Doubles
    """A tenth lies above, or none."""


def bands(norms: Doubles, outside: float = 0.1) -> Bands:
    """Median and band over the first axis of norms (T, K + 1).

    Args:
        outside: the share that lies below the band, and above it: 0 for the whole range.

    >>> found = bands(np.array([[1.0, np.nan], [2.0, 8.0], [9.0, 4.0]]))
    >>> found.median.tolist()
    [2.0, 6.0]
    >>> bands(np.array([[1.0], [2.0], [9.0]]), outside=0.0).high.tolist()
    [9.0]
    """
    ordered = np.sort(norms, axis=0)  # NaN goes to the end
    counts = (~np.isnan(ordered)).sum(axis=0)
    return Bands(*(_quantile(ordered, counts, share) for share in (0.5, outside, 1 - outside)))


def _quantile(ordered: Doubles, counts: npt.NDArray[np.integer], share: float) -> Doubles:
    """Of each sorted column, of which the first `counts` are numbers; NaN where there are none."""
    place = share * np.maximum(counts - 1, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    columns = np.arange(ordered.shape[1])
    low, high = ordered[below, columns], ordered[above, columns]
    with np.errstate(invalid="ignore"):
        between = low + (place - below) * (high - low)
    # Between two infinities there is no difference to take a part of.
    return np.asarray(np.where(low == high, low, between))
