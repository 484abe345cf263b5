"""Area under the ROC curve, F1 and histograms from counts of values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from rnnviz.core.rows import Codes16, from_sortable
from rnnviz.core.scoring.counting import BINS, Counts, Pairing, Tally
from rnnviz.core.scoring.labels import LabelSpool
from rnnviz.core.scoring.results import Histogram, Score

Doubles = npt.NDArray[np.float64]

HISTOGRAM_BINS = 24


def scores_of(tally: Tally, spool: LabelSpool) -> Iterator[tuple[Pairing, Score]]:
    """The score of every pairing of a tally."""
    counts = tally.finish(spool)
    signs = np.array([pairing.sign for pairing in tally.pairings])
    oriented = np.where((signs > 0)[:, None, None, None], counts, counts[..., ::-1])
    both = oriented.sum(1)
    area = areas(both[:, 0], both[:, 1])
    f1, chosen = best_f1(oriented[:, 0], oriented[:, 1])
    for number, pairing in enumerate(tally.pairings):
        unit = pairing.row - tally.plan.row(tally.tile)
        edges = tally.edges[unit]
        yield pairing, Score(
            channel=tally.tile.channel,
            unit=tally.tile.first + unit,
            sign=pairing.sign,
            lag=pairing.offset.lag,
            correlation=pairing.correlation,
            auc=float(area[number]),
            f1=float(f1[number]),
            threshold=threshold_value(edges, pairing.sign, int(chosen[number])),
            histogram=histogram(edges, *counts[number].sum(0)),
        )


def areas(negative: Counts, positive: Counts) -> Doubles:
    """Area under the ROC curve of J rows of counts (J, bins) in ascending order of value, (J,).

    The chance that a value with a true label is above one with a false label, a tie counting half:
    the Mann-Whitney statistic (Hanley and McNeil 1982; Fawcett 2006, section 7). NaN where all
    labels are the same.
    """
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(1, dtype=np.float64) * negative.sum(1)
    with np.errstate(invalid="ignore"):
        return (positive * below).sum(1) / pairs


def best_f1(fit: Counts, test: Counts) -> tuple[Doubles, npt.NDArray[np.intp]]:
    """F1 of "this bin or a higher one says true", and that bin, (J,) each.

    F1 is the harmonic mean of precision and recall (van Rijsbergen 1979). NaN where either part has
    no true label.

    Args:
        fit: negative and positive counts, (J, 2, bins); the bin is the best for these.
        test: the same of other characters; the figure is for these.
    """
    fitted, tested = _f1_from(fit), _f1_from(test)
    chosen = np.argmax(np.nan_to_num(fitted), axis=1)
    figures = tested[np.arange(len(tested)), chosen]
    figures[np.isnan(fitted[:, 0])] = np.nan
    return figures, chosen


def threshold_value(edges: Codes16, sign: int, chosen: int) -> float:
    """The last value, from above, that says true: see `Score.threshold`.

    Args:
        edges: where bins begin, ascending codes; bin 0 lies below all of them.
        sign: 1 if high values say true, -1 if low ones do.
        chosen: the last bin that says true, counted from below, or from above if the sign is -1.
    """
    if not len(edges):
        return float("nan")
    values = from_sortable(edges)
    if sign > 0:
        return float(values[max(0, chosen - 1)])
    above = BINS - 1 - chosen
    if above >= len(edges):
        return float(values[-1])
    return float(np.nextafter(values[above], np.float16(-np.inf)))


def histogram(edges: Codes16, negative: Counts, positive: Counts) -> Histogram:
    """The counts (bins,) in `HISTOGRAM_BINS` bins of equal width; a bin lies where it begins."""
    if not len(edges):
        return Histogram(0.0, 0.0, (0,) * HISTOGRAM_BINS, (0,) * HISTOGRAM_BINS)
    values = from_sortable(edges).astype(np.float64)
    low, high = float(values[0]), float(values[-1])
    inner = np.linspace(low, high, HISTOGRAM_BINS + 1)[1:-1]
    cuts = np.concatenate([[0], np.searchsorted(values, inner) + 1, [len(negative)]])
    if low == high:
        cuts[1:] = len(negative)
    true, false = (
        tuple(np.diff(np.concatenate([[0], np.cumsum(counts)])[cuts]).tolist())
        for counts in (positive, negative)
    )
    return Histogram(low, high, true, false)


def _f1_from(counts: Counts) -> Doubles:
    """F1 for every bin taken as the lowest that says true, (J, bins) of counts (J, 2, bins)."""
    false_alarms, hits = np.cumsum(counts[..., ::-1], axis=2)[..., ::-1].swapaxes(0, 1)
    wanted = hits[:, :1]
    with np.errstate(invalid="ignore"):
        return np.where(wanted > 0, 2 * hits / (hits + false_alarms + wanted), np.nan)
