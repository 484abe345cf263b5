"""Ranks units by how well they follow what documents are: the sentiment neuron's question.

Of a document a unit gives three numbers: its last value, its mean and its largest. On one half of
the documents the sign and the order of all units are chosen, on the other half they are measured.
Chance is the same with the labels of the documents permuted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ConceptError
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import chosen_channels

READINGS = ("last", "mean", "max")
PERMUTATIONS = 20
_LEAST = 4
"""Documents of each label in each half, at least."""
_ROWS = 64
Doubles = npt.NDArray[np.float64]


class DocumentScore(msgspec.Struct, frozen=True):
    """How well one number of a unit tells the label."""

    channel: str
    unit: int
    """Counted through all groups."""
    reading: str
    """`last`, `mean` or `max` of its values in a document."""
    sign: int
    """1 where larger values speak for the label."""
    auc: float
    """On the documents held out: 0.5 is chance, 1 always right."""
    chosen_auc: float
    """On those that sign and order were chosen on."""


class DocumentRanking(msgspec.Struct, frozen=True, kw_only=True):
    """All units for one label, best first by the half that they were chosen on."""

    label: str
    documents: int
    """Measured on."""
    base_rate: float
    """The share of those that have the label."""
    null_auc: float
    """The highest AUC of any unit on the same documents with permuted labels."""
    scores: tuple[DocumentScore, ...]


def labels_of(recording: Recording) -> tuple[str, ...]:
    """The labels that documents of a recording have, in the order of its classes."""
    truth, output = recording.truth, recording.description.output
    if truth is None or not isinstance(output, Classes) or output.each:
        return ()
    ends = np.array([stop - 1 for _, stop in recording.documents if stop <= recording.walked])
    said = np.unique(np.asarray(truth)[ends]) if len(ends) else ()
    return tuple(recording.outputs[one] for one in said if one >= 0)


def rank_documents(
    recording: Recording,
    label: str = "",
    channels: Sequence[str] | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> DocumentRanking:
    """Rank the units of a recording whose documents have a true class each.

    Args:
        label: the class; empty takes the last of the classes that occur.
        channels: None for the states, without gates.

    Raises:
        ConceptError: the documents have no labels, no such label, or too few of it.
    """
    truth, names = recording.truth, recording.outputs
    bounds = [(a, b) for a, b in recording.documents if b <= recording.walked]
    ends = np.array([stop - 1 for _, stop in bounds], np.int64)
    said = np.asarray(truth)[ends] if truth is not None and len(ends) else np.zeros(0, np.int32)
    found = sorted({int(one) for one in said if one >= 0})
    if not found:
        raise ConceptError(
            "no document of this recording has a label; walk a table of labels and texts"
        )
    if label and label not in names:
        raise ConceptError(f"there is no label {label!r}; there are {', '.join(names)}")
    wanted = names.index(label) if label else found[-1]
    kept = np.flatnonzero(said >= 0)
    positive = said[kept] == wanted
    first = _half(positive, seed)
    for half in (first, ~first):
        fewest = min(int(positive[half].sum()), int((~positive[half]).sum()))
        if fewest < _LEAST:
            raise ConceptError(
                f"{int(positive.sum())} of {len(positive)} documents have the label "
                f"{names[wanted]!r}; in each half at least {_LEAST} must have it, and {_LEAST} not"
            )
    draw = np.random.default_rng((seed, 1))
    shuffled = np.stack([draw.permutation(positive[~first]) for _ in range(permutations)], axis=1)
    best, scores = 0.5, []
    rows = list(_rows(recording, chosen_channels(recording, channels), bounds, kept))
    for number, (channel, units, reading, values) in enumerate(rows):
        chosen = auc_of(values[:, first], positive[first][:, None])[:, 0]
        held = average_ranks(values[:, ~first])
        measured = _auc(held, positive[~first][:, None])[:, 0]
        chance = np.abs(_auc(held, shuffled) - 0.5)
        best = max(best, 0.5 + float(chance.max(initial=0.0)))
        for unit, on, off in zip(units.tolist(), chosen.tolist(), measured.tolist(), strict=True):
            sign = 1 if on >= 0.5 else -1
            scores.append(
                DocumentScore(
                    channel, unit, reading, sign, off if sign > 0 else 1 - off, max(on, 1 - on)
                )
            )
        progress((number + 1) / len(rows))
    return DocumentRanking(
        label=names[wanted],
        documents=int((~first).sum()),
        base_rate=float(positive[~first].mean()),
        null_auc=best,
        scores=tuple(sorted(scores, key=lambda one: -one.chosen_auc)),
    )


def _half(positive: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.bool_]:
    """Half of the documents with the label, and half of those without, drawn at random."""
    draw, first = np.random.default_rng(seed), np.zeros(len(positive), np.bool_)
    for group in (positive, ~positive):
        places = draw.permutation(np.flatnonzero(group))
        first[places[: len(places) // 2]] = True
    return first


def _rows(
    recording: Recording,
    channels: Sequence[str],
    bounds: Sequence[tuple[int, int]],
    kept: npt.NDArray[np.int64],
) -> Iterator[tuple[str, npt.NDArray[np.int64], str, Doubles]]:
    """Units of a channel, and one of their numbers in every labelled document, (units, D)."""
    starts = np.array([start for start, _ in bounds], np.int64)
    stops = np.array([stop for _, stop in bounds], np.int64)
    for channel in channels:
        rows, units = recording.rows(channel), recording.groups.units_having(channel)
        for first in range(0, len(units), _ROWS):
            part = np.asarray(rows[first : first + _ROWS, : int(stops[-1])], np.float32)
            numbers = {
                "last": part[:, stops - 1],
                "mean": np.add.reduceat(part, starts, axis=1) / (stops - starts),
                "max": np.maximum.reduceat(part, starts, axis=1),
            }
            for reading in READINGS:
                values = np.asarray(numbers[reading][:, kept], np.float64)
                yield channel, units[first : first + _ROWS], reading, values


def average_ranks(values: Doubles) -> Doubles:
    """The rank of every value in its row, from 1; equal ones share theirs.

    >>> average_ranks(np.array([[3.0, 1.0, 3.0]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    found = np.empty(values.shape)
    for row, mine in zip(found, values, strict=True):
        _, inverse, counts = np.unique(mine, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        row[:] = ((last - counts + 1 + last) / 2)[inverse]
    return found


def _auc(ranks: Doubles, positive: npt.NDArray[np.bool_]) -> Doubles:
    """The area under the ROC curve (rows, P), by the rank sum of the positive ones.

    Args:
        positive: (D, P).
    """
    ones = positive.sum(axis=0)
    zeros = len(positive) - ones
    sums = ranks @ positive.astype(np.float64)
    found: Doubles = (sums - ones * (ones + 1) / 2) / (ones * zeros)
    return found


def auc_of(values: Doubles, positive: npt.NDArray[np.bool_]) -> Doubles:
    """The area under the ROC curve of every row of values (rows, D), ties counted half.

    >>> auc_of(np.array([[1.0, 2.0, 4.0]]), np.array([[False], [False], [True]])).item()
    1.0
    """
    return _auc(average_ranks(values), positive)
