"""One line of text that ends in an ellipsis where it does not fit, never in half a number."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent

from rnnviz.views.shared.plain_text import Label


class ElidedLabel(Label):
    """Shows as much of its plain text as there is room for; `text` is always the whole."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        with QPainter(self) as painter:
            box = self.contentsRect()
            fitted = self.fontMetrics().elidedText(
                self.text(), Qt.TextElideMode.ElideRight, box.width()
            )
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(
                box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fitted
            )
