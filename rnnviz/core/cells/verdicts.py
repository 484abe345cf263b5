"""What a classifier made of each document of a recording, and of each document so far."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.recording import Recording


class DocumentVerdict(NamedTuple):
    """What one document was found to be."""

    document: int
    """Its number, from 0."""
    start: int
    """Its first step,"""
    stop: int
    """and the one after its last."""
    verdict: str
    share: float
    """The probability of the verdict."""
    truth: str
    """What it is said to be; empty where nothing is said."""
    wrongness: float
    """1 less the probability of the truth; NaN where that is not known."""


def verdicts_of(recording: Recording) -> tuple[DocumentVerdict, ...]:
    """Of every document that is walked, the most wrong first, those without a label last.

    Nothing where no classes came out.
    """
    shares, truth, classes = recording.class_p, recording.truth, recording.outputs
    if shares is None or truth is None:
        return ()
    offsets = np.asarray(recording.documents.offsets, np.int64)
    stops = offsets[1:][: int(np.searchsorted(offsets[1:], recording.walked, "right"))]
    last = np.asarray(shares[stops - 1], np.float64)
    said, best = np.asarray(truth[stops - 1], np.int64), last.argmax(axis=1)
    found = []
    for number, (stop, true, likeliest) in enumerate(
        zip(stops.tolist(), said.tolist(), best.tolist(), strict=True)
    ):
        known = 0 <= true < len(classes)
        found.append(
            DocumentVerdict(
                number,
                int(offsets[number]),
                stop,
                classes[likeliest],
                float(last[number, likeliest]),
                classes[true] if known else "",
                float(1 - last[number, true]) if known else np.nan,
            )
        )
    return tuple(sorted(found, key=lambda one: (np.isnan(one.wrongness), -one.wrongness)))


class RunningVerdict(NamedTuple):
    """How likely a class was found after each step."""

    values: npt.NDArray[np.floating]
    """(T,) from 0 to 1; NaN where it was not found."""
    title: str
    """For people."""


def running_verdict(recording: Recording) -> RunningVerdict | None:
    """Of two classes the second; of more, that which each document was found to be at its end.

    Of a network that gives each step a label of its own, that label. None where no classes came
    out.
    """
    shares, classes, output = recording.class_p, recording.outputs, recording.description.output
    if shares is None:
        return None
    if isinstance(output, Classes) and output.each:
        return RunningVerdict(np.asarray(shares).max(axis=1), "probability of the label given")
    if len(classes) == 2:
        return RunningVerdict(shares[:, 1], f"probability of “{classes[1]}” so far")
    values = np.full(recording.length, np.nan, np.float32)
    for start, stop in recording.documents:
        if stop > recording.walked:
            break
        best = int(np.argmax(shares[stop - 1]))
        values[start:stop] = shares[start:stop, best]
    return RunningVerdict(values, "probability of the last verdict so far")
