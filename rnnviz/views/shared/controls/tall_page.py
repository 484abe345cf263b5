"""A page of plots and paragraphs that is as tall as they need at its width."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class TallPage(QWidget):
    """As tall as its plots and paragraphs need at its width: where there is less, it is scrolled.

    A paragraph's own least height is that of a line; by that alone it would lie over a plot.
    """

    def minimumSizeHint(self) -> QSize:
        """The least width, and the height at the width that there is."""
        hint, layout = super().minimumSizeHint(), self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return hint
        tall = layout.minimumHeightForWidth(max(self.width(), hint.width()))
        return QSize(hint.width(), max(hint.height(), tall))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width asks for another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def fill(widget: QWidget) -> None:
    """Let a widget be as tall as there is room: paragraphs beside it would make it claim all.

    It keeps its least height, which is told once: where even that is not there, the page scrolls.
    """
    widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
    keep_least_height(widget)


def keep_least_height(widget: QWidget) -> None:
    """Have what fills a page keep the height that its parts need now."""
    if (least := widget.minimumSizeHint().height()) > widget.minimumHeight():
        widget.setMinimumHeight(least)
