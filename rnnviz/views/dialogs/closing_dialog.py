"""Says, when the window is closed, that a training which it started goes on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget


class ClosingDialog(QMessageBox):
    """Close, stop the training and close, or stay; may be told not to ask again."""

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Icon.Information)
        self.setWindowTitle("Training continues")
        shown = names[0] if len(names) == 1 else f"{len(names)} runs"
        go = "goes" if len(names) == 1 else "go"
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(f"Training continues: {shown} {go} on in the background.")
        self.setInformativeText(
            "Open the window again to watch. A stopped run keeps a checkpoint and can be resumed."
        )
        self.leave = self.addButton("Close", QMessageBox.ButtonRole.AcceptRole)
        self.stop = self.addButton(
            "Stop training and close", QMessageBox.ButtonRole.DestructiveRole
        )
        self.stay = self.addButton(QMessageBox.StandardButton.Cancel)
        self.quietly = QCheckBox("Don't ask again")
        self.setCheckBox(self.quietly)
        self.setDefaultButton(self.leave)
        self.setEscapeButton(self.stay)
