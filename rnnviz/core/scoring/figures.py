"""Area under the ROC curve, F1 and histograms from counts of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rnnviz.core.recording import Halves
from rnnviz.core.rows import blocks, from_sortable
from rnnviz.core.scoring.counting import BINS, Counts, Pairing, Tally
from rnnviz.core.scoring.labels import LabelSpool
from rnnviz.core.scoring.results import Histogram, Score

Doubles = npt.NDArray[np.float64]

HISTOGRAM_BINS = 24
_TOGETHER = 16


def scores_of(spool: LabelSpool, tally: Tally) -> list[tuple[Pairing, Score]]:
    """The score of every pairing of a tally."""
    counts = tally.finish(spool)
    values = [from_sortable(edges) for edges in tally.edges]
    cuts = [histogram_cuts(edges) for edges in values]
    found: list[tuple[Pairing, Score]] = []
    # Some at a time: what is worked on stays in the processor's cache.
    for first, last in blocks(0, len(counts), _TOGETHER):
        part = _scores(tally, tally.pairings[first:last], counts[first:last], values, cuts)
        found += zip(tally.pairings[first:last], part, strict=True)
    return found


def _scores(
    tally: Tally,
    pairings: Sequence[Pairing],
    counts: Counts,
    values: Sequence[Halves],
    cuts: Sequence[npt.NDArray[np.intp]],
) -> Iterator[Score]:
    cumulative = np.zeros((*counts.shape[:-1], BINS + 1), np.int32)
    np.cumsum(counts, axis=3, out=cumulative[..., 1:])
    whole = cumulative.sum(1, dtype=np.int32)
    falling = np.array([pairing.sign < 0 for pairing in pairings])
    area = areas(whole)
    area[falling] = 1 - area[falling]
    f1, chosen = best_f1(cumulative, falling)
    first = tally.plan.row(tally.tile)
    for number, pairing in enumerate(pairings):
        unit = pairing.row - first
        yield Score(
            channel=tally.tile.channel,
            unit=tally.tile.first + unit,
            sign=pairing.sign,
            lag=pairing.offset.lag,
            correlation=pairing.correlation,
            auc=float(area[number]),
            f1=float(f1[number]),
            threshold=threshold_value(values[unit], pairing.sign, int(chosen[number])),
            histogram=_histogram(values[unit], whole[number][:, cuts[unit]]),
        )


def areas(cumulative: Counts) -> Doubles:
    """Area under the ROC curve for J pairs of counts, (J,); high values say true.

    The chance that a value with a true label is above one with a false label, a tie counting half:
    the Mann-Whitney statistic (Hanley and McNeil 1982; Fawcett 2006, section 7). NaN where all
    labels are the same.

    Args:
        cumulative: (J, 2, bins + 1) how many values with a negative and with a positive label lie
            below each bin, and below none of them.
    """
    negative, positive = cumulative.swapaxes(0, 1)
    below_twice = negative[:, :-1] + negative[:, 1:].astype(np.int64)
    ordered = np.einsum("jb,jb->j", np.diff(positive, axis=1), below_twice, dtype=np.float64) / 2
    with np.errstate(invalid="ignore"):
        area: Doubles = ordered / (positive[:, -1] * negative[:, -1].astype(np.float64))
    return area


def best_f1(
    cumulative: Counts, falling: npt.NDArray[np.bool_]
) -> tuple[Doubles, npt.NDArray[np.intp]]:
    """F1 of saying true from some bin on, (J,), and that bin.

    The bin is the best for the first half of the text, the figure that of the second half. F1 is
    the harmonic mean of precision and recall (van Rijsbergen 1979). NaN where either half has no
    true label.

    Args:
        cumulative: (J, 2 halves, 2, bins + 1), as for `areas`.
        falling: (J,) whether this bin and lower ones say true, rather than it and higher ones.
    """
    total = cumulative[..., -1:]
    said = np.where(falling[:, None, None, None], cumulative[..., 1:], total - cumulative[..., :-1])
    false_alarms, hits = said[:, :, 0], said[:, :, 1]
    wanted = total[:, :, 1]
    figures = np.where(wanted > 0, 2 * hits / np.maximum(hits + false_alarms + wanted, 1), np.nan)
    fitted, tested = figures[:, 0], figures[:, 1]
    lowest, highest = fitted.argmax(1), BINS - 1 - fitted[:, ::-1].argmax(1)
    chosen = np.where(falling, highest, lowest)
    found = tested[np.arange(len(tested)), chosen]
    found[np.isnan(fitted[:, 0])] = np.nan
    return found, chosen


def threshold_value(edges: Halves, sign: int, chosen: int) -> float:
    """The last value that says true: see `Score.threshold`.

    Args:
        edges: the lowest value of every bin but bin 0, which lies below all of them.
        sign: 1 if bin `chosen` and higher ones say true, -1 if it and lower ones do.
        chosen: a bin.
    """
    if not len(edges):
        return float("nan")
    if sign > 0:
        return float(edges[max(0, chosen - 1)])
    if chosen >= len(edges):
        return float(edges[-1])
    return float(np.nextafter(edges[chosen], np.float16(-np.inf)))


def histogram_cuts(edges: Halves) -> npt.NDArray[np.intp]:
    """Which bins begin the bins of a histogram, (HISTOGRAM_BINS + 1,), equally wide.

    Each bin counts where it begins.
    """
    if not len(edges) or edges[0] == edges[-1]:
        return np.array([0] + HISTOGRAM_BINS * [BINS])
    inner = np.linspace(float(edges[0]), float(edges[-1]), HISTOGRAM_BINS + 1)[1:-1]
    return np.concatenate([[0], np.searchsorted(edges.astype(np.float64), inner) + 1, [BINS]])


def _histogram(edges: Halves, below: Counts) -> Histogram:
    false, true = np.diff(below, axis=1).tolist()
    low, high = (float(edges[0]), float(edges[-1])) if len(edges) else (0.0, 0.0)
    return Histogram(low, high, tuple(true), tuple(false))
