"""Where a network that names labels or numbers was most wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.recording import Recording

COUNT = 30
_APART = 5
"""Large errors of numbers that stand closer to each other are one."""


class WrongLabel(NamedTuple):
    """A step that was labelled otherwise than it is said to be."""

    step: int
    found: str
    truth: str
    share: float
    """The probability of the truth."""


class WrongLabels(NamedTuple):
    """The labels of a recording that are wrong."""

    worst: tuple[WrongLabel, ...]
    """The least likely truth first."""
    wrong: int
    known: int
    """Of how many steps the truth is known."""


class LargeError(NamedTuple):
    """A number that came out far from what was wanted."""

    step: int
    column: str
    found: float
    wanted: float


def labels_each(recording: Recording) -> bool:
    """Whether the network gives every step a label of its own."""
    output = recording.description.output
    return isinstance(output, Classes) and output.each


def wrong_labels(recording: Recording, count: int = COUNT) -> WrongLabels:
    """The wrong labels of all that is walked, those first whose truth was held for least likely."""
    shares, truth, walked = recording.class_p, recording.truth, recording.walked
    if shares is None or truth is None or not walked:
        return WrongLabels((), 0, 0)
    names = recording.outputs
    said = np.asarray(truth[:walked])
    steps = np.flatnonzero((said >= 0) & (said < len(names)))
    found = np.nan_to_num(np.asarray(shares[:walked], np.float32)[steps])
    best, right = found.argmax(axis=1), said[steps]
    likely = found[np.arange(len(steps)), right]
    wrong = np.flatnonzero(best != right)
    worst = wrong[np.argsort(likely[wrong], kind="stable")[:count]]
    listed = tuple(
        WrongLabel(int(steps[n]), names[best[n]], names[right[n]], float(likely[n])) for n in worst
    )
    return WrongLabels(listed, len(wrong), len(steps))


def largest_errors(recording: Recording, count: int = COUNT) -> tuple[LargeError, ...]:
    """The numbers of all that is walked that are farthest from what was wanted, some steps apart.

    Of several columns each is measured by the spread of what is wanted of it.
    """
    predicted, wanted, walked = recording.predicted, recording.wanted, recording.walked
    if predicted is None or wanted is None or not walked:
        return ()
    found = np.asarray(predicted[:walked], np.float64)
    right = np.asarray(wanted[:walked], np.float64)
    known = np.isfinite(right) & np.isfinite(found)
    wanted_of = [right[known[:, column], column] for column in range(right.shape[1])]
    spread = np.array([float(np.std(one)) if one.size else 0.0 for one in wanted_of])
    apart = np.subtract(found, right, out=np.zeros_like(found), where=known)
    error = np.where(known, np.abs(apart) / np.where(spread > 0, spread, 1.0), -1.0)
    column, size = error.argmax(axis=1), error.max(axis=1)
    listed: list[LargeError] = []
    taken = np.zeros(walked, bool)
    for step in np.argsort(-size, kind="stable").tolist():
        if size[step] <= 0 or len(listed) == count:
            break
        if taken[step]:
            continue
        taken[max(0, step - _APART + 1) : step + _APART] = True
        place = int(column[step])
        values = float(found[step, place]), float(right[step, place])
        listed.append(LargeError(step, recording.outputs[place], *values))
    return tuple(listed)
