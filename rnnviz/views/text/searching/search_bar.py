"""Find in the text, and go to a position: one line that opens above the text and closes again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.elided_label import ElidedLabel
from rnnviz.views.shared.words.plain_text import plain_tip

_USUAL = "1,000 matches"
"""There is always room for these words."""


class SearchBar(QWidget):
    """Asks for a pattern; finds nothing itself.

    Signals:
        search_requested(str, bool, bool): the pattern, whether it is a regular expression, and
            whether to search backwards.
        pattern_changed(str, bool): the pattern while it is typed.
        closed: the bar went away.
    """

    search_requested = Signal(str, bool, bool)
    pattern_changed = Signal(str, bool)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in the text")
        self.field.setAccessibleName("Find in the text")
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(120)
        self.field.setMaximumWidth(360)
        self.regular = QCheckBox("Regular expression")
        self.found = ElidedLabel()
        self.found.setProperty("role", "muted")
        # What is wrong with an expression may be long; it must not widen the window.
        self.found.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.found.setMinimumWidth(self.fontMetrics().horizontalAdvance(_USUAL) + 4)
        row.addWidget(self.field, 2)
        row.addWidget(self.regular)
        self.before = self._button("chevron-up", "Previous match (Shift+Enter)", True)
        self.after = self._button("chevron-down", "Next match (Enter)", False)
        row.addWidget(self.before)
        row.addWidget(self.after)
        row.addWidget(self.found, 3)
        close = QToolButton()
        set_icon(close, "x")
        close.setToolTip("Close (Esc)")
        close.setAccessibleName("Close the search")
        close.clicked.connect(self.close_bar)
        row.addWidget(close)
        self.field.textChanged.connect(self._typed)
        self.regular.toggled.connect(self._typed)
        self.hide()

    def _button(self, icon: str, tip: str, backwards: bool) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(tip)
        button.clicked.connect(self._search_backwards if backwards else self._search)
        return button

    def open_bar(self) -> None:
        """Show the bar with its field ready to type in."""
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def tell(self, message: str) -> None:
        """Say what the search gave, beside the field."""
        self.found.setText(message)
        self.found.setToolTip(plain_tip(message))

    @Slot()
    def close_bar(self) -> None:
        """Hide the bar and let the matches go."""
        self.hide()
        self.closed.emit()

    @Slot()
    def _typed(self) -> None:
        self.found.clear()
        self.pattern_changed.emit(self.field.text(), self.regular.isChecked())

    @Slot()
    def _search(self) -> None:
        self.search_requested.emit(self.field.text(), self.regular.isChecked(), False)

    @Slot()
    def _search_backwards(self) -> None:
        self.search_requested.emit(self.field.text(), self.regular.isChecked(), True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter searches on, Shift+Enter back, Escape closes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            backwards = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.search_requested.emit(self.field.text(), self.regular.isChecked(), backwards)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)
