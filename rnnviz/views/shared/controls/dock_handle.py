"""What is left of a dock's title where its tab names it already: something to drag it by."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QSpacerItem, QWidget

from rnnviz.views.shared.theme import theme_of

_LEAST_WIDTH, _HEIGHT = 40, 10
_GRIP = (36, 3)


class DockHandle(QWidget):
    """A short bar; drag it to move the dock, double-click to take it out of the window.

    No dots: three of them are the button of what can be saved.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setAccessibleName(f"Move {dock.windowTitle()}")
        self.setToolTip("Drag to move this panel, double-click to take it out of the window")
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        # As flat as can still be grasped. A layout keeps its size: every pass over the window asks
        # every dock for it many times.
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addSpacerItem(QSpacerItem(_LEAST_WIDTH, _HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar in the middle."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme_of(self).faint))
            bar = QRectF(0, 0, *_GRIP)
            bar.moveCenter(self.rect().toRectF().center())
            painter.drawRoundedRect(bar, _GRIP[1] / 2, _GRIP[1] / 2)
