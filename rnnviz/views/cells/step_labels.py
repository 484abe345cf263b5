"""What is said of the step that stands at each character: its label, the true one, if it is known.

Each asks a recording for the stretch that is looked at, which may be long and still be walked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.recording import Recording


def labels_said(recording: Recording, start: int, stop: int) -> npt.NDArray[np.int64]:
    """The likeliest label by now of the step at each character, (stop - start,); -1 for none."""
    steps = recording.sequence.steps_at(start, stop)
    shares = recording.class_p
    found = np.full(len(steps), -1, np.int64)
    walked = (steps >= 0) & (steps < recording.walked)
    if shares is None or not walked.any():
        return found
    low, high = int(steps[walked].min()), int(steps[walked].max()) + 1
    found[walked] = np.argmax(np.nan_to_num(shares[low:high]), axis=1)[steps[walked] - low]
    return found


def labels_true(recording: Recording, start: int, stop: int) -> npt.NDArray[np.int64]:
    """The true label of the step at each character, (stop - start,); -1 where none is known."""
    steps = recording.sequence.steps_at(start, stop)
    found = np.full(len(steps), -1, np.int64)
    having = steps >= 0
    if recording.truth is not None and having.any():
        found[having] = recording.truth[steps[having]]
    return found


def known_characters(recording: Recording, start: int, stop: int) -> npt.NDArray[np.bool_]:
    """At which characters stands a step that the network knows, or none, (stop - start,)."""
    steps = recording.sequence.steps_at(start, stop)
    having = steps >= 0
    found = np.ones(len(steps), bool)
    if having.any():
        low, high = int(steps[having].min()), int(steps[having].max()) + 1
        found[having] = recording.known(low, high)[steps[having] - low]
    return found
