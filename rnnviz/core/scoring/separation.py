"""What one unit tells of one concept, for a caption and for the colours; fast enough to draw with.

Ranking compares all units on all of a text. This looks at one unit on a sample of it and says in
words that a person in the last row understands: how often the unit alone is right, and how often
somebody would be who saw nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from rnnviz.core.concepts.base import Labels

SAMPLE = 1 << 14
"""Steps that are looked at; they lie in stretches, spread over the text."""
_STRETCH = 128
_LEAST = 8
"""Steps on each side below which nothing is said."""
_HELD_BY = 0.5
"""Of what chance leaves open, the share that a unit must tell to be said to tell anything."""


class Separation(Struct, frozen=True):
    """A unit on the steps where a concept holds, and on those where it does not."""

    on: float
    """The unit's median where the concept holds."""
    off: float
    """Its median elsewhere."""
    right: float
    """The share of steps that one threshold on the unit gets right, from 0 to 1."""
    chance: float
    """The share that is right when always the more frequent answer is given."""
    above: float | None = None
    """For a count or a position: it holds above this, the median; None for yes or no."""
    correlation: float | None = None
    """Of a count or a position with the unit."""

    @property
    def rising(self) -> bool:
        """Whether the unit is higher where the concept holds."""
        return self.on > self.off

    @property
    def tells(self) -> bool:
        """Whether the unit says more than chance does."""
        return self.right - self.chance > _HELD_BY * (1 - self.chance)


def separation(values: npt.NDArray[np.floating], labels: Labels) -> Separation | None:
    """What a unit (T,) tells of labels (T,); None where the sample holds too little of either.

    Steps at which either is NaN do not count.

    >>> labels = np.arange(400) % 4 == 0
    >>> found = separation(np.where(labels, 3.0, -1.0), labels)
    >>> found.on, found.off, found.right, found.chance
    (3.0, -1.0, 1.0, 0.75)
    """
    length = min(len(values), len(labels))
    places = _places(length)
    part, wanted = np.asarray(values[places], np.float32), np.asarray(labels[places])
    counted = np.isfinite(part)
    above = correlation = None
    holds: npt.NDArray[np.bool_]
    if wanted.dtype == np.bool_:
        holds = wanted.astype(np.bool_)
    else:
        number = wanted.astype(np.float32)
        counted &= np.isfinite(number)
        if not counted.any():
            return None
        above = float(np.median(number[counted]))
        correlation = _correlation(part[counted], number[counted])
        holds = number > above
    part, holds = part[counted], holds[counted]
    many = int(holds.sum())
    if min(many, len(holds) - many) < _LEAST:
        return None
    chance = max(many, len(holds) - many) / len(holds)
    on, off = float(np.median(part[holds])), float(np.median(part[~holds]))
    return Separation(on, off, _best_share(part, holds), chance, above, correlation)


def _places(length: int) -> npt.NDArray[np.int64] | slice:
    if length <= SAMPLE:
        return slice(0, length)
    starts = np.linspace(0, length - _STRETCH, SAMPLE // _STRETCH).astype(np.int64)
    return (starts[:, None] + np.arange(_STRETCH)).ravel()


def _best_share(part: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_]) -> float:
    """The share of steps that the best threshold gets right, whichever side it calls on."""
    order = np.argsort(part, kind="stable")
    sorted_part, held = part[order], wanted[order]
    total = int(held.sum())
    below_on = np.concatenate([[0], np.cumsum(held)])
    below = np.arange(len(held) + 1)
    right = total - below_on + (below - below_on)
    # A threshold cannot stand between equal values.
    between = np.concatenate([[True], sorted_part[1:] > sorted_part[:-1], [True]])
    right = right[between]
    return float(max(right.max(), len(held) - right.min()) / len(held))


def _correlation(part: npt.NDArray[np.float32], number: npt.NDArray[np.float32]) -> float | None:
    one, other = part - part.mean(), number - number.mean()
    scale = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / scale if scale > 1e-12 else None
