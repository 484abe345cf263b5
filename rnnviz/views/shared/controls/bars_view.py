"""A number for each word as a lying bar; what is wrong has another colour."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.shared.theme import theme_of, ui_font
from rnnviz.views.shared.words.speaking import speak

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

    speaks = True

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.names: tuple[str, ...] = ()
        self.values: tuple[float, ...] = ()
        self.flagged: frozenset[int] = frozenset()
        self._most = 1.0
        self.mark: int | None = None
        self._hovered: int | None = None
        self.at: int | None = None
        """The row where the keys are."""

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
        self.mark = self.at = None
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
        with QPainter(self) as painter:
            self.paint(painter, event.rect())
            if self.hasFocus():
                accent = QColor(theme_of(self).accent)
                painter.setPen(QPen(accent, 2))
                painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
                if self.at is not None:
                    painter.drawRect(3, self.at * _ROW + 2, self.width() - 7, _ROW - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from row to row, Enter chooses one."""
        steps: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and self.names:
            last = len(self.names) - 1
            at = 0 if self.at is None else min(max(self.at + steps[event.key()], 0), last)
            self._go_to(at)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.at is not None:
            self.clicked.emit(self.at)
        else:
            super().keyPressEvent(event)

    def _go_to(self, row: int) -> None:
        self.at = row
        self._hover(row)
        speak(self, f"{self.names[row]} {_number(self.values[row])}")
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea) and (page := above.widget()) is not None:
            middle = self.mapTo(page, QPoint(self.width() // 2, row * _ROW + _ROW // 2))
            above.ensureVisible(middle.x(), middle.y(), 0, 2 * _ROW)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """They go elsewhere."""
        super().focusOutEvent(event)
        self._hover(None)
        self.update()

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
