"""A button that saves what a widget paints: as PNG or SVG."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton, QWidget

from rnnviz.views.plots.parts.export import Columns, Paint, csv_writer, picture, svg_writer
from rnnviz.views.shared.png import png_writer
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns, save_now
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
        save_now(self._saving(path))

    def _saving(self, path: Path) -> Turns:
        size, ground = self._widget.size(), QColor(theme_of(self._widget).background)
        if path.suffix.lower() == ".svg":
            yield svg_writer(self._paint, size, ground, self._name, path)
        elif path.suffix.lower() == ".csv" and self.columns is not None:
            yield csv_writer(self.columns, path)
        else:
            yield png_writer(picture(self._paint, size, ground, 2.0), path)

    @Slot()
    def _ask(self) -> None:
        kinds = "Picture (*.png);;Drawing (*.svg)"
        kinds += ";;Numbers (*.csv)" if self.columns is not None else ""
        save_as(self, self.toolTip(), self._name, self._saving, kinds)
