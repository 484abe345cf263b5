"""A classifier's verdicts: all documents, the most wrong first; and what each word of one did."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from rnnviz.core.cells.verdicts import DocumentVerdict, verdicts_of
from rnnviz.core.colours.colour import Scale
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.views.shared.controls.lazy_table import Cell, LazyTable
from rnnviz.views.shared.controls.tall_page import TallPage
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.work.jobs.classification import Explained

_MOST = 2000
"""So many documents are listed, the most wrong of all."""
_SHOWN = 80
_MOST_WORDS = 2000
"""So many words of a document are listed."""
_ROW_HEIGHT = 24
_LEAST_COLUMN = 58
"""Pixels that a column keeps, also that of the words."""
_NARROW_HEADS = "QHeaderView::section { padding: 6px 2px; }"
"""Five columns of numbers and the words have to fit a narrow panel."""
_WAYS = (
    ("After", "The verdict after the word"),
    ("Gradient", "The slope of the log-odds at the word's vector, times the vector"),
    ("Integr.", "Slopes averaged from nothing to the word (integrated gradients): they add up"),
    ("Left out", "The log-odds less those of the text without the word"),
    ("Attn.", "How much the readout looks at the word (attention)"),
)


class VerdictPanel(Panel):
    """A click on a document goes to it; a click on a word to its place in the text."""

    name = "verdict"
    title = "Verdict"

    def follow(self) -> None:
        """Follow the cursor, which chooses the document, and what is known of its words."""
        self.session.selection.cursor_changed.connect(self.request_draw)
        self.session.verdicts.changed.connect(self.request_draw)

    def build(self) -> QWidget:
        """The documents above, the words of one below."""
        self._listed: tuple[DocumentVerdict, ...] = ()
        self._of: tuple[object, ...] = ()
        self._explained: Explained | None = None
        """What the words in the table are of."""
        self.heading = Label()
        self.heading.setProperty("role", "muted")
        self.heading.setWordWrap(True)
        self.documents = LazyTable(
            "Documents, the most wrong first",
            ("Verdict", "Truth", "Text"),
            stretched=2,
            row_height=_ROW_HEIGHT,
            least=_LEAST_COLUMN,
        )
        self.documents.clicked.connect(self._go_to_document)
        self.note = Label()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.words = LazyTable(
            "What each word did to the verdict",
            ("Word", *(title for title, _ in _WAYS)),
            stretched=0,
            row_height=_ROW_HEIGHT,
            least=_LEAST_COLUMN,
            numbers=range(1, 1 + len(_WAYS)),
            tips=("", *(about for _, about in _WAYS)),
        )
        self.words.horizontalHeader().setStyleSheet(_NARROW_HEADS)
        self.words.clicked.connect(self._go_to_word)
        parts = QSplitter(Qt.Orientation.Vertical)
        for label, table in ((self.heading, self.documents), (self.note, self.words)):
            part = TallPage()
            column = QVBoxLayout(part)
            column.setContentsMargins(12, 8, 12, 0)
            column.setSpacing(4)
            column.addWidget(label)
            column.addWidget(table, 1)
            parts.addWidget(part)
        parts.setSizes([300, 400])
        return parts

    def draw(self) -> None:
        """List the documents again where more are walked; show the words of the chosen one."""
        recording = self.session.recordings.recording
        assert recording is not None
        if recording.class_p is None:
            self.heading.setText("No verdict came out of this network: open a classifier.")
            self._of, self._listed, self._explained = (), (), None
            self.documents.show_none()
            self.words.show_none()
            self.note.setText("")
            return
        state = (recording.folder, recording.walked)
        if state != self._of:
            self._of = state
            self._list(recording)
        self.session.verdicts.request()
        self._show_words(recording)

    def _list(self, recording: Recording) -> None:
        found = verdicts_of(recording)
        labelled = [one for one in found if one.truth]
        right = sum(one.verdict == one.truth for one in labelled)
        said = f"{right:,} of {len(labelled):,} right" if labelled else "no labels to compare with"
        more = f"; the {_MOST:,} most wrong are listed" if len(found) > _MOST else ""
        self.heading.setText(f"{len(found):,} documents, {said}{more}")
        self._listed = listed = found[:_MOST]

        def cell(row: int, column: int) -> Cell:
            one = listed[row]
            span = recording.sequence.span(one.start, one.stop)
            text = " ".join(recording.text.slice(span[0], min(span[1], span[0] + 200)).split())
            return Cell((_said(one), one.truth, text[:_SHOWN])[column], text)

        verdicts = max({_said(one) for one in listed}, key=len, default="")
        truths = max({one.truth for one in listed}, key=len, default="")
        self.documents.show_rows(len(listed), cell, (verdicts, truths, ""))

    def _show_words(self, recording: Recording) -> None:
        explained = self.session.verdicts.explained
        if explained is not None and explained is self._explained:
            return  # listed already; while a text is walked this is asked for at every block
        self._explained = explained
        if explained is None:
            self.words.show_none()
            self.words.setColumnHidden(5, True)
            able = self.session.verdicts.can_explain
            self.note.setText(
                "Finding what each word did…" if able else "Open the model to see what words did."
            )
            return
        both = " ".join(recording.description.notes)
        self.note.setText(
            f"Above 0, a word spoke for “{explained.of_class}”, in nats of log-odds "
            f"({_signed(explained.log_odds)} in all). {both}{_of_long(explained)}".strip()
        )
        self.words.setColumnHidden(5, explained.attention is None)
        ways = (explained.gradient_x_input, explained.integrated_gradients, explained.left_out)
        scales = [_scale(way) for way in ways]
        attention = explained.attention or ()
        looked = Scale(0.0, max(attention, default=0.0) or 1.0, "gate")

        def cell(row: int, column: int) -> Cell:
            if column == 0:
                return Cell(recording.text.slice(*explained.spans[row]))
            if column == 1:
                after = explained.running[row]
                return Cell("" if math.isnan(after) else f"{after:.0%}")
            if column == 5:
                share = attention[row]
                return Cell(f"{share:.1%}", colour=(looked, share))
            value = ways[column - 2][row]
            return Cell(_signed(value), colour=(scales[column - 2], value))

        count = min(len(explained.spans), _MOST_WORDS)
        bounds = (_signed(-scale.high) for scale in scales)
        self.words.show_rows(count, cell, ("", "100%", *bounds, "100.0%"))

    @Slot(QModelIndex)
    def _go_to_document(self, index: QModelIndex) -> None:
        self.jump_requested.emit(self._listed[index.row()].start)

    @Slot(QModelIndex)
    def _go_to_word(self, index: QModelIndex) -> None:
        recording, explained = self.session.recordings.recording, self.session.verdicts.explained
        row = index.row()
        if recording is not None and explained is not None and row < len(explained.spans):
            self.jump_requested.emit(recording.sequence.step_at(explained.spans[row][0]))


def _said(one: DocumentVerdict) -> str:
    """A document's verdict in words, marked where it is wrong."""
    mark = "✗ " if one.truth and one.verdict != one.truth else ""
    return f"{mark}{one.verdict} {one.share:.0%}"


def _of_long(explained: Explained) -> str:
    """What is left out of a long document, in words."""
    said = []
    if math.isnan(explained.left_out[0]):
        alone = " and integrated gradients" * math.isnan(explained.integrated_gradients[0])
        said.append(f" Of a document so long leaving words out{alone} would take too long.")
    if len(explained.spans) > _MOST_WORDS:
        said.append(f" The first {_MOST_WORDS:,} of {len(explained.spans):,} words are listed.")
    return "".join(said)


def _signed(value: float) -> str:
    if math.isnan(value):
        return "–"
    return shown_number(value, "+.2f")


def _scale(way: Sequence[float]) -> Scale:
    bound = max((abs(value) for value in way if not math.isnan(value)), default=0.0) or 1.0
    return Scale(-bound, bound, "blue-orange")
