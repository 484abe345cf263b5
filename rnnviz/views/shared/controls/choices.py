"""A list to choose from, whose popup is as large as what it offers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

_MOST_SEEN = 24
_FRAME = 12


class Choices(QComboBox):
    """Shows every entry whole; of more than two dozen as many, with a bar to scroll by."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxVisibleItems(_MOST_SEEN)

    def showPopup(self) -> None:
        """As wide as the widest entry: a bar to scroll sideways would hide the last."""
        view = self.view()
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setTextElideMode(Qt.TextElideMode.ElideNone)
        scrolled = self.count() > self.maxVisibleItems()
        bar = view.verticalScrollBar().sizeHint().width() if scrolled else 0
        view.setMinimumWidth(max(self.width(), view.sizeHintForColumn(0) + bar + _FRAME))
        super().showPopup()
