"""What the table and the lines have in common: a picture of what rests, and places to point at.

What rests is painted once; the pointer only repaints the few marks above it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from rnnviz.views.alignments.drawing.table_painter import NOWHERE, Place


class PointedView(QAbstractScrollArea):
    """Tells which place the pointer is over; a subclass says where they lie, and paints them.

    Signals:
        hovered(Place): the pointer is over a target word (row), a source word (column), a cell of
            both, or nothing.
        clicked(Place): one of them was clicked.
    """

    hovered = Signal(object)
    clicked = Signal(object)

    speaks = True

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.mark: Place = NOWHERE
        self.pinned = False
        self.shown_rows: int | None = None
        """How many rows are there yet; None for all."""
        self._hovered: Place = NOWHERE
        self._rest: QPixmap | None = None

    # For subclasses

    def place_at(self, point: QPointF) -> Place:
        """What lies under a point of the viewport."""
        raise NotImplementedError

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint everything that rests, for the screen or for a file."""
        raise NotImplementedError

    def resting(self) -> QPixmap:
        """What rests as a picture as large as the viewport; painted only if it was forgotten."""
        if self._rest is None:
            area, ratio = self.viewport().rect(), self.devicePixelRatioF()
            self._rest = QPixmap(area.size() * ratio)
            self._rest.setDevicePixelRatio(ratio)
            with QPainter(self._rest) as painter:
                self.paint(painter, area)
        return self._rest

    def forget_picture(self) -> None:
        """Paint what rests anew, in the next frame."""
        self._rest = None
        self.viewport().update()

    def forget_pointer(self) -> None:
        """Tell anew what the pointer is over: other places lie there now."""
        self._hovered = NOWHERE

    # Marks and the pointer

    def set_mark(self, mark: Place, *, pinned: bool = False) -> None:
        """Light up a row, a column or both."""
        if (mark, pinned) != (self.mark, self.pinned):
            self.mark, self.pinned = mark, pinned
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what the pointer is over."""
        self._hover(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is over nothing."""
        self._hover(NOWHERE)
        super().leaveEvent(event)

    def _hover(self, place: Place) -> None:
        if place != self._hovered:
            self._hovered = place
            self.hovered.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click pins."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place != NOWHERE:
            self.clicked.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click has happened when the button goes down."""
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.forget_picture()
