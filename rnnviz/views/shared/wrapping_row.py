"""Two groups of controls in one row, or in two rows where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_MARGIN = 8
_SIDE = 12
_GAP = 16


class WrappingRow(QWidget):
    """`left` stands at the left, `right` at the right; it moves below where both do not fit."""

    def __init__(self, left: QWidget, right: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left, self._right = left, right
        for child in (left, right):
            child.setParent(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def minimumSizeHint(self) -> QSize:
        """As wide as the wider group."""
        left, right = self._left.minimumSizeHint(), self._right.minimumSizeHint()
        return QSize(max(left.width(), right.width()) + 2 * _SIDE, left.height() + 2 * _MARGIN)

    def sizeHint(self) -> QSize:
        """As wide as both."""
        left, right = self._left.sizeHint(), self._right.sizeHint()
        height = max(left.height(), right.height())
        return QSize(left.width() + _GAP + right.width() + 2 * _SIDE, height + 2 * _MARGIN)

    def hasHeightForWidth(self) -> bool:
        """One row or two."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of one row, or of two."""
        left, right = self._left.sizeHint().height(), self._right.sizeHint().height()
        if self._fits(width):
            return max(left, right) + 2 * _MARGIN
        return left + right + 3 * _MARGIN

    def event(self, event: QEvent) -> bool:
        """Place the groups anew when one of them has changed its size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._place()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the groups in their places."""
        self._place()
        super().resizeEvent(event)

    def _place(self) -> None:
        left, right = self._left.sizeHint(), self._right.sizeHint()
        room = self.width() - 2 * _SIDE
        if self._fits(self.width()):
            height = max(left.height(), right.height())
            self._left.setGeometry(_SIDE, _MARGIN, left.width(), height)
            start = self.width() - _SIDE - right.width()
            self._right.setGeometry(start, _MARGIN, right.width(), height)
        else:
            self._left.setGeometry(_SIDE, _MARGIN, min(room, left.width()), left.height())
            below = left.height() + 2 * _MARGIN
            self._right.setGeometry(_SIDE, below, min(room, right.width()), right.height())

    def _fits(self, width: int) -> bool:
        return self.sizeHint().width() <= width
