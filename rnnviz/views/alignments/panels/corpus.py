"""A file of sentences, translated and sorted so that the bad ones are found first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Slot,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from rnnviz.views.alignments.pane import shown_sentence
from rnnviz.views.plots.parts.export import csv_writer
from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns
from rnnviz.views.shared.theme import for_text
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.work.jobs.alignments import CorpusRow, TranslateCorpus

_SORT = Qt.ItemDataRole.UserRole
_HEADS = ("Mean p", "Covered", "Length", "Sentence", "Translation")
_BOTH_HEADS = "Sentence and translation"
"""Where there is room for one column of sentences."""
_TIPS = (
    "How sure the model is: the mean probability of a token of the translation",
    "The share of the sentence that some word of the translation looked at",
    "Tokens of the translation to tokens of the sentence",
    "",
    "",
)
_WIDTHS = (78, 82, 72)
"""Of the columns of numbers, in pixels."""
_NARROW_HEADS = "QHeaderView::section { padding: 6px 13px 6px 2px; }"
"""With room for the arrow that says what is sorted."""
_FIRST_SENTENCE = 3
"""The first column that holds a sentence."""
_BOTH_SENTENCES = 560
"""The least width in which both sentences are shown."""
_Index = QModelIndex | QPersistentModelIndex


class CorpusModel(QAbstractTableModel):
    """The rows as Qt wants them; numbers are sorted as numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[CorpusRow, ...] = ()
        self.two_lines = False
        """Whether a sentence stands over its translation, in one column."""

    def set_rows(self, rows: tuple[CorpusRow, ...]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def set_two_lines(self, two_lines: bool) -> None:
        """Put each translation under its sentence, or beside it."""
        if two_lines != self.two_lines:
            self.beginResetModel()
            self.two_lines = two_lines
            self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """As many as there are sentences."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Three numbers and two sentences."""
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The heads of the columns."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                both = self.two_lines and section == _FIRST_SENTENCE
                return _BOTH_HEADS if both else _HEADS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return _TIPS[section] or None
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight
                side = Qt.AlignmentFlag.AlignLeft if section >= _FIRST_SENTENCE else side
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        row = self.rows[index.row()]
        value = (row.confidence, row.coverage, row.length, row.source, row.target)[index.column()]
        if role == _SORT:
            return value
        if role == Qt.ItemDataRole.DisplayRole:
            if self.two_lines and index.column() == _FIRST_SENTENCE:
                return f"{shown_sentence(row.source)}\n{shown_sentence(row.target)}"
            return shown_sentence(value) if isinstance(value, str) else f"{value:.2f}"
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str):
            return plain_tip(f"{row.source}\n{row.target}")
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class CorpusPanel(Panel):
    """Opens a file, one sentence a line; a click shows the alignment of a sentence."""

    name = "corpus"
    title = "Corpus"
    needs = ("translator",)

    def follow(self) -> None:
        """Follow the table and the job that makes it."""
        self.session.alignments.model_changed.connect(self.request_draw)
        self.session.alignments.tables.corpus_changed.connect(self.request_draw)
        self.session.jobs.changed.connect(self._show_busy)

    def build(self) -> QWidget:
        """Two buttons above the table."""
        page = QWidget()
        self.open = QPushButton("Translate a file…")
        self.open.setToolTip("A text file with one sentence a line")
        self.open.clicked.connect(self._ask)
        self.status = Label()
        self.status.setProperty("role", "muted")
        self.status.setWordWrap(True)
        # Else it asks for the height of a column of single words.
        self.status.setMinimumHeight(16)
        self.export = QPushButton("Save as CSV…")
        self.export.clicked.connect(self._ask_where)
        self.model = CorpusModel()
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.model)
        self.sorted.setSortRole(_SORT)
        self.table = self._make_table()
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.open)
        buttons.addWidget(self.export)
        buttons.addStretch(1)
        self._tools = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._tools.setContentsMargins(12, 8, 12, 8)
        self._tools.setSpacing(8)
        self._tools.addLayout(buttons)
        self._tools.addWidget(self.status, 1)
        column_ = QVBoxLayout(page)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(0)
        column_.addLayout(self._tools)
        column_.addWidget(self.table, 1)
        column_.addStretch(0)
        self._fit()
        return page

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Sentences of the file")
        table.setModel(self.sorted)
        # It scrolls by itself: the panel must not, to give it the height it would like.
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        table.setSortingEnabled(True)
        table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        set_plain_rows(table, 26)
        header, ways = table.horizontalHeader(), QHeaderView.ResizeMode
        header.setHighlightSections(False)
        for column in range(len(_HEADS)):
            of_words = column >= _FIRST_SENTENCE
            header.setSectionResizeMode(column, ways.Stretch if of_words else ways.Fixed)
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, for_text(width))
        header.setStyleSheet(_NARROW_HEADS)
        table.clicked.connect(self._choose)
        table.activated.connect(self._choose)
        return table

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow table the translation stands under its sentence."""
        super().resizeEvent(event)
        if not self.empty:
            self._fit()

    def _fit(self) -> None:
        wide, way = self.width() >= _BOTH_SENTENCES, QBoxLayout.Direction
        self.model.set_two_lines(not wide)
        self.table.setColumnHidden(len(_HEADS) - 1, not wide)
        self.table.verticalHeader().setDefaultSectionSize(for_text(26 if wide else 44))
        self._tools.setDirection(way.LeftToRight if wide else way.TopToBottom)

    def draw(self) -> None:
        """Show the rows that came."""
        tables = self.session.alignments.tables
        if tables.corpus is not self.model.rows:
            self.model.set_rows(tables.corpus)
        self.table.setVisible(bool(tables.corpus))
        self.export.setEnabled(bool(tables.corpus))
        self._show_busy()

    @Slot()
    def _show_busy(self) -> None:
        if self.empty or not self.isVisible():
            return
        tables = self.session.alignments.tables
        busy = self.session.jobs.busy(TranslateCorpus)
        self.open.setEnabled(not busy)
        if busy:
            self.status.setText("Translating…")
        elif tables.corpus:
            self.status.setText(
                f"{tables.corpus_name}: {len(tables.corpus):,} sentences, least sure first. "
                "Click one to see its alignment."
            )
        else:
            self.status.setText("Sentences that went wrong are found by sorting.")

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        row = self.model.rows[self.sorted.mapToSource(index).row()]
        current = self.session.alignments.current
        if current is None or current.question.sentence != row.source:
            self.session.alignments.translate(row.source)

    @Slot()
    def _ask(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Translate a file, one sentence a line")
        if chosen:
            self.session.alignments.tables.translate_corpus(Path(chosen))

    def saving(self, path: Path) -> Turns:
        """Write the table as CSV, in the order on the screen."""
        order = [
            self.sorted.mapToSource(self.sorted.index(row, 0)).row()
            for row in range(self.sorted.rowCount())
        ]
        rows = [self.model.rows[place] for place in order]
        names = ("line", "confidence", "coverage", "length", "source", "target")
        yield csv_writer({name: [getattr(row, name) for row in rows] for name in names}, path)

    @Slot()
    def _ask_where(self) -> None:
        save_as(self, "Save the table", "corpus.csv", self.saving)
