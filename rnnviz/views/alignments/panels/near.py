"""The words whose embeddings lie nearest to one: what the model takes for alike."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.alignments.words.tokens import is_special, shown_token, word_groups, word_of
from rnnviz.views.alignments.drawing.saving_widget import SaveButton
from rnnviz.views.shared.controls.bars_view import BarsView
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label


class NearPanel(Panel):
    """Type a word, or pin one in the alignment."""

    name = "near"
    title = "Words"
    needs = ("translator",)

    def follow(self) -> None:
        """Follow the model, the near words and what is pinned."""
        alignments = self.session.alignments
        alignments.model_changed.connect(self.request_draw)
        alignments.tables.near_changed.connect(self.request_draw)
        alignments.marked.connect(self._take_pinned)

    def build(self) -> QWidget:
        """A word and a side above the list."""
        page = QWidget()
        about = Label(
            "Words that the model keeps near each other: the cosine of their embeddings. "
            "Type a word, or click one in the alignment."
        )
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.word = QLineEdit()
        self.word.setAccessibleName("Word")
        self.word.setPlaceholderText("word")
        self.word.returnPressed.connect(self._find)
        self.side = Choices()
        self.side.setAccessibleName("Which language")
        self.search = QPushButton("Find")
        self.search.clicked.connect(self._find)
        self.heading = Label()
        self.heading.setProperty("role", "title")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = BarsView("Nearest words and their cosines")
        self.bars.clicked.connect(self._go_on)
        self.save = SaveButton(self.bars, "nearest words", self.bars.paint)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.word, 1)
        row.addWidget(self.side)
        row.addWidget(self.search)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.save)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(about)
        column.addLayout(row)
        column.addLayout(head)
        column.addWidget(self.bars)
        column.addStretch(1)
        return page

    def draw(self) -> None:
        """Show the near words."""
        model = self.session.alignments.model
        assert model is not None
        names = [
            language or side
            for language, side in zip(model.languages, ("source", "target"), strict=True)
        ]
        if names != [self.side.itemText(place) for place in range(self.side.count())]:
            self.side.clear()
            for name, side in zip(names, ("source", "target"), strict=True):
                self.side.addItem(name, side)
        tables = self.session.alignments.tables
        self.heading.setText(f"Near “{shown_token(tables.near_word)}”" if tables.near else "")
        self.save.setVisible(bool(tables.near))
        self.bars.setVisible(bool(tables.near))
        words = tuple(shown_token(word_of([near.word])) for near in tables.near)
        self.bars.set_bars(words, [near.similarity for near in tables.near], 1.0)
        self.save.columns = self.bars.columns()

    @Slot()
    def _find(self) -> None:
        side = self.side.currentData() or "source"
        self.session.alignments.tables.find_near(self.word.text(), side)

    @Slot(int)
    def _go_on(self, row: int) -> None:
        near = self.session.alignments.tables.near
        if row < len(near):
            self.word.setText(word_of([near[row].word]))
            self._find()

    @Slot()
    def _take_pinned(self) -> None:
        """Put the pinned word into the field; a source word rather than a target word."""
        alignments = self.session.alignments
        answer, pinned = alignments.current, alignments.pinned
        if self.empty or not self.isVisible() or answer is None or pinned is None:
            return
        of_source = pinned.column is not None
        tokens = answer.decoded.source if of_source else answer.decoded.target
        place = pinned.column if of_source else pinned.row
        groups = word_groups(tokens)
        if not alignments.joined(answer):
            groups = tuple((at, at + 1) for at in range(len(tokens)))
        if place is None or place >= len(groups) or is_special(tokens[groups[place][0]]):
            return
        start, stop = groups[place]
        self.word.setText(word_of(tokens[start:stop]))
        self.side.setCurrentIndex(0 if of_source else 1)
        self._find()
