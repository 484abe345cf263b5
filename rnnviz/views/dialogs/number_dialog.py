"""Asks for one number; it can be agreed to once the field takes it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from rnnviz.views.shared.controls.number_field import NumberField
from rnnviz.views.shared.question_boxes import accept_buttons
from rnnviz.views.shared.words.plain_text import Label


class NumberDialog(QDialog):
    """A sentence over a field.

    Args:
        title: of the dialog.
        words: what the number is.
        field: shows the number that is proposed; what it refuses cannot be agreed to.
    """

    def __init__(
        self, title: str, words: str, field: NumberField, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.field = field
        said = Label(words)
        said.setBuddy(field)
        self.problem = Label()
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "warning")
        buttons = accept_buttons(self, QDialogButtonBox.StandardButton.Ok)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.agree = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.agree.setDefault(True)
        field.problem_changed.connect(self._show_refusal)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        for widget in (said, field, self.problem, buttons):
            column.addWidget(widget)
        self._show_refusal()
        field.setFocus()
        field.selectAll()

    @property
    def number(self) -> Any:
        """The number that stands there."""
        return self.field.value()

    @Slot()
    def _show_refusal(self) -> None:
        self.agree.setEnabled(not self.field.problem)
        self.problem.setText(self.field.problem)
