"""The title and the note of a finding."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QWidget

from rnnviz.core.cells.finding import Finding
from rnnviz.views.dialogs.titled_dialog import TitledDialog
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.words.whole_text import whole_text


class FindingDialog(TitledDialog):
    """Asks how to call a finding and what to remember about it."""

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(
            finding.title, "Note", finding.note, "What does this unit do here?", parent
        )
        self._finding = finding
        self.setWindowTitle("Finding")
        self.resize(460, 260)
        about = Label(
            f"{finding.quantity}, characters {finding.start:,} to {finding.stop:,} "
            f"of {finding.text_name or 'the text'}"
        )
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.column.insertWidget(0, about)
        self.judge()

    @property
    def finding(self) -> Finding:
        """The finding with the title and note as they stand in the fields."""
        return msgspec.structs.replace(
            self._finding,
            title=self.title.text().strip(),
            note=whole_text(self.words).strip(),
        )
