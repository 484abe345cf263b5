"""One quiet line above the text: some words, and a button that ends what they tell of."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from rnnviz.views.shared.words.plain_text import Label


class QuietBar(QFrame):
    """Words, which go on in further lines where there is no room for them, and a small button.

    Cut off within a number they would say another one.

    Args:
        name: what the words are, for a screen reader.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "follow")
        self.words = Label()
        self.words.setAccessibleName(name)
        self.words.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.words.setSizePolicy(policy)
        self.button = QPushButton()
        self.button.setProperty("role", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 8, 3)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
