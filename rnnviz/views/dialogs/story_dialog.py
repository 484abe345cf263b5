"""The title and the caption of a story."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.stories.story import LONGEST_CAPTION, Story
from rnnviz.views.dialogs.titled_dialog import TitledDialog
from rnnviz.views.shared.words.plain_text import Label


class StoryDialog(TitledDialog):
    """Asks how a story is called and what stands above its picture."""

    def __init__(self, story: Story, parent: QWidget | None = None) -> None:
        question = "One or two sentences: what is to be seen here?"
        super().__init__(story.title, "Caption", story.caption, question, parent)
        self._story = story
        self.setWindowTitle("Story")
        self.resize(520, 260)
        self.left = Label()
        self.left.setProperty("role", "muted")
        self.form.addRow("", self.left)
        self.judge()

    @property
    def story(self) -> Story:
        """The story with the title and the caption as they stand in the fields."""
        return msgspec.structs.replace(
            self._story,
            title=self.title.text().strip(),
            caption=" ".join(self.words.toPlainText().split()),
        )

    @Slot()
    def judge(self) -> None:
        """Say how much longer the caption may be."""
        left = self._left()
        self.left.setText(
            f"{left} characters left" if left >= 0 else f"{-left} characters too long"
        )
        super().judge()

    def may_save(self) -> bool:
        """Only with a caption that can be read while somebody talks."""
        return super().may_save() and self._left() >= 0

    def _left(self) -> int:
        return LONGEST_CAPTION - len(self.story.caption)
