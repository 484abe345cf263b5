"""The sentence pairs at which the model was in a state most like one of the sentence's."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.alignments.state_index import SIDES, NearState, marked_sentence
from rnnviz.core.alignments.words.tokens import shown_token, word_groups, word_of
from rnnviz.core.errors import AlignmentError
from rnnviz.session.alignments.questions import Answer
from rnnviz.views.alignments.pane import shown_sentence
from rnnviz.views.plots.parts.export import csv_writer
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.work.jobs.alignments import IndexStates

_ROLE = Qt.ItemDataRole.UserRole
_ABOUT = (
    "Where else was the model in a state like this one? Choose a file of sentence pairs, for "
    "instance those that it was trained on, and click a word of the alignment."
)


class PairsPanel(Panel):
    """Reads a file of pairs; shows where the states are nearest; a click aligns that pair."""

    name = "pairs"
    title = "Pairs"
    needs = ("translator", "translation")

    def follow(self) -> None:
        """Follow the answer, the marked word, and the index."""
        alignments = self.session.alignments
        self.redraw_on(
            alignments.model_changed,
            alignments.answer_changed,
            alignments.view_changed,
            alignments.marked,
            alignments.tables.states_changed,
            self.session.jobs.changed,
        )
        self._shown: tuple[object, ...] = ()
        self.near: list[NearState] = []

    def build(self) -> QWidget:
        """A file, whose states, and the list."""
        page = QWidget()
        about = Label(_ABOUT)
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.open = QPushButton("Choose pairs…")
        self.open.setToolTip("In each line a sentence, a tab and its translation")
        self.open.clicked.connect(self._ask)
        self.swap = QCheckBox("Second column first")
        self.swap.setToolTip("The second column of the file is the language that is read")
        self.side = QComboBox()
        self.side.setAccessibleName("Whose states")
        for name, title in SIDES.items():
            self.side.addItem(title, name)
        self.side.activated.connect(self.draw)
        self.export = QPushButton("Save as CSV…")
        self.export.clicked.connect(self._ask_where)
        self.status = Label()
        self.status.setWordWrap(True)
        self.heading = Label()
        self.heading.setProperty("role", "title")
        self.heading.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Sentence pairs with the nearest states")
        self.list.setWordWrap(True)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        files, choices = QHBoxLayout(), QHBoxLayout()
        for row, widgets in ((files, (self.open, self.swap)), (choices, (self.side, self.export))):
            row.setSpacing(8)
            row.addWidget(widgets[0])
            row.addWidget(widgets[1])
            row.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(about)
        column.addLayout(files)
        column.addWidget(self.status)
        column.addLayout(choices)
        column.addWidget(self.heading)
        column.addWidget(self.list, 1)
        return page

    @Slot()
    def draw(self) -> None:
        """Show the nearest states of the marked word."""
        tables, answer = self.session.alignments.tables, self.session.alignments.current
        index, busy = tables.states, self.session.jobs.busy(IndexStates)
        self.open.setEnabled(not busy)
        if busy:
            self.status.setText("Reading the pairs…")
        elif index is not None:
            name, of = tables.states_of
            self.status.setText(f"{len(index.pairs):,} of the {of:,} pairs of {name}")
        self.status.setVisible(busy or index is not None)
        side = str(self.side.currentData())
        place = None if answer is None else self._place(answer, side)
        for widget in (self.side, self.export, self.heading, self.list):
            widget.setVisible(index is not None)
        shown = (index, answer, side, place)
        if index is None or answer is None or shown == self._shown:
            return
        self._shown, self.near = shown, []
        self.list.clear()
        if place is None:
            self.heading.setText("Click a word of the alignment.")
            return
        decoded = answer.decoded
        tokens = decoded.source if side == "encoder" else decoded.target
        self.heading.setText(f"{SIDES[side]} at “{shown_token(_word_at(tokens, place))}”")
        try:
            self.near = index.nearest(side, decoded.layer(side)[place])
        except AlignmentError as error:
            self.heading.setText(str(error))
        for near in self.near:
            self.list.addItem(_item(near, side))
        self.export.setEnabled(bool(self.near))

    def _place(self, answer: Answer, side: str) -> int | None:
        """The token whose state is looked up: the last of the marked word; of a step its word."""
        alignments = self.session.alignments
        rows, columns = answer.groups(words=alignments.joined(answer))
        encoder = side == "encoder"
        mark = alignments.pinned
        place = None if mark is None else mark.column if encoder else mark.row
        groups = columns if encoder else rows
        if place is not None and place < len(groups):
            # A word is read when its last piece is; what will be written is known at its first.
            start, stop = groups[place]
            return stop - 1 if encoder else start
        return alignments.step - 1 if alignments.step and not encoder else None

    @Slot(QListWidgetItem)
    def _choose(self, item: QListWidgetItem) -> None:
        near: NearState = item.data(_ROLE)
        self.session.alignments.align(near.pair.source_text, near.pair.target_text)

    @Slot()
    def _ask(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "A file of sentence pairs")
        if chosen:
            swap = self.swap.isChecked()
            self.session.alignments.tables.index_states(Path(chosen), swap=swap)

    def saving(self, path: Path) -> Turns:
        """Write the list as CSV."""
        columns: dict[str, list[float] | list[int] | list[str]] = {
            "cosine": [near.cosine for near in self.near],
            "place": [near.place for near in self.near],
            "source": [near.pair.source_text for near in self.near],
            "target": [near.pair.target_text for near in self.near],
        }
        yield csv_writer(columns, path)

    @Slot()
    def _ask_where(self) -> None:
        save_as(self, "Save the pairs", "pairs.csv", self.saving)


def _word_at(tokens: tuple[str, ...], place: int) -> str:
    start, stop = next(group for group in word_groups(tokens) if group[0] <= place < group[1])
    return word_of(tokens[start:stop])


def _item(near: NearState, side: str) -> QListWidgetItem:
    """The sentence with the word in brackets, and its translation."""
    pair, encoder = near.pair, side == "encoder"
    before, word, after = marked_sentence(pair.source if encoder else pair.target, near.place)
    marked = f"{before}[{shown_token(word)}]{after}"
    other = shown_sentence(pair.target_text if encoder else pair.source_text)
    item = QListWidgetItem(f"{near.cosine:.3f}  {marked}\n{other}")
    item.setToolTip(plain_tip(f"{pair.source_text}\n{pair.target_text}"))
    item.setData(_ROLE, near)
    return item
