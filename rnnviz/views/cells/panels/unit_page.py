"""The selected unit by itself: its distribution, its gates, where it is highest and lowest."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rnnviz.core.cells.snippets import Saturation, Snippet, UnitPage
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.in_words import steps_called
from rnnviz.views.cells.panels.coloured_places import PlacesPanel
from rnnviz.views.cells.placing import piece_of
from rnnviz.views.plots import BarPlot, Histogram, HistogramPlot
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.text.searching.snippet_list import Entry, Piece, SnippetList

_PLOT_HEIGHT = 150


class UnitPagePanel(PlacesPanel):
    """A page for one unit; a click on a snippet goes to its place in the text."""

    name = "unit_page"
    title = "Unit"

    def follow(self) -> None:
        """Follow the unit and the page that the engine makes of it."""
        session = self.session
        session.selection.unit_changed.connect(self.request_draw)
        session.inspection.unit_page_changed.connect(self.request_draw)
        self.follow_scale()

    def shown_places(self) -> SnippetList:
        """The snippets."""
        return self.snippets

    def build(self) -> QWidget:
        """A heading, two small plots, and the snippets."""
        page = QWidget()
        self.heading = Label()
        self.heading.setProperty("role", "title")
        self.facts = Label()
        self.facts.setProperty("role", "muted")
        self.facts.setWordWrap(True)
        words = QVBoxLayout()
        words.setContentsMargins(12, 12, 12, 8)
        words.setSpacing(4)
        words.addWidget(self.heading)
        words.addWidget(self.facts)
        self.distribution = HistogramPlot("Distribution of the unit's values")
        self.distribution.set_labels("value", "")
        self.distribution.item.hideAxis("left")
        self.gates = BarPlot(
            "Gates of the unit: share of time shut and open",
            {"shut": 1, "between": "border", "open": 0},
        )
        self.gates.set_labels("share of time", "")
        self.gates.set_legend((("< 0.1", 1), ("> 0.9", 0)))
        plots = QHBoxLayout()
        plots.setSpacing(0)
        for plot in (self.distribution, self.gates):
            plot.setFixedHeight(_PLOT_HEIGHT)
            plots.addWidget(plot, 1)
        self.snippets = SnippetList("Where the unit is highest and lowest")
        self.snippets.piece_chosen.connect(self.jump_requested)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(words)
        column.addLayout(plots)
        column.addWidget(self.snippets, 1)
        return page

    def draw(self) -> None:
        """Show the page if it is of the selected unit, else ask for it."""
        recording, selection = self.session.recordings.recording, self.session.selection
        assert recording is not None
        title = recording.unit_title(selection.unit)
        self.heading.setText(f"{title[:1].upper()}{title[1:]}, {selection.channel}")
        found = self.session.inspection.unit_page
        if found is not None:
            self._show(found, recording)
        else:
            # What is there belongs to the unit before, under the name of this one.
            self.facts.setText("Reading the unit…")
            self.distribution.set_histograms(())
            self.gates.setVisible(False)
            self.snippets.set_entries((), self.session.scaling.unit_scale)
        self.session.inspection.request_unit_page()

    def _show(self, page: UnitPage, recording: Recording) -> None:
        mean, deviation, lowest, highest = (
            shown_number(value, ".2f") for value in (page.mean, page.deviation, page.low, page.high)
        )
        self.facts.setText(
            f"mean {mean}, standard deviation {deviation}, from {lowest} to {highest} over "
            f"{page.characters:,} {steps_called(recording.sequence)}"
        )
        shares = np.array(page.histogram) / max(1, page.characters)
        self.distribution.set_histograms((Histogram("share", page.edges, shares, "accent"),))
        self.gates.setVisible(bool(page.saturation))
        self.gates.set_rows({gate.gate: _parts(gate) for gate in page.saturation})
        entries = (
            "Highest",
            *_pieces(recording, page, page.highest),
            "Lowest",
            *_pieces(recording, page, page.lowest),
        )
        self.snippets.set_entries(entries, self.session.scaling.unit_scale)


def _parts(gate: Saturation) -> tuple[float, float, float]:
    return gate.closed, max(0.0, 1 - gate.closed - gate.open), gate.open


def _pieces(
    recording: Recording, page: UnitPage, snippets: tuple[Snippet, ...]
) -> tuple[Entry, ...]:
    values = recording.values(page.channel, page.unit)
    return tuple(
        Piece(
            *piece_of(recording, values, snippet.start, snippet.stop),
            note=shown_number(snippet.value, "+.2f"),
            focus=snippet.position,
        )
        for snippet in snippets
    )
