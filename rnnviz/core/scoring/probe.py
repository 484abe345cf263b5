"""A linear probe: how well all units together give a concept, beside the best unit alone.

What a single unit does not give and a weighted sum of many does, is spread over them (Alain and
Bengio 2016). scikit-learn does the fitting and is imported where it is used.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.concepts import Concept, label_steps
from rnnviz.core.errors import RecordingError
from rnnviz.core.files.reading import read_json
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.recordings.ranges import steps_in
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import (
    Floats,
    Tile,
    blocks,
    chosen_channels,
    read_tile,
    to_float32,
)
from rnnviz.core.scoring.labels import LabelSpool, folder_for_labels
from rnnviz.core.scoring.plan import running_together
from rnnviz.core.scoring.ranking import LabelSource
from rnnviz.core.scoring.results import restore_nan
from rnnviz.core.scoring.steps import counted_steps
from rnnviz.core.system.ready_types import ready

CHARACTERS = 20_000
"""So many are taken from each half of the text at most."""
LASSO_C = 0.01
"""scikit-learn's C of the L1 penalty: smaller keeps fewer units."""
RIDGE = 1e-3
"""The ridge penalty, for each character."""
TOP = 20

_WINDOWS, _WINDOW = 32, 8192
_MARGIN = 8
_TILE = 128

Progress = Callable[[float], None]
Indices = npt.NDArray[np.int64]


class Weight(msgspec.Struct, frozen=True):
    """What one unit adds, for one standard deviation of its own."""

    channel: str
    unit: int
    weight: float


class Fit(msgspec.Struct, frozen=True):
    """How well something gives a concept on text that it was not fitted on; NaN if it cannot."""

    auc: float
    """For a scalar concept: of labels above the median."""
    correlation: float
    r2: float
    """The share of a scalar concept's variance that is explained; NaN for yes or no."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A linear probe of all units for one concept, and the best unit by itself."""

    concept: str
    title: str
    scalar: bool
    channels: tuple[str, ...]
    fitted: int
    """How many characters of the first half of the text it was fitted on."""
    tested: int
    """On how many of the second half it was tested."""
    base_rate: float
    """The share of tested characters whose label counts as true."""
    units: int
    """How many units it could use, of all channels."""
    nonzero: int
    """How many it does use; the L1 penalty of a yes-or-no concept leaves most out."""
    together: Fit
    alone: Fit
    """The same figures, on the same characters, of the unit that is best on the first half."""
    alone_channel: str
    alone_unit: int
    top: tuple[Weight, ...]
    """The largest weights, signed, largest first."""


def write_probe(probe: Probe, path: Path) -> None:
    """Write a probe as JSON; a figure that does not exist becomes null."""
    write_atomically(path, msgspec.json.encode(probe))


