"""The selected unit against the labels of the concept: does it count, or does it switch?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from rnnviz.core.concepts.base import Concept
from rnnviz.core.quantities.bins import bin_edges
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.in_words import steps_called
from rnnviz.views.plots import Histogram, HistogramPlot, Points, ScatterPlot
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label

_MOST = 100_000
_PIECE = 1_000
_BINS = 48
_LINE_POINTS = 60
_COLUMNS = 160

Floats = npt.NDArray[np.float32]


class ScatterPanel(Panel):
    """For a count or a position: value against label. For yes or no: two histograms."""

    name = "scatter"
    title = "Scatter"
    needs = ("recording", "concept")

    def follow(self) -> None:
        """Follow the unit, the concept, its labels and its ranking."""
        self.redraw_on(
            self.session.selection.unit_changed,
            self.session.selection.concept_changed,
            self.session.rankings.labels_changed,
            self.session.rankings.ranking_changed,
        )

    def build(self) -> QWidget:
        """A sentence above one of two plots."""
        page = QWidget()
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setContentsMargins(12, 8, 12, 4)
        self.scatter = ScatterPlot("Value of the unit against the concept")
        self.histograms = HistogramPlot("Values of the unit where the concept holds and elsewhere")
        self.plots = QStackedWidget()
        self.plots.addWidget(self.scatter)
        self.plots.addWidget(self.histograms)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sentence)
        column.addWidget(self.plots, 1)
        return page

    def draw(self) -> None:
        """Take up to 100,000 characters from all over the text."""
        recording, selection = self.session.recordings.recording, self.session.selection
        concept = self.session.rankings.concept(selection.concept or "")
        assert recording is not None
        labels = self.session.rankings.labels(concept.name) if concept else None
        known = recording.has(selection.channel, selection.unit)
        self.plots.setVisible(labels is not None and known)
        if concept is None or labels is None or not known:
            self.sentence.setText("Labelling the text…")
            return
        chosen = spread(min(recording.walked, len(labels)))
        values = recording.shown_values(selection.channel, selection.unit)[chosen].astype(
            np.float32
        )
        runs = ~np.isnan(values)
        chosen, values = chosen[runs], values[runs]
        finite = np.isfinite(values)
        endless = len(values) - int(finite.sum())
        chosen, values = chosen[finite], values[finite]
        name = recording.unit_name(selection.unit)
        unit = f"{name} {selection.channel}"
        counted = f"{len(chosen):,} of {recording.length:,} {steps_called(recording.sequence)}"
        if concept.scalar:
            self._draw_scatter(
                concept, np.asarray(labels[chosen], np.float32), values, unit, counted
            )
        else:
            self._draw_histograms(
                concept, np.asarray(labels[chosen], bool), values, unit, recording
            )
        if endless:
            # Values beyond what a recording holds: no axis has a place for them.
            is_one = "one more is" if endless == 1 else f"{endless:,} more are"
            self.sentence.setText(f"{self.sentence.text()} Of its values {is_one} infinite.")

    def _draw_scatter(
        self, concept: Concept, labels: Floats, values: Floats, unit: str, counted: str
    ) -> None:
        applies = np.isfinite(labels) & np.isfinite(values)
        labels, values = labels[applies], values[applies]
        correlation = pearson(labels, values)
        low, high = label_range(labels)
        if np.isfinite(correlation):
            said = f"r = {shown_number(correlation, '+.2f')}"
        elif len(labels) < 2:
            said = "no correlation of fewer than two places,"
        else:
            same = "the unit" if np.ptp(values) == 0 else "the concept"
            said = f"no correlation, for {same} never changes,"
        self.sentence.setText(
            f"{unit} against “{concept.title}”: {said} over {counted}. "
            f"The line is the running median.{beyond_in_words(labels)}"
        )
        self.scatter.set_labels(concept.title, unit)
        columns = min(_COLUMNS, max(1, round(high - low)))
        points = (Points(unit, labels, values, "accent"),)
        self.scatter.set_points(points, (low, high), columns=columns)
        self.scatter.set_line(*running_median(labels, values))
        self.plots.setCurrentIndex(0)

    def _draw_histograms(
        self,
        concept: Concept,
        labels: npt.NDArray[np.bool_],
        values: Floats,
        unit: str,
        recording: Recording,
    ) -> None:
        low, high = (float(values.min()), float(values.max())) if values.size else (-1.0, 1.0)
        edges = bin_edges(low, high, _BINS)
        there = (
            ("elsewhere", values[~labels], "muted"),
            ("where it holds", values[labels], "accent"),
        )
        groups = tuple(group for group in there if group[1].size)
        self.histograms.set_labels(f"value of {unit}", "share of each group")
        self.histograms.set_histograms(
            tuple(Histogram(name, edges, _shares(group, edges), ink) for name, group, ink in groups)
        )
        self.histograms.set_legend(tuple((name, ink) for name, _, ink in groups))
        ranking, selection = self.session.rankings.ranking(concept.name), self.session.selection
        score = next(
            (
                score
                for score in (ranking.scores if ranking else ())
                if (score.unit, score.channel) == (selection.unit, selection.channel)
            ),
            None,
        )
        found = f" AUC {score.auc:.2f}." if score else ""
        outside, inside = (
            shown_number(_mean(group), "+.2f") if group.size else "" for _, group, _ in there
        )
        if inside and outside:
            said = f": {inside} on average where it holds, {outside} elsewhere."
        elif outside:
            said = f", which holds at none of these places: {outside} on average."
        elif inside:
            said = f", which holds at all of these places: {inside} on average."
        else:
            said = ": there is no value to show."
        self.sentence.setText(f"{unit} and “{concept.title}”{said}{found}")
        self.plots.setCurrentIndex(1)


def spread(length: int) -> npt.NDArray[np.int64]:
    """Up to 100,000 places in pieces of 1,000 from all over `length` characters, in order."""
    if length <= _MOST:
        return np.arange(length)
    starts = np.linspace(0, length - _PIECE, _MOST // _PIECE).astype(np.int64)
    return (starts[:, None] + np.arange(_PIECE)).ravel()


def pearson(labels: Floats, values: Floats) -> float:
    """Pearson's correlation; NaN where either never changes, for then there is none."""
    if len(labels) < 2 or np.ptp(labels) == 0 or np.ptp(values) == 0:
        return float("nan")
    return float(np.corrcoef(labels, values)[0, 1])


