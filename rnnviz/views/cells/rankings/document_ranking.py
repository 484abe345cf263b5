"""Which units tell what documents are said to be: the sentiment neuron's question."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from rnnviz.core.recordings.groups import Groups
from rnnviz.core.scoring.document_labels import DocumentRanking, DocumentScore
from rnnviz.session.session import Session
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.work.jobs.cells import RankDocuments

_HEADS = ("Unit", "Of a document", "Sign", "AUC")
_TIPS = (
    "The layer and the unit in it, and which of its states. A click shows it in the text",
    "Which number of the unit tells the label: its last value, its mean or its largest",
    "+ where larger values speak for the label, - where smaller ones do",
    "On documents held out: 0.5 is chance, 1 always right. Sign and order were chosen on others",
)
_SIGNS = {1: "+", -1: "−"}


class DocumentRankingTable(QWidget):
    """Choose a label, rank, and walk through the units; shown where documents have labels."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[str, DocumentRanking | str | None] = ("", None)
        self.heading = Label("Units for what documents are said to be")
        self.heading.setProperty("role", "title")
        self.label = Choices()
        self.label.setAccessibleName("Label of the documents")
        self.label.activated.connect(self.refresh)
        self.rank = QPushButton("Rank")
        self.rank.setAccessibleName("Rank the units for the documents' label")
        self.rank.setToolTip("Score the last, mean and largest value of every unit in a document")
        self.rank.clicked.connect(self._start)
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.table = QuietTable("Units for the documents' label", _HEADS, tips=_TIPS)
        self.table.cellClicked.connect(self._choose)
        self.table.cellActivated.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.label, 1)
        row.addWidget(self.rank)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addLayout(row)
        column.addWidget(self.sentence)
        column.addWidget(self.table, 1)
        session.selection.unit_changed.connect(self._show_chosen)
        self.hide()

    @Slot()
    def refresh(self) -> None:
        """Show what is known of the chosen label; nothing where documents have none."""
        rankings, recording = self._session.rankings, self._session.recordings.recording
        labels = rankings.document_labels
        if recording is None or not labels:
            self.hide()
            return
        if list(labels) != [self.label.itemText(place) for place in range(self.label.count())]:
            self.label.clear()
            self.label.addItems(list(labels))
            self.label.setCurrentIndex(len(labels) - 1)
        busy = self._session.jobs.busy(RankDocuments)
        label = self.label.currentText()
        found = rankings.document_ranking(label)
        self.rank.setEnabled(not busy and recording.complete)
        self.rank.setText("Ranking…" if busy else "Rank")
        if (label, found) != self._shown:
            self._shown = label, found
            rows = found.scores if isinstance(found, DocumentRanking) else ()
            self.table.show_rows([_row(one, recording.groups) for one in rows], wide=1)
            self._show_chosen()
        has_rows = isinstance(found, DocumentRanking)
        self.table.setVisible(has_rows)
        # Without a table the question is as tall as its words and leaves the rest to the panel.
        tall = QSizePolicy.Policy.Expanding if has_rows else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, tall)
        self.sentence.setText(_sentence(found))
        self.show()

    @Slot()
    def _start(self) -> None:
        self._session.rankings.request_document_ranking(self.label.currentText())

    @Slot()
    def _show_chosen(self) -> None:
        found, selection = self._shown[1], self._session.selection
        scores = found.scores if isinstance(found, DocumentRanking) else ()
        now, here = self.table.currentRow(), (selection.unit, selection.channel)
        rows = [row for row, one in enumerate(scores) if (one.unit, one.channel) == here]
        # One unit has a row for each reading: what was clicked stays.
        self.table.choose_row(now if now in rows else next(iter(rows), None))

    @Slot(int, int)
    def _choose(self, row: int, _column: int) -> None:
        found = self._shown[1]
        if isinstance(found, DocumentRanking) and row < len(found.scores):
            score = found.scores[row]
            self._session.selection.select_unit(score.unit, score.channel)


def _row(score: DocumentScore, groups: Groups) -> tuple[str, ...]:
    unit = f"{groups.unit_name(score.unit)} {score.channel}"
    return unit, score.reading, _SIGNS[score.sign], f"{score.auc:.3f}"


def _sentence(found: DocumentRanking | str | None) -> str:
    """What a ranking says, in words; or why there is none; or what may be asked."""
    if found is None:
        return "Which unit's last, mean or largest value tells the label of a document?"
    if isinstance(found, str):
        return found
    best = found.scores[0]
    beaten = "" if best.auc > found.null_auc else ", no better than chance"
    return (
        f"The best unit reaches AUC {best.auc:.3f}{beaten} on {found.documents:,} documents held "
        f"out, {found.base_rate:.0%} of them {found.label}; with labels permuted the best of all "
        f"units reaches {found.null_auc:.3f}."
    )
