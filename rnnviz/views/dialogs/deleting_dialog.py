"""Asks before the folder of a run is moved to the trash, or deleted where there is none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


class DeletingDialog(QMessageBox):
    """Move to the trash, or keep.

    Args:
        refused: why it cannot go to the trash; then the question is whether to delete it for good.
    """

    def __init__(
        self, name: str, directory: Path, refused: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.for_good = bool(refused)
        self.setIcon(QMessageBox.Icon.Warning if refused else QMessageBox.Icon.Question)
        self.setWindowTitle("Delete the run")
        self.setTextFormat(Qt.TextFormat.PlainText)
        said = f"{refused[:1].upper()}{refused[1:]}." if refused else ""
        if refused:
            self.setText(f"Delete {name} for good?")
            self.setInformativeText(
                f"{said} What is deleted now cannot be brought back: its events, samples and "
                f"checkpoints in {directory}."
            )
        else:
            self.setText(f"Move {name} to the trash?")
            self.setInformativeText(
                f"Its folder goes there, with its events, samples and checkpoints: {directory}"
            )
        words = "Delete for good" if refused else "Move to the trash"
        role = QMessageBox.ButtonRole.AcceptRole
        self.agree = self.addButton(words, role)
        self.keep = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.keep if refused else self.agree)
        self.setEscapeButton(self.keep)
