"""A few buttons in a row of which exactly one is down."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget


class Segments(QWidget):
    """One choice out of a few words.

    Signals:
        chosen(str): the key of the button that went down.
    """

    chosen = Signal(str)

    def __init__(self, name: str, choices: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._keys = tuple(choices)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        last = len(choices) - 1
        for place, words in enumerate(choices.values()):
            button = QToolButton()
            button.setText(words)
            button.setAccessibleName(f"{name}: {words}")
            button.setCheckable(True)
            button.setProperty("segment", {0: "first", last: "last"}.get(place, "middle"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            self._group.addButton(button, place)
            row.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self._clicked)

    @property
    def value(self) -> str:
        """The key of the button that is down."""
        return self._keys[self._group.checkedId()]

    def choose(self, key: str) -> None:
        """Put a button down without telling."""
        if key in self._keys:
            self._group.button(self._keys.index(key)).setChecked(True)

    @Slot(int)
    def _clicked(self, place: int) -> None:
        self.chosen.emit(self._keys[place])
