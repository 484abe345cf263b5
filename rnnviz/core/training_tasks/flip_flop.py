"""The flip-flop: outputs that keep the last pulse on their input (Sussillo and Barak 2013)."""

from __future__ import annotations

import numpy as np

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.files.number_files import Table

_PULSES = 0.1
"""The share of steps at which an input pulses."""
_MOST_BITS = 16


def flip_flop(bits: int, steps: int, seed: int = 0, length: int = 0) -> Table:
    """Pulses of 1 and -1 on some inputs, and outputs that keep each input's last one.

    Every sequence begins with a pulse on each input: before it nobody could know what to keep.

    Args:
        length: the steps of each sequence; 0 for one of all.

    >>> table = flip_flop(2, 5)
    >>> table.columns, table.values[0].tolist()
    (('pulse 1', 'pulse 2', 'bit 1', 'bit 2'), [-1.0, 1.0, -1.0, 1.0])

    Raises:
        TextError: no bits, or too many.
    """
    if not 1 <= bits <= _MOST_BITS:
        raise TextError(f"the flip-flop has {bits} bits; it may have 1 to {_MOST_BITS}")
    draw = np.random.default_rng((seed, bits))
    pulses = np.where(draw.random((steps, bits)) < _PULSES, draw.choice([-1, 1], (steps, bits)), 0)
    each = length or steps
    starts = np.arange(0, steps, each)
    pulses[starts] = draw.choice([-1, 1], (len(starts), bits))
    places = np.where(pulses != 0, np.arange(steps)[:, None], 0)
    held = np.take_along_axis(pulses, np.maximum.accumulate(places, axis=0), axis=0)
    outputs = tuple(f"bit {n}" for n in range(1, bits + 1))
    return Table(
        (*(f"pulse {n}" for n in range(1, bits + 1)), *outputs),
        np.concatenate([pulses, held], axis=1).astype(np.float32),
        {},
        Documents(np.array([*starts, steps], np.int64)),
        f"{bits}-bit flip-flop",
        None,
        outputs,
    )
