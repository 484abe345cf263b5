"""What is odd about a unit whatever it reads: dead, or run away."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Condition = Literal["", "dead", "runaway"]

RUNAWAY = 100.0
"""A cell that goes beyond counts what never stops."""
DEAD = 1e-3
"""A unit that stays within so much of one value says nothing."""
_SAMPLE = 1 << 14


class Health(NamedTuple):
    """A condition, and the sentence that names it; both empty for a unit like others."""

    condition: Condition = ""
    sentence: str = ""


def condition(values: npt.NDArray[np.floating]) -> Health:
    """Whether a unit (T,) is dead or has run away, on a sample of its steps.

    >>> condition(np.full(100, 0.25, np.float32)).sentence
    'Dead: it stays at 0.25 whatever is read.'
    >>> condition(np.linspace(0, 400, 100, dtype=np.float32)).sentence
    'Runaway: it goes to 400, beyond ±100 at 75 % of the steps.'
    """
    part = np.asarray(values[:: max(1, len(values) // _SAMPLE)], np.float32)
    part = part[np.isfinite(part)]
    if not part.size:
        return Health()
    low, high = float(part.min()), float(part.max())
    if high - low <= 2 * DEAD:
        return Health("dead", f"Dead: it stays at {(low + high) / 2:.3g} whatever is read.")
    far = high if high >= -low else low
    if abs(far) > RUNAWAY:
        share = float((np.abs(part) > RUNAWAY).mean())
        beyond = f"{share:.0%}".replace("%", " %") if share >= 0.005 else "less than 1 %"
        return Health(
            "runaway", f"Runaway: it goes to {far:.3g}, beyond ±100 at {beyond} of the steps."
        )
    return Health()
