"""A title and some words about what it names: what findings and stories are asked for."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from rnnviz.views.shared.question_boxes import accept_buttons


class TitledDialog(QDialog):
    """Asks for a title, which must not be empty, and for words below it.

    Args:
        name: what the words are called; the question stands in their field while it is empty.
    """

    def __init__(
        self, title: str, name: str, words: str, question: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = QLineEdit(title)
        self.title.selectAll()
        self.words = QPlainTextEdit(words)
        self.words.setTabChangesFocus(True)
        self.words.setPlaceholderText(question)
        self.form = QFormLayout()
        self.form.setSpacing(8)
        self.form.addRow("Title", self.title)
        self.form.addRow(name, self.words)
        self.buttons = accept_buttons(self, QDialogButtonBox.StandardButton.Save)
        self.column = QVBoxLayout(self)
        self.column.setSpacing(12)
        self.column.addLayout(self.form)
        self.column.addWidget(self.buttons)
        self.title.textChanged.connect(self.judge)
        self.words.textChanged.connect(self.judge)

    @Slot()
    def judge(self) -> None:
        """Let it be saved only as it may be."""
        save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        save.setEnabled(self.may_save())

    def may_save(self) -> bool:
        """Whether what stands in the fields may be saved."""
        return bool(self.title.text().strip())
