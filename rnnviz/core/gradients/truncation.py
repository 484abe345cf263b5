"""What is left of gradients where back-propagation is cut into chunks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rnnviz.core.gradients.decay import Doubles


def kept(targets: npt.NDArray[np.int64], distance: int, chunk: int) -> npt.NDArray[np.bool_]:
    """Which gradients truncated BPTT in chunks keeps, (T, K + 1) for steps t and distances k.

    The steps n * chunk up to (n + 1) * chunk are one chunk; no gradient leaves it. Steps before the
    first do not exist.

    >>> kept(np.array([3, 4]), 3, 4).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 0]]
    """
    steps = targets[:, None] - np.arange(distance + 1)
    return np.asarray((steps >= 0) & (steps // chunk == targets[:, None] // chunk))


def kept_share(norms: Doubles, mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The share of all pairs (t, t - k) that a mask keeps, and the share of the summed norms."""
    known = np.isfinite(norms)
    total = float(norms[known].sum())
    pairs = float((mask & known).sum()) / max(1, int(known.sum()))
    return pairs, float(norms[mask & known].sum()) / total if total > 0 else math.nan