def label_range(labels: Floats) -> tuple[float, float]:
    """From the least label to the 99.9 % quantile: one endless line must not squeeze the rest."""
    if labels.size == 0:
        return 0.0, 1.0
    low, high = float(labels.min()), float(np.quantile(labels, 0.999))
    return low - 0.5, max(high, low) + 0.5


def beyond_in_words(labels: Floats) -> str:
    """How many labels have no place on the axis, which ends at `label_range`."""
    beyond = labels[labels > label_range(labels)[1]]
    if not beyond.size:
        return ""
    lie = "of them lies" if beyond.size == 1 else "of them lie"
    return f" {len(beyond):,} {lie} beyond the axis, up to {float(beyond.max()):,.0f}."


def running_median(labels: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The median value at each label, or in each of up to 60 groups of neighbouring labels."""
    if labels.size == 0:
        return labels, values
    low, high = label_range(labels)
    groups = max(1, min(_LINE_POINTS, int(high - low)))
    bins = np.minimum(((labels - low) * (groups / (high - low))).astype(np.int64), groups - 1)
    order = np.lexsort((values, bins))
    present, firsts, counts = np.unique(bins[order], return_index=True, return_counts=True)
    medians = values[order][firsts + counts // 2]
    middles = low + (present + 0.5) * (high - low) / groups
    return middles.astype(np.float32), medians


def _shares(group: Floats, edges: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    counts, _ = np.histogram(group, edges)
    return counts / max(1, len(group))


def _mean(group: Floats) -> float:
    return float(group.mean())
