"""A second copy of the text beside the first, coloured by a pinned unit and scrolled with it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.views.text.text_view import TextView


class TextBeside(QWidget):
    """Shows what the first view shows; a click there is a click here."""

    def __init__(self, first: TextView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first = first
        self.name = _name()
        self.first_name = _name()
        """Stands above the first, so that the rows of both are as high up."""
        self.first_name.hide()
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
        self,
        names: tuple[str, str],
        values: npt.NDArray[np.floating],
        walked: int,
        scale: Scale,
    ) -> None:
        """Colour the copy by these values (T,), of which the first `walked` are there.

        Args:
            names: what colours the first, and what the copy.
        """
        first, view = self._first, self.view
        if view.text is not first.text:
            view.set_text(first.text)
        for label, name in zip((self.first_name, self.name), names, strict=True):
            label.setText(name)
            label.setToolTip(plain_tip(name))
        view.match(first)
        view.set_scale(scale)
        view.set_values(values, walked)
        if self.isHidden():
            self.show()
            self.first_name.show()
        self._follow()

    def put_away(self) -> None:
        """Show the text once."""
        self.hide()
        self.first_name.hide()

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


def _name() -> Label:
    """A line that never makes its text wider than the other."""
    label = Label()
    label.setProperty("role", "muted")
    label.setContentsMargins(8, 2, 8, 2)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return label
