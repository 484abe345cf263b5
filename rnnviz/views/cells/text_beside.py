"""A second copy of the text beside the first, coloured by a pinned unit and scrolled with it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.views.shared.plain_text import Label
from rnnviz.views.text.text_view import TextView


class TextBeside(QWidget):
    """Shows what the first view shows; a click there is a click here."""

    def __init__(self, first: TextView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first = first
        self.name = Label()
        self.name.setProperty("role", "muted")
        self.name.setContentsMargins(8, 2, 8, 2)
        self.view = TextView()
        self.view.setAccessibleName("The same text coloured by a pinned unit")
        self.view.clicked.connect(first.clicked)
        self.view.range_selected.connect(first.range_selected)
        self.view.visible_changed.connect(self._lead)
        first.visible_changed.connect(self._follow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.name)
        column.addWidget(self.view, 1)
        self.hide()

    def show_unit(
        self, name: str, values: npt.NDArray[np.floating], walked: int, scale: Scale
    ) -> None:
        """Colour the copy by these values (T,), of which the first `walked` are there."""
        first, view = self._first, self.view
        if view.text is not first.text:
            view.set_text(first.text)
        self.name.setText(f"Coloured by {name}")
        view.match(first)
        view.set_scale(scale)
        view.set_values(values, walked)
        if self.isHidden():
            self.show()
        self._follow()

    @Slot()
    def mark(self) -> None:
        """Cursor and brush as in the first."""
        if not self.isHidden():
            self.view.set_cursor(self._first.cursor_at)
            self.view.set_range(*(self._first.range or (None, None)))

    @Slot()
    def _follow(self) -> None:
        """Begin with the row with which the first begins."""
        if not self.isHidden() and self.view.text is self._first.text:
            with QSignalBlocker(self.view):
                self.view.begin_with(self._first.visible_range()[0])

    @Slot()
    def _lead(self) -> None:
        """Scrolled itself: take the first along."""
        if not self.isHidden() and self.view.text is self._first.text and self.view.underMouse():
            self._first.begin_with(self.view.visible_range()[0])
