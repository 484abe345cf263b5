"""The title and the note of a finding."""

from __future__ import annotations

import msgspec
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

from rnnviz.core.cells.finding import Finding
from rnnviz.views.shared.plain_text import Label
from rnnviz.views.shared.whole_text import whole_text


class FindingDialog(QDialog):
    """Asks how to call a finding and what to remember about it."""

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finding = finding
        self.setWindowTitle("Finding")
        self.resize(460, 260)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        about = Label(
            f"{finding.quantity}, characters {finding.start:,} to {finding.stop:,} "
            f"of {finding.text_name or 'the text'}"
        )
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        column.addWidget(about)
        form = QFormLayout()
        form.setSpacing(8)
        self.title = QLineEdit(finding.title)
        self.title.selectAll()
        self.note = QPlainTextEdit(finding.note)
        self.note.setTabChangesFocus(True)
        self.note.setPlaceholderText("What does this unit do here?")
        form.addRow("Title", self.title)
        form.addRow("Note", self.note)
        column.addLayout(form)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.title.textChanged.connect(self._judge)
        self._judge()

    @property
    def finding(self) -> Finding:
        """The finding with the title and note as they stand in the fields."""
        return msgspec.structs.replace(
            self._finding,
            title=self.title.text().strip(),
            note=whole_text(self.note).strip(),
        )

    @Slot()
    def _judge(self) -> None:
        button = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        button.setEnabled(bool(self.title.text().strip()))
