"""Area under the ROC curve, F1 and histograms from counts of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.recording import Halves
from rnnviz.core.recordings.rows import Codes16, blocks, from_sortable
from rnnviz.core.scoring.counting import BINS, Counts, Pairing, Tally
from rnnviz.core.scoring.results import Histogram, Score

Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

HISTOGRAM_BINS = 24
_TOGETHER = 64


def scores_of(tally: Tally) -> list[tuple[Pairing, Score]]:
    """The score of every pairing of a tally."""
    edges = Edges(tally.edges)
    channel, groups = tally.tile.channel, tally.plan.recording.groups
    units = groups.units_having(channel)[tally.tile.first : tally.tile.stop].tolist()
    found: list[tuple[Pairing, Score]] = []
    # Some at a time: what is worked on stays in the processor's cache.
    for first, last in blocks(0, len(tally.pairings), _TOGETHER):
        pairings, rows = tally.pairings[first:last], tally.rows[first:last]
        figures = _figures(pairings, rows, tally.finish(first, last), edges)
        for pairing, row, falling, area, f1, threshold, (false, true) in figures:
            low, high = edges.ranges[row]
            score = Score(
                channel=channel,
                unit=units[row],
                sign=-1 if falling else 1,
                lag=pairing.offset.lag,
                correlation=pairing.correlation,
                auc=area,
                f1=f1,
                threshold=threshold,
                histogram=Histogram(low, high, tuple(true), tuple(false)),
            )
            found.append((pairing, score))
    return found


def _figures(
    pairings: Sequence[Pairing], rows: Places, counts: Counts, edges: Edges
) -> Iterator[tuple[Pairing, int, bool, float, float, float, list[list[int]]]]:
    """Each pairing with its row, area, F1, threshold and the histograms of false and true.

    Behind the row it says whether the value falls with the label.
    """
    cumulative = np.zeros((*counts.shape[:-1], BINS + 1), np.int32)
    np.cumsum(counts, axis=3, out=cumulative[..., 1:])
    whole = cumulative.sum(1, dtype=np.int32)
    falling = np.array([pairing.correlation for pairing in pairings]) < 0
    area = areas(whole)
    area[falling] = 1 - area[falling]
    f1, chosen = best_f1(cumulative, falling)
    thresholds = edges.thresholds(rows, falling, chosen)
    below = np.take_along_axis(whole, edges.cuts[rows][:, None], 2)
    return zip(
        pairings,
        rows.tolist(),
        falling.tolist(),
        area.tolist(),
        f1.tolist(),
        thresholds.tolist(),
        (below[..., 1:] - below[..., :-1]).tolist(),
        strict=True,
    )


class Edges:
    """The lowest values of the bins of some units, and where their histograms are cut."""

    def __init__(self, edges: Sequence[Codes16]) -> None:
        self.lengths = np.array([len(each) for each in edges], np.intp)
        self.values = np.full((len(edges), BINS), np.nan, np.float16)
        """(units, BINS): of every bin but bin 0, which lies below all; NaN after the last."""
        for row, each in zip(self.values, edges, strict=True):
            row[: len(each)] = from_sortable(each)
        self.cuts = histogram_cuts(self.values, self.lengths)
        """(units, HISTOGRAM_BINS + 1)."""
        self.ranges = [
            (float(row[0]), float(row[length - 1])) if length else (0.0, 0.0)
            for row, length in zip(self.values, self.lengths.tolist(), strict=True)
        ]
        """The lowest and the highest value that a histogram shows."""

    def thresholds(self, rows: Places, falling: npt.NDArray[np.bool_], chosen: Places) -> Doubles:
        """The last values that say true, (J,): see `Score.threshold`.

        Args:
            rows: (J,) which unit.
            falling: (J,) whether bin `chosen` and lower ones say true, else it and higher ones.
            chosen: (J,) a bin.
        """
        last = np.maximum(self.lengths[rows] - 1, 0)
        at = np.where(falling, np.minimum(chosen, last), np.maximum(chosen - 1, 0))
        values = self.values[rows, at]
        below = falling & (chosen <= last)
        return np.where(below, np.nextafter(values, np.float16(-np.inf)), values).astype(np.float64)


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
    first, second = cumulative.swapaxes(0, 1)
    said = np.where(falling[:, None, None], first[..., 1:], first[..., -1:] - first[..., :-1])
    fitted = _f1(said, first[..., -1:])
    lowest, highest = fitted.argmax(1), BINS - 1 - fitted[:, ::-1].argmax(1)
    chosen = np.where(falling, highest, lowest)
    every, total = np.arange(len(chosen)), second[..., -1]
    said = np.where(
        falling[:, None], second[every, :, chosen + 1], total - second[every, :, chosen]
    )
    found = _f1(said[..., None], total[..., None])[:, 0]
    found[np.isnan(fitted[:, 0])] = np.nan
    return found, chosen


def _f1(said: Counts, total: Counts) -> Doubles:
    """F1 (J, n) where of `total` false and true ones (J, 2, 1) so many (J, 2, n) are said true."""
    (false_alarms, hits), wanted = said.swapaxes(0, 1), total[:, 1]
    figures: Doubles = np.where(
        wanted > 0, 2 * hits / np.maximum(hits + false_alarms + wanted, 1), np.nan
    )
    return figures


def histogram_cuts(edges: Halves, lengths: Places) -> Places:
    """Which bins begin the bins of a histogram, (units, HISTOGRAM_BINS + 1), equally wide.

    Each bin counts where it begins.

    Args:
        edges: (units, BINS), see `Edges.values`.
        lengths: (units,) how many of them there are.
    """
    low, high = edges[:, 0], edges[np.arange(len(edges)), np.maximum(lengths - 1, 0)]
    wide = (lengths > 0) & (low != high)
    cuts = np.full((len(edges), HISTOGRAM_BINS + 1), BINS)
    cuts[:, 0] = 0
    first, last = (each[wide].astype(np.float64) for each in (low, high))
    inner = np.linspace(first, last, HISTOGRAM_BINS + 1, axis=1)[:, 1:-1]
    below = edges[wide].astype(np.float64)[:, :, None] < inner[:, None]
    cuts[wide, 1:-1] = below.sum(1) + 1
    return cuts
