"""A line of words in the corner of a plot: what its axis leaves out."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsSimpleTextItem

from rnnviz.views.shared.theme import Theme, ui_font

_POINTS = 8.5


class EdgeWords:
    """Stands in the scene, so that saved pictures have it, too."""

    def __init__(self) -> None:
        self.words = ""
        """What is said; empty where nothing is left out."""
        self._item = QGraphicsSimpleTextItem("")
        self._item.setFont(ui_font(_POINTS))
        self._item.setZValue(20)
        self._item.hide()

    def put_into(self, view: pg.ViewBox, *, foot: bool = False) -> None:
        """Stand at the left of this view, at the top or at its foot."""
        self._item.setParentItem(view)
        self._item.setPos(6, 2)
        if foot:
            view.sigResized.connect(self._sink)

    def _sink(self, view: pg.ViewBox) -> None:
        height = self._item.boundingRect().height()
        self._item.setPos(6, max(2.0, view.height() - height - 4))

    def say(self, words: str) -> bool:
        """Say this; whether it is something else than before."""
        if words == self.words:
            return False
        self.words = words
        self._item.setText(words)
        self._item.setVisible(bool(words))
        return True

    def recolour(self, theme: Theme) -> None:
        """In the colour of text."""
        self._item.setBrush(QColor(theme.text))
