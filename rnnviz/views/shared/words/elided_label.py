"""One line of text that ends in an ellipsis where it does not fit, never in half a number."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip

from rnnviz.views.shared.words.plain_text import Label, plain_tip


class ElidedLabel(Label):
    """Shows as much of its plain text as there is room for; `text` is always the whole.

    What was cut off is the tip.
    """

    _shorter = ""

    def set_texts(self, text: str, shorter: str = "") -> None:
        """Show a text, or a shorter one, if that is given, where the text does not fit."""
        self._shorter = shorter
        self.setText(text)
        self.update()

    def _fits(self, text: str) -> bool:
        return self.fontMetrics().horizontalAdvance(text) <= self.contentsRect().width()

    def shown(self) -> str:
        """What is painted, but for the ellipsis."""
        return self._shorter if self._shorter and not self._fits(self.text()) else self.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        with QPainter(self) as painter:
            box = self.contentsRect()
            fitted = self.fontMetrics().elidedText(
                self.shown(), Qt.TextElideMode.ElideRight, box.width()
            )
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(
                box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fitted
            )

    def event(self, event: QEvent) -> bool:
        """The whole text as a tip where some of it is cut off."""
        if isinstance(event, QHelpEvent) and not self._fits(self.text()):
            QToolTip.showText(event.globalPos(), plain_tip(self.text()), self)
            return True
        return super().event(event)
