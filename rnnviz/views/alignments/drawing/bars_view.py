"""A number for each word as a lying bar; what is wrong has another colour."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rnnviz.views.plots.export import Columns
from rnnviz.views.shared.theme import theme_of, ui_font

_ROW, _NAME, _NUMBER = 20, 110, 48
_MARGIN = 12


class BarsView(QWidget):
    """Bars from zero to the largest value; grows as high as it has rows.

    Signals:
        hovered(object): the row under the pointer, or None.
        clicked(int): a row was clicked.
    """

    hovered = Signal(object)
    clicked = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.names: tuple[str, ...] = ()
        self.values: tuple[float, ...] = ()
        self.flagged: frozenset[int] = frozenset()
        self._most = 1.0
        self.mark: int | None = None
        self._hovered: int | None = None

    def set_bars(
        self,
        names: Sequence[str],
        values: Sequence[float],
        most: float,
        flagged: Collection[int] = (),
    ) -> None:
        """Show these; a bar of `most` or more takes all the room."""
        self.names, self.values = tuple(names), tuple(values)
        self._most, self.flagged = max(most, 1e-9), frozenset(flagged)
        self.mark = None
        self.setFixedHeight(max(1, len(self.names)) * _ROW + 4)
        self.setAccessibleDescription(
            "; ".join(f"{name} {_number(value)}" for name, value in self._pairs()[:50])
        )
        self.update()

    def set_mark(self, row: int | None) -> None:
        """Light up a row."""
        if row != self.mark:
            self.mark = row
            self.update()

    def columns(self) -> Columns:
        """The words and their numbers, for CSV."""
        return {"word": list(self.names), "value": list(self.values)}

    def _pairs(self) -> list[tuple[str, float]]:
        return list(zip(self.names, self.values, strict=True))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only the rows that are seen."""
        self.paint(QPainter(self), event.rect())

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint the rows in an area, for the screen or for a file."""
        theme = theme_of(self)
        font = ui_font(9.0)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        room = max(20, self.width() - _NAME - _NUMBER - 2 * _MARGIN)
        first = max(0, area.top() // _ROW)
        last = min(len(self.names), area.bottom() // _ROW + 1)
        for row in range(first, last):
            y, value = row * _ROW + 2, self.values[row]
            colour = theme.warning if row in self.flagged else theme.accent
            if row == self.mark:
                painter.fillRect(0, y, self.width(), _ROW, QColor(theme.tint))
            name = metrics.elidedText(self.names[row], Qt.TextElideMode.ElideRight, _NAME - 8)
            painter.setPen(QColor(theme.warning if row in self.flagged else theme.text))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(
                QRectF(_MARGIN, y, _NAME - 8, _ROW), Qt.AlignmentFlag.AlignRight | middle, name
            )
            x = _MARGIN + _NAME
            painter.fillRect(QRectF(x, y + 5, room, _ROW - 10), QColor(theme.border))
            if math.isfinite(value):
                share = min(max(value / self._most, 0.0), 1.0)
                painter.fillRect(QRectF(x, y + 5, room * share, _ROW - 10), QColor(colour))
            painter.setPen(QColor(theme.muted))
            painter.drawText(
                QRectF(x + room, y, _NUMBER, _ROW),
                Qt.AlignmentFlag.AlignRight | middle,
                _number(value),
            )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which row the pointer is over."""
        row = int(event.position().y()) // _ROW
        self._hover(row if 0 <= row < len(self.names) else None)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is over nothing."""
        self._hover(None)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click has happened when the button goes down."""
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses a row."""
        row = int(event.position().y()) // _ROW
        if 0 <= row < len(self.names):
            self.clicked.emit(row)

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            self._hovered = row
            self.hovered.emit(row)

    def sizeHint(self) -> QSize:
        """As high as all rows."""
        return QSize(320, max(1, len(self.names)) * _ROW + 4)


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "none"
