"""Groups of controls in one row, or in several rows where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

_MARGIN = 8
_SIDE = 12
_GAP = 16


class WrappingRow(QWidget):
    """The last group stands at the right; groups move below where they do not all fit.

    A group that expands takes the width that the others in its line leave.

    Args:
        spread: whether the last group stands at the right, else close to the others.
    """

    def __init__(
        self, *groups: QWidget, spread: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._groups, self._spread = groups, spread
        for group in groups:
            group.setParent(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def _seen(self) -> list[QWidget]:
        """The groups that are not hidden."""
        return [group for group in self._groups if not group.isHidden()]

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest group."""
        hints = [
            group.minimumSizeHint().expandedTo(group.minimumSize()) for group in self._seen
        ] or [QSize(0, 0)]
        width = max(hint.width() for hint in hints)
        return QSize(width + 2 * _SIDE, hints[0].height() + 2 * _MARGIN)

    def sizeHint(self) -> QSize:
        """As wide as all groups."""
        hints = [group.sizeHint() for group in self._seen] or [QSize(0, 0)]
        width = sum(hint.width() for hint in hints) + _GAP * (len(hints) - 1)
        return QSize(width + 2 * _SIDE, max(hint.height() for hint in hints) + 2 * _MARGIN)

    def hasHeightForWidth(self) -> bool:
        """One row or several."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all rows."""
        return max((place.bottom() + 1 for _, place in self._placed(width)), default=0) + _MARGIN

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
        for group, place in self._placed(self.width()):
            group.setGeometry(place)

    def _placed(self, whole: int) -> list[tuple[QWidget, QRect]]:
        """Where each group stands in a row that is so wide."""
        room, top = whole - 2 * _SIDE, _MARGIN
        lines = self._lines(whole)
        found: list[tuple[QWidget, QRect]] = []
        for line in lines:
            left, places = _SIDE, list[tuple[QWidget, int, int]]()
            spare = room - sum(_wanted(group) for group in line) - _GAP * (len(line) - 1)
            for group in line:
                width = _wanted(group)
                if _expands(group):
                    width, spare = width + max(0, spare), 0
                if self._spread and len(lines) == 1 and group is line[-1]:
                    left = max(left, whole - _SIDE - width)
                places.append((group, left, min(room, width)))
                left += width + _GAP
            height = max(_height(group, width) for group, _, width in places)
            found += [(group, QRect(left, top, width, height)) for group, left, width in places]
            top += height + _MARGIN
        return found

    def _lines(self, width: int) -> list[list[QWidget]]:
        """The groups, in as few lines of this width as their order allows."""
        lines: list[list[QWidget]] = []
        left = 0
        for group in self._seen:
            wanted = _wanted(group)
            if not lines or left + _GAP + wanted > width - 2 * _SIDE:
                lines.append([])
                left = -_GAP
            lines[-1].append(group)
            left += _GAP + wanted
        return lines


def _expands(group: QWidget) -> bool:
    return bool(group.sizePolicy().expandingDirections() & Qt.Orientation.Horizontal)


def _wanted(group: QWidget) -> int:
    """How wide a group must be to stand in a line with others."""
    hint = group.minimumSizeHint() if _expands(group) else group.sizeHint()
    return max(hint.width(), group.minimumWidth())


def _height(group: QWidget, width: int) -> int:
    """How high a group is that is so wide: words may go on in further lines."""
    wrapped = group.heightForWidth(width) if group.hasHeightForWidth() else 0
    return max(wrapped, group.minimumSizeHint().height()) if wrapped else group.sizeHint().height()


def side_by_side(*widgets: QWidget) -> QWidget:
    """Controls in one row, as one group."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return group
