"""The colours of attention weights: from 0 to 1, or only as far up as the weights of a table go.

A row adds up to 1. Over a few words its weights are large, and 0 to 1 makes any two tables
comparable. Over hundreds of words they may all be small, and the same colours would show nothing.
"""

from __future__ import annotations

import math

import numpy as np

from rnnviz.core.alignments.alignment import Floats
from rnnviz.core.colours.colour import Scale

WHOLE = Scale(0.0, 1.0, "weight")
"""From 0 to 1, so that two pictures can be compared."""
LEAST_SEEN = 0.004
"""A weight of a smaller share of its scale has the colour of the paper."""
_LARGE = 0.5
"""With weights from here on a table is drawn from 0 to 1."""
_FLAT = 4.0
"""The scale reaches at least so many times as far as the weights of a uniform row."""
_BEYOND = 0.05
"""The share of rows whose heaviest weight may lie beyond the scale."""


def weights_scale(weights: Floats) -> Scale:
    """The scale of a table of weights (G, S), from 0 to the heaviest weight.

    That is the heaviest after 5 % of the rows were left out, rounded up to two digits: among 2,000
    rows a few always stick out. It is at least four times what each of S places has where all are
    alike, so that a flat table is pale. Where it is 0.5 or more, the scale goes to 1.

    >>> weights_scale(np.full((40, 200), 0.005, np.float32)).high
    0.02
    >>> weights_scale(np.full((5, 6), 1 / 6, np.float32)) == WHOLE
    True
    >>> weights_scale(np.eye(3, dtype=np.float32)) == WHOLE
    True
    """
    peak = _peak(weights)
    if peak > 0:
        peak = max(peak, _FLAT / weights.shape[1])
    if not 0 < peak < _LARGE:
        return WHOLE
    digit = 10.0 ** (math.floor(math.log10(peak)) - 1)
    return Scale(0.0, float(f"{math.ceil(peak / digit - 1e-5) * digit:.2g}"), WHOLE.palette)


def _peak(weights: Floats) -> float:
    if not weights.size:
        return 0.0
    most = np.sort(np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0).max(axis=1))
    return float(most[len(most) - 1 - int(_BEYOND * len(most))])
