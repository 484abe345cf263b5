"""The title and the caption of a story."""

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

from rnnviz.core.stories.story import LONGEST_CAPTION, Story
from rnnviz.views.shared.plain_text import Label


class StoryDialog(QDialog):
    """Asks how a story is called and what stands above its picture."""

    def __init__(self, story: Story, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._story = story
        self.setWindowTitle("Story")
        self.resize(520, 260)
        self.title = QLineEdit(story.title)
        self.title.selectAll()
        self.caption = QPlainTextEdit(story.caption)
        self.caption.setTabChangesFocus(True)
        self.caption.setPlaceholderText("One or two sentences: what is to be seen here?")
        self.left = Label()
        self.left.setProperty("role", "muted")
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Title", self.title)
        form.addRow("Caption", self.caption)
        form.addRow("", self.left)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.buttons)
        self.title.textChanged.connect(self._judge)
        self.caption.textChanged.connect(self._judge)
        self._judge()

    @property
    def story(self) -> Story:
        """The story with the title and the caption as they stand in the fields."""
        return msgspec.structs.replace(
            self._story,
            title=self.title.text().strip(),
            caption=" ".join(self.caption.toPlainText().split()),
        )

    @Slot()
    def _judge(self) -> None:
        left = LONGEST_CAPTION - len(self.story.caption)
        self.left.setText(
            f"{left} characters left" if left >= 0 else f"{-left} characters too long"
        )
        button = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        button.setEnabled(bool(self.story.title) and left >= 0)
