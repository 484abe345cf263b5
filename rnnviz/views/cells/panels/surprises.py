"""Where the model was most surprised: its worst predicted passages, the worst first."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.cells.surprises import LENGTH
from rnnviz.core.colours.colour import scale_for
from rnnviz.views.cells.placing import piece_of
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.plain_text import Label
from rnnviz.views.text.snippet_list import Entry, Piece, SnippetList


class SurprisesPanel(Panel):
    """A list; a click goes to the place."""

    name = "surprises"
    title = "Surprises"
    needs = ("recording",)

    def follow(self) -> None:
        """Follow the recording and the answer."""
        self.session.recordings.recording_changed.connect(self.request_draw)
        self.session.recordings.recording_grew.connect(self.request_draw)
        self.session.inspection.worst_changed.connect(self.request_draw)

    def build(self) -> QWidget:
        """A sentence over the list."""
        page = QWidget()
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setContentsMargins(12, 12, 12, 8)
        self.places = SnippetList("The passages that were predicted worst")
        self.places.piece_chosen.connect(self.jump_requested)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sentence)
        column.addWidget(self.places, 1)
        return page

    def draw(self) -> None:
        """Ask once the text is walked, and show the answer."""
        recording, inspection = self.session.recordings.recording, self.session.inspection
        assert recording is not None
        surprisal = recording.surprisal
        if surprisal is None:
            self.sentence.setText(
                "What is open does not say what comes next: nothing surprises it."
            )
            self.places.set_entries((), scale_for("surprisal", np.zeros(1, np.float16)))
            return
        inspection.request_worst()
        found = inspection.worst
        if found is None:
            self.sentence.setText("Looking through the text…")
            return
        entries: list[Entry] = [
            Piece(
                *piece_of(recording, surprisal, passage.start, passage.stop),
                f"{passage.bits:.1f}",
                passage.start,
            )
            for passage in found
        ]
        self.sentence.setText(
            f"The passages of {LENGTH} steps that were predicted worst, with the bits that a step "
            "of them was on average; the redder, the less expected. A click goes there."
            if entries
            else "No passage is long enough to be measured."
        )
        parts = [entry.values for entry in entries if isinstance(entry, Piece)]
        seen = np.concatenate(parts) if parts else np.zeros(1, np.float16)
        self.places.set_entries(tuple(entries), scale_for("surprisal", seen))
