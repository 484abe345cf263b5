"""Where the network was most wrong: what it did not expect, or named wrongly, the worst first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.cells.mistakes import labels_each, largest_errors, wrong_labels
from rnnviz.core.cells.surprises import LENGTH
from rnnviz.core.cells.verdicts import DocumentVerdict, verdicts_of
from rnnviz.core.colours.colour import scale_for
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.views.cells.placing import piece_of
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.text.searching.snippet_list import Piece, SnippetList

_MOST = 30
_AROUND = 8
"""Steps before and behind a wrong label that are shown with it."""
_GOES = "A click goes there."


class _Found(NamedTuple):
    sentence: str
    pieces: tuple[Piece, ...]


class SurprisesPanel(Panel):
    """A list; a click goes to the place.

    Of a language model, the passages that it predicted worst; of a classifier, the documents that
    it was most wrong about; of a tagger, the wrong labels; of a model of numbers, the largest
    errors.
    """

    name = "surprises"
    title = "Surprises"
    needs = ("recording",)

    def follow(self) -> None:
        """Follow the recording and the answer."""
        self._known: tuple[object, _Found] | None = None
        self.session.recordings.recording_changed.connect(self.request_draw)
        self.session.recordings.recording_grew.connect(self.request_draw)
        self.session.inspection.worst_changed.connect(self.request_draw)

    def build(self) -> QWidget:
        """A sentence over the list."""
        page = QWidget()
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setContentsMargins(12, 12, 12, 8)
        self.places = SnippetList("Where the network was most wrong")
        self.places.piece_chosen.connect(self.jump_requested)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sentence)
        column.addWidget(self.places, 1)
        return page

    def draw(self) -> None:
        """Ask once the text is walked, and show the answer."""
        recording = self.session.recordings.recording
        assert recording is not None
        found = self._passages(recording)
        if found is None:
            state = (recording.folder, recording.walked)
            if self._known is None or self._known[0] != state:
                self._known = state, _mistakes(recording)
            found = self._known[1]
        self.sentence.setText(found.sentence)
        parts = [piece.values for piece in found.pieces]
        seen = np.concatenate(parts) if parts else np.zeros(1, np.float16)
        self.places.set_entries(found.pieces, scale_for("surprisal", seen))

    def _passages(self, recording: Recording) -> _Found | None:
        """Of a language model; None of others."""
        surprisal, inspection = recording.surprisal, self.session.inspection
        if surprisal is None:
            return None
        inspection.request_worst()
        found = inspection.worst
        if found is None:
            return _Found("Looking through the text…", ())
        pieces = tuple(
            _piece(recording, surprisal, one.start, one.stop, f"{one.bits:.1f}") for one in found
        )
        said = (
            f"The passages of {LENGTH} steps that were predicted worst, with the bits that a step "
            f"of them was on average; the redder, the less expected. {_GOES}"
        )
        return _Found(said if pieces else "No passage is long enough to be measured.", pieces)


def _mistakes(recording: Recording) -> _Found:
    if recording.predicted is not None and recording.wanted is not None:
        return _errors(recording)
    if recording.class_p is None:
        return _Found("What is open foretells nothing and names nothing: it cannot be wrong.", ())
    return _labels(recording) if labels_each(recording) else _documents(recording)


def _documents(recording: Recording) -> _Found:
    """The documents that a classifier was most wrong about, or least sure of."""
    found = verdicts_of(recording)
    known = [one for one in found if one.truth]
    if not found:
        return _Found("No document is read to its end yet.", ())
    if not known:
        said = (
            "What the documents are is not said, so none is known to be wrong; these are the ones "
            f"that the network was least sure of. {_GOES}"
        )
        unsure = sorted(found, key=lambda one: one.share)[:_MOST]
        return _Found(said, tuple(_document(recording, one, 1 - one.share) for one in unsure))
    wrong = sum(one.verdict != one.truth for one in known)
    said = (
        f"{wrong:,} of {len(known):,} documents are named wrongly. The most wrong come first, each "
        "with the verdict and what it is said to be; the redder, the less likely the network held "
        f"that. {_GOES}"
    )
    return _Found(said, tuple(_document(recording, one, one.wrongness) for one in known[:_MOST]))


def _document(recording: Recording, one: DocumentVerdict, wrongness: float) -> Piece:
    values = np.full(recording.length, wrongness, np.float16)
    stop = min(one.stop, one.start + LENGTH)
    mark = "" if one.truth in ("", one.verdict) else f", is {one.truth}"
    return _piece(recording, values, one.start, stop, f"{one.verdict} {one.share:.0%}{mark}")


def _labels(recording: Recording) -> _Found:
    """The labels of a tagger that are wrong."""
    found, truth = wrong_labels(recording), recording.truth
    if not found.known or truth is None or recording.class_p is None:
        return _Found("What the labels should be is not said, so none is known to be wrong.", ())
    said = (
        f"{found.wrong:,} of {found.known:,} labels are wrong. Those come first whose truth the "
        f"network held for least likely; the redder, the less likely. {_GOES}"
    )
    places = np.maximum(np.asarray(truth), 0)
    likely = np.asarray(recording.class_p)[np.arange(recording.length), places]
    wrongness = np.where(np.asarray(truth) < 0, np.nan, 1 - likely).astype(np.float16)
    pieces = []
    for one in found.worst:
        start, stop = recording.documents.around(one.step)
        around = max(start, one.step - _AROUND), min(stop, one.step + _AROUND + 1)
        note = f"{one.found}, is {one.truth}"
        pieces.append(_piece(recording, wrongness, *around, note, one.step))
    return _Found(said if pieces else f"All {found.known:,} labels are right.", tuple(pieces))


def _errors(recording: Recording) -> _Found:
    """The numbers that are farthest from what was wanted."""
    found = largest_errors(recording)
    if not found:
        return _Found("No number differs from what was wanted of it.", ())
    several = len(recording.outputs) > 1
    by = ", measured by how far those of its column spread" if several else ""
    said = f"The numbers that came out farthest from what was wanted{by}, the worst first. {_GOES}"
    pieces = []
    for one in found:
        text = f"{one.column} {shown_number(one.found)}, wanted {shown_number(one.wanted)}"
        values = np.full(len(text), np.nan, np.float16)
        pieces.append(Piece(0, text, values, f"step {one.step:,}", 0, one.step, False))
    return _Found(said, tuple(pieces))


def _piece(
    recording: Recording,
    values: np.ndarray,
    start: int,
    stop: int,
    note: str,
    step: int | None = None,
) -> Piece:
    """These steps with a value each, and a click that goes to the first of them or to `step`.

    `step` is underlined: it alone is what is wrong.
    """
    marked = step is not None
    step = start if step is None else step
    if isinstance(recording.sequence, Numbers):
        text = recording.sequence.label(step)
        shown = np.full(len(text), values[step], np.float16)
        return Piece(0, text, shown, f"step {step:,}: {note}", 0, step, False)
    first, text, shown = piece_of(recording, values, start, stop)
    focus = recording.sequence.span(step, step + 1)[0]
    return Piece(first, text, shown, note, focus, step, marked)
