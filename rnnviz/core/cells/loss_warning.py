"""Whether a model does worse on a text than one that knows nothing: then it is not its text."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.core.recordings.recording import Recording

_LEAST = 200
"""Of fewer predictions nothing is said: a few surprises are no sign of anything."""
_MOST = 200_000


def loss_warning(recording: Recording) -> str:
    """A sentence where the mean loss is above ln V, that of guessing among V; else empty."""
    surprisal, size = recording.surprisal, len(recording.outputs)
    if surprisal is None or size < 2:
        return ""
    seen = np.asarray(surprisal[: min(recording.walked, _MOST)], np.float64)
    known = seen[np.isfinite(seen)]
    nats = float(known.mean()) * math.log(2) if len(known) >= _LEAST else 0.0
    if nats <= math.log(size):
        return ""
    return (
        f"The loss on this text is {nats:.2f} nats, above the {math.log(size):.2f} of knowing "
        f"nothing about its {size:,} symbols: the order of the vocabulary, or the text, is not the "
        "model's."
    )
