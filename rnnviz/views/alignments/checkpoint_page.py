"""One sentence as a checkpoint aligned it: lines between the words over the table of weights."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.colours.weight_colours import weights_scale
from rnnviz.views.alignments.drawing.lines_view import LinesView
from rnnviz.views.alignments.drawing.table_view import TableView
from rnnviz.views.shared.words.plain_text import Label

_SHARE = 0.9
_NO_ALIGNMENT = (
    "No alignment was recorded here: the model has no attention, or has not come so far."
)
_NO_TEXT = "The models of this run read no text. What they answer at each stage is in Samples."


class CheckpointPage(QWidget):
    """Shows an alignment, or says why there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = LinesView("Alignment at this checkpoint, as lines")
        self.lines.setFixedHeight(120)
        self.table = TableView("Alignment at this checkpoint, as a table")
        self.missing = Label()
        self.missing.setWordWrap(True)
        self.missing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.missing.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.lines)
        column.addWidget(self.table, 1)
        column.addWidget(self.missing, 1)

    def show_alignment(self, found: Alignment | None, translates: bool = True) -> None:
        """Show this one, or say why there is none."""
        self.missing.setText(_NO_ALIGNMENT if translates else _NO_TEXT)
        for view in (self.lines, self.table):
            view.setVisible(found is not None)
        self.missing.setVisible(found is None)
        if found is not None:
            self.lines.set_alignment(found, _SHARE)
            scale = weights_scale(found.weights)
            self.lines.set_scale(scale)
            self.table.set_table(found.weights, found.target, found.source, scale)
