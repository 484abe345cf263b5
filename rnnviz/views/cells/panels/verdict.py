"""A classifier's verdicts: all documents, the most wrong first; and what each word of one did."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSplitter,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.cells.verdicts import DocumentVerdict, verdicts_of
from rnnviz.core.colours.colour import Scale
from rnnviz.core.recordings.recording import Recording
from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.work.jobs.classification import Explained

_MOST = 2000
"""So many documents are listed, the most wrong of all."""
_SHOWN = 80
_MOST_WORDS = 2000
"""So many words of a document are listed."""
_ROW_HEIGHT = 24
_LEAST_COLUMN = 58
"""Pixels that a column keeps, also that of the words."""
_COLOUR = Qt.ItemDataRole.UserRole
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
        self.documents = _table(
            ("Verdict", "Truth", "Text"), "Documents, the most wrong first", stretched=2
        )
        self.documents.cellClicked.connect(self._go_to_document)
        self.note = Label()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        titles = ("Word", *(title for title, _ in _WAYS))
        self.words = _table(titles, "What each word did to the verdict", stretched=0)
        self.words.horizontalHeader().setStyleSheet(_NARROW_HEADS)
        for place, (_, about) in enumerate(_WAYS, 1):
            if (header := self.words.horizontalHeaderItem(place)) is not None:
                header.setToolTip(plain_tip(about))
        self.words.setItemDelegate(_Coloured(self.words))
        self.words.cellClicked.connect(self._go_to_word)
        parts = QSplitter(Qt.Orientation.Vertical)
        for label, table in ((self.heading, self.documents), (self.note, self.words)):
            part = QWidget()
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
            self.documents.setRowCount(0)
            self.words.setRowCount(0)
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
        self._listed = found[:_MOST]
        self.documents.setRowCount(len(self._listed))
        for row, one in enumerate(self._listed):
            span = recording.sequence.span(one.start, one.stop)
            text = " ".join(recording.text.slice(span[0], min(span[1], span[0] + 200)).split())
            mark = "✗ " if one.truth and one.verdict != one.truth else ""
            items = (f"{mark}{one.verdict} {one.share:.0%}", one.truth, text[:_SHOWN])
            for column, words in enumerate(items):
                item = QTableWidgetItem(words)
                item.setToolTip(plain_tip(text))
                self.documents.setItem(row, column, item)

    def _show_words(self, recording: Recording) -> None:
        explained = self.session.verdicts.explained
        if explained is not None and explained is self._explained:
            return  # listed already; while a text is walked this is asked for at every block
        self._explained = explained
        if explained is None:
            self.words.setRowCount(0)
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
        self.words.setRowCount(min(len(explained.spans), _MOST_WORDS))
        self.words.setColumnHidden(5, explained.attention is None)
        ways = (explained.gradient_x_input, explained.integrated_gradients, explained.left_out)
        scales = [_scale(way) for way in ways]
        for row, (start, stop) in enumerate(explained.spans[:_MOST_WORDS]):
            after = explained.running[row]
            self._put(row, 0, recording.text.slice(start, stop))
            self._put(row, 1, "" if math.isnan(after) else f"{after:.0%}")
            for column, (way, scale) in enumerate(zip(ways, scales, strict=True), 2):
                self._put(row, column, _signed(way[row]), scale, way[row])
            if explained.attention is not None:
                share = explained.attention[row]
                top = max(explained.attention) or 1.0
                self._put(row, 5, f"{share:.1%}", Scale(0.0, top, "gate"), share)

    def _put(
        self, row: int, column: int, words: str, scale: Scale | None = None, value: float = 0.0
    ) -> None:
        item = QTableWidgetItem(words)
        if column:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if scale is not None:
            item.setData(_COLOUR, (scale, value))
        self.words.setItem(row, column, item)

    @Slot(int, int)
    def _go_to_document(self, row: int, column: int) -> None:
        self.jump_requested.emit(self._listed[row].start)

    @Slot(int, int)
    def _go_to_word(self, row: int, column: int) -> None:
        recording, explained = self.session.recordings.recording, self.session.verdicts.explained
        if recording is not None and explained is not None and row < len(explained.spans):
            self.jump_requested.emit(recording.sequence.step_at(explained.spans[row][0]))


class _Coloured(QStyledItemDelegate):
    """Paints a value's colour under its number, in the colours of the theme."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """The colour, then the number."""
        if (found := index.data(_COLOUR)) is not None:
            scale, value = found
            place = int(scale.index(np.array([value], np.float32))[0])
            table = self.parent()
            dark = isinstance(table, QWidget) and theme_of(table).dark
            red, green, blue, _ = scale.colours(dark)[place].tolist()
            painter.fillRect(option.rect, QColor(red, green, blue))
        super().paint(painter, option, index)


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
    return f"{value:+.2f}".replace("-", "−")


def _scale(way: Sequence[float]) -> Scale:
    bound = max((abs(value) for value in way if not math.isnan(value)), default=0.0) or 1.0
    return Scale(-bound, bound, "blue-orange")


def _table(titles: tuple[str, ...], name: str, stretched: int) -> QTableWidget:
    table = QTableWidget(0, len(titles))
    table.setHorizontalHeaderLabels(list(titles))
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    set_plain_rows(table, _ROW_HEIGHT)
    # The Tab key leaves the table; arrows move in it.
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(_LEAST_COLUMN)
    return table