def read_probe(path: Path) -> Probe:
    """The probe in a file that `write_probe` wrote.

    Raises:
        RecordingError: no such file, or damaged.
    """
    try:
        found = read_json(path)
        for fit in ("together", "alone"):
            restore_nan(found[fit], Fit.__struct_fields__)
        restore_nan(found, ("base_rate",))
        return msgspec.convert(found, ready(Probe))
    except OSError as error:
        raise RecordingError(f"cannot read the probe {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise RecordingError(f"the probe {path} is damaged: {error}; probe again") from error


def probe(
    recording: Recording,
    concept: Concept,
    channels: Sequence[str] | None = None,
    *,
    characters: int = CHARACTERS,
    progress: Progress = lambda share: None,
    labels: LabelSource = label_steps,
) -> Probe:
    """Fit a probe on the first half of what is walked and test it on the second.

    L1 logistic regression for yes or no, ridge regression for a count or a position, on values
    standardised over the first half, without lags. Of a long text only some windows are read,
    evenly spread.

    Args:
        recording: may still be growing.
        concept: what to look for.
        channels: None for `hidden` alone.
        characters: how many to take of each half at most; time and memory grow with it.
        progress: told the share done; may raise `Cancelled` to stop.
        labels: gives the concept's labels of a text, in blocks from its start.

    Raises:
        RecordingError: a channel was not recorded, or a file is cut short.
        ConceptError: the concept cannot label this text.
    """
    chosen = chosen_channels(recording, ("hidden",) if channels is None else channels)
    together = running_together(recording, chosen)
    # Units that never run at the same step cannot be added up: those that see most are taken.
    ranges, runs = max(
        together, key=lambda one: steps_in(one[0]) * sum(run.stop - run.first for run in one[1])
    )
    with folder_for_labels(recording) as folder:
        spool = LabelSpool(folder, recording, counted_steps(recording, ranges, _MARGIN))
        blocks_of_labels = [labels(concept, recording.sequence)]
        spool.fill([concept], blocks_of_labels, lambda share: progress(0.3 * share))
        halves = ((0, spool.half), (spool.half, spool.length))
        places = [_places(spool, *half, characters) for half in halves]
        wanted = [_labels_at(spool, each) for each in places]
    level = spool.facts[0].positive_from
    values = [_values_at(recording, runs, each) for each in places]
    progress(0.6)
    _standardise(*values)
    weights = _fit(concept.scalar, values[0], wanted[0])
    progress(0.95)
    best = _best_unit(values[0], wanted[0])
    measured = partial(_measure, concept.scalar, level, values, wanted)
    named = [
        (run.channel, recording.groups.unit_of_row(run.channel, row))
        for run in runs
        for row in range(run.first, run.stop)
    ]
    alone = int(np.abs(best).argmax())
    order = np.argsort(-np.abs(weights), kind="stable")[:TOP].tolist()
    tested = len(places[1])
    return Probe(
        concept=concept.name,
        title=concept.title,
        scalar=concept.scalar,
        channels=chosen,
        fitted=len(places[0]),
        tested=tested,
        base_rate=float((wanted[1] >= level).mean()) if tested else math.nan,
        units=len(named),
        nonzero=int(np.count_nonzero(weights)),
        together=measured(weights),
        alone=measured(best),
        alone_channel=named[alone][0],
        alone_unit=named[alone][1],
        top=tuple(
            Weight(named[place][0], named[place][1], float(weights[place])) for place in order
        ),
    )


def _places(spool: LabelSpool, start: int, stop: int, characters: int) -> Indices:
    """At most so many characters that have a label, evenly from windows of the range."""
    firsts = list(range(start, stop, _WINDOW))
    some = np.linspace(0, len(firsts) - 1, min(len(firsts), _WINDOWS)).astype(int).tolist()
    found = [
        first + np.flatnonzero(~np.isnan(spool.window(0, first, min(first + _WINDOW, stop))))
        for first in (firsts[place] for place in some)
    ]
    places = np.concatenate([np.zeros(0, np.int64), *found])
    if len(places) <= characters:
        return places
    return places[np.linspace(0, len(places) - 1, characters).astype(np.int64)]


def _labels_at(spool: LabelSpool, places: Indices) -> Floats:
    found = [np.zeros(0, np.float32)]
    for start, stop in _windows(places):
        inside = places[(places >= start) & (places < stop)]
        found.append(spool.window(0, start, stop)[inside - start])
    return np.concatenate(found)


def _values_at(recording: Recording, runs: Sequence[Tile], places: Indices) -> Floats:
    """The values of these rows at these steps, (steps, rows)."""
    values = np.empty((sum(run.stop - run.first for run in runs), len(places)), np.float32)
    first = 0
    tiles = (
        Tile(run.channel, *part) for run in runs for part in blocks(run.first, run.stop, _TILE)
    )
    for tile in tiles:
        last = first + tile.stop - tile.first
        for start, stop in _windows(places):
            inside = np.flatnonzero((places >= start) & (places < stop))
            part = read_tile(recording, tile, start, stop)[:, places[inside] - start]
            values[first:last, inside] = to_float32(part)
        first = last
    return np.ascontiguousarray(values.T)


def _windows(places: Indices) -> Iterator[tuple[int, int]]:
    """The stretches of text that hold all these places and not much else."""
    for number in np.unique(places // _WINDOW).tolist():
        inside = places[places // _WINDOW == number]
        yield int(inside[0]), int(inside[-1]) + 1


def _standardise(fit: Floats, test: Floats) -> None:
    """Give every unit mean 0 and deviation 1 over the first; a unit that never moves becomes 0."""
    if not len(fit):
        return
    mean, deviation = fit.mean(0, np.float64), fit.std(0, dtype=np.float64)
    scale = np.where(deviation > 1e-5, 1 / np.maximum(deviation, 1e-5), 0)
    for values in (fit, test):
        np.subtract(values, mean.astype(np.float32), out=values)
        np.multiply(values, scale.astype(np.float32), out=values)


def _fit(scalar: bool, values: Floats, labels: Floats) -> Floats:
    """The weights of all units, (units,); zeros where there is nothing to tell apart."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if not len(labels) or labels.min() == labels.max():
        return np.zeros(values.shape[1], np.float32)
    if scalar:
        model = Ridge(alpha=RIDGE * len(labels), solver="cholesky")
        model.fit(values, labels - labels.mean())
    else:
        # Measured on 20,000 x 1,536: four rounds to this tolerance, a third faster than "saga".
        model = LogisticRegression(
            l1_ratio=1, C=LASSO_C, solver="liblinear", tol=0.1, random_state=0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(values, labels > 0)
    return np.asarray(model.coef_, np.float32).reshape(-1)


def _best_unit(values: Floats, labels: Floats) -> Floats:
    """The weights (units,) of the one unit that goes best with the labels, zero elsewhere."""
    weights = np.zeros(values.shape[1], np.float32)
    if len(labels):
        products = (labels - labels.mean()) @ values
        best = int(np.abs(products).argmax())
        weights[best] = products[best] / len(labels)
    return weights


def _measure(
    scalar: bool,
    level: float,
    values: Sequence[Floats],
    labels: Sequence[Floats],
    weights: Floats,
) -> Fit:
    """How well this weighted sum gives the labels of the second half."""
    from sklearn.metrics import roc_auc_score

    said, wanted = values[1] @ weights, labels[1].astype(np.float64)
    true = wanted >= level
    if not len(true) or said.std() == 0 or wanted.std() == 0:
        return Fit(math.nan, math.nan, math.nan)
    area = float(roc_auc_score(true, said)) if true.any() and not true.all() else math.nan
    correlation = float(np.corrcoef(said, wanted)[0, 1])
    left = wanted - labels[0].mean() - said
    explained = 1 - float(left @ left) / float(np.square(wanted - wanted.mean()).sum())
    return Fit(area, correlation, explained if scalar else math.nan)
