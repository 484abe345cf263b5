"""All keys on one sheet, and what this application is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from rnnviz import __version__
from rnnviz.views.shared.theme import mono_font
from rnnviz.views.shared.words.plain_text import Label

_MOUSE = (
    ("Move over the text", "Name the character, its value, gates and likeliest next characters"),
    ("Drag over the text", "Find the units that are on in that range"),
    ("Ctrl+wheel", "Zoom the text"),
    ("Esc", "Close the search, stop typing"),
)


class KeysDialog(QDialog):
    """Lists keys in two columns."""

    def __init__(self, keys: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        column = QVBoxLayout(self)
        column.setSpacing(16)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        listed = [*keys, *_MOUSE]
        half = -(-len(listed) // 2)
        for place, (key, entry) in enumerate(listed):
            row, pair = place % half, place // half
            shown = Label(key)
            shown.setFont(mono_font(9))
            shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(shown, row, 3 * pair)
            grid.addWidget(Label(entry), row, 3 * pair + 1)
        grid.setColumnMinimumWidth(2, 24)
        column.addLayout(grid)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)


def show_about(parent: QWidget | None) -> QMessageBox:
    """Say in a box what rnnviz is and which version runs."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About rnnviz")
    box.setText(f"rnnviz {__version__}")
    box.setInformativeText(
        "Shows what recurrent networks do: a text coloured by one unit, the units that keep track "
        "of quotes, lines, comments and depth, and what the network expects next.\n\n"
        "Models, texts, fonts and icons that come with it name their sources and licences in "
        "the folders resources and models."
    )
    box.open()
    return box
