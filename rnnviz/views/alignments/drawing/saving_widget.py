"""A button that saves what a widget paints: as PNG or SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton, QWidget

from rnnviz.views.plots.parts.export import Columns, Paint, picture, png_writer, save_csv, save_svg
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.theme import set_icon, theme_of
from rnnviz.views.shared.words.plain_text import plain_tip


class SaveButton(QToolButton):
    """Saves the picture of a widget, and its numbers if it has any."""

    def __init__(
        self, widget: QWidget, name: str, paint: Paint, columns: Columns | None = None
    ) -> None:
        super().__init__()
        self._widget, self._name, self._paint = widget, name, paint
        self.columns = columns
        set_icon(self, "download")
        self.setToolTip(plain_tip(f"Save the {name}…"))
        self.setAccessibleName(f"Save the {name}")
        self.clicked.connect(self._ask)

    def save(self, path: Path) -> None:
        """Write it: `.svg`, `.csv`, else PNG.

        Raises:
            RnnvizError: the file cannot be written.
        """
        rest = self._begin_saving(path)
        if rest is not None:
            rest()

    def _begin_saving(self, path: Path) -> Callable[[], None] | None:
        """Paint it and write it; what is left to be done in any thread, if anything."""
        size, ground = self._widget.size(), QColor(theme_of(self._widget).background)
        if path.suffix.lower() == ".svg":
            save_svg(self._paint, size, ground, self._name, path)
        elif path.suffix.lower() == ".csv" and self.columns is not None:
            save_csv(self.columns, path)
        else:
            return png_writer(picture(self._paint, size, ground, 2.0), path)
        return None

    @Slot()
    def _ask(self) -> None:
        kinds = "Picture (*.png);;Drawing (*.svg)"
        kinds += ";;Numbers (*.csv)" if self.columns is not None else ""
        save_as(self, self.toolTip(), self._name, self._begin_saving, kinds)
