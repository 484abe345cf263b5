"""The same sentence through another model: with and without attention, side by side."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_MOST_ROWS = 8
"""Of the list of models; more are scrolled."""
_ROLE = Qt.ItemDataRole.UserRole


class ComparePanel(Panel):
    """Chooses a second model; its answer stands at the right of the first."""

    name = "compare"
    title = "Compare"
    needs = ("translator", "translation")

    def follow(self) -> None:
        """Follow the models and the answer."""
        self.session.alignments.model_changed.connect(self.request_draw)
        self.session.alignments.answer_changed.connect(self.request_draw)

    def build(self) -> QWidget:
        """A list of models, and what came of the sentence."""
        page = QWidget()
        about = Label(
            "Translate the same sentence with another model. One without attention has to say "
            "everything from one vector: long sentences show the difference."
        )
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.models = QListWidget()
        self.models.setAccessibleName("Models to compare with")
        self.models.itemActivated.connect(self._choose)
        self.models.itemClicked.connect(self._choose)
        self.other = QPushButton("Another file…")
        self.other.clicked.connect(self._ask)
        self.alone = QPushButton("Put it away")
        self.alone.clicked.connect(self.session.alignments.put_away)
        self.verdict = Label()
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(about)
        column.addWidget(self.models)
        column.addWidget(self.other)
        column.addWidget(self.alone)
        column.addWidget(self.verdict)
        column.addStretch(1)
        return page

    def draw(self) -> None:
        """List the other models, and set the two answers beside each other."""
        alignments = self.session.alignments
        model, current, beside = alignments.model, alignments.current, alignments.beside
        assert model is not None and current is not None
        offered = [
            (one.path, one.name, one.description.attention != "none")
            for one in self.session.library.of(model.kind)
            if str(one.path) != model.path
        ]
        listed = [self.models.item(row).data(_ROLE) for row in range(self.models.count())]
        if offered != listed:
            self.models.clear()
            for path, name, attention in offered:
                said = attention or "no attention" in name
                item = QListWidgetItem(name if said else f"{name}, no attention")
                item.setData(_ROLE, (path, name, attention))
                item.setToolTip(plain_tip(str(path)))
                self.models.addItem(item)
            rows = min(len(offered), _MOST_ROWS)
            self.models.setFixedHeight(rows * self.models.sizeHintForRow(0) + 4)
        self.models.setVisible(bool(offered))
        self.alone.setEnabled(beside is not None)
        if beside is None:
            self.verdict.setText("")
            return
        words = [f"{answer.decoded.confidence:.2f}" for answer in (current, beside)]
        self.verdict.setText(
            f"Mean probability of a token: {words[0]} at the left, {words[1]} at the right. "
            f"Tokens: {len(current.decoded.target)} and {len(beside.decoded.target)}."
        )

    @Slot(QListWidgetItem)
    def _choose(self, item: QListWidgetItem) -> None:
        path, name, attention = item.data(_ROLE)
        self.session.alignments.compare(str(path), name, attention=attention)

    @Slot()
    def _ask(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Compare with a model")
        if chosen:
            self.session.alignments.compare(chosen, Path(chosen).stem)
