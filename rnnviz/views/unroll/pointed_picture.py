"""A picture of numbers as it is painted; the pointer and the arrow keys find them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from rnnviz.core.unroll.pictures.picture import Picture, Place
from rnnviz.views.shared.neighbours import neighbour
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.speaking import speak
from rnnviz.views.unroll.painted_parts import PaintedParts


class PointedPicture(QWidget):
    """Paints what a subclass makes, marks the number that is pointed at, and says it.

    Signals:
        pointed(object): the `Place` of the number under the pointer or the keys, or None.
        edit_requested(object): the `Place` of a number that was clicked twice and may be changed.
    """

    pointed = Signal(object)
    edit_requested = Signal(object)

    speaks = True

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._pixmap = QPixmap()
        self._place: Place | None = None
        self._painted = PaintedParts()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(420, 240))
        self.setAccessibleName(name)

    # For subclasses

    def make_picture(self, size: tuple[float, float], dark: bool) -> Picture | None:
        """The picture of this size; None while there are no numbers."""
        raise NotImplementedError

    def may_edit(self, place: Place) -> bool:
        """Whether another number may be put there."""
        return False

    def marks(self, place: Place | None) -> object:
        """What lights up elsewhere in the picture as this is pointed at; None for nothing."""
        return None

    # What is painted

    @property
    def picture(self) -> Picture | None:
        """What is painted; None while there are no numbers."""
        return self._picture

    @property
    def place(self) -> Place | None:
        """The number that is pointed at."""
        return self._place

    @Slot()
    def draw_anew(self) -> None:
        """Make the picture again: other numbers, another moment, size or theme."""
        size = (float(self.width()), float(self.height()))
        before = self._picture
        self._picture = self.make_picture(size, theme_of(self).dark) if self.width() >= 10 else None
        if self._picture is None:
            self.update()
            return
        ratio = self.devicePixelRatioF()
        if self._pixmap.size() != (pixels := self.size() * ratio):
            self._pixmap, before = QPixmap(pixels), None
            self._pixmap.setDevicePixelRatio(ratio)
        changed = self._painted.paint(self._pixmap, before, self._picture)
        if self._place is None:
            speak(self, self._picture.figure.words[0].text)
        # One rectangle: many take Qt ten times as long to copy to the screen.
        self.update(changed.boundingRect())

    @Slot()
    def find_place(self) -> None:
        """Other numbers: what was pointed at may lie elsewhere, or be no more."""
        place = self._place
        self.draw_anew()
        if place is None:
            return
        names = (place.kind, place.key, place.step, place.row, place.column)
        found = self._picture.places if self._picture is not None else []
        self._place = next(
            (p for p in found if (p.kind, p.key, p.step, p.row, p.column) == names), None
        )
        if self.marks(self._place) != self.marks(place):
            self.draw_anew()
        self.update()
        self.pointed.emit(self._place)

    # Pointing

    def point_at(self, place: Place | None) -> None:
        """Mark a number and say so."""
        if place == self._place:
            return
        before, self._place = self._place, place
        self.pointed.emit(place)
        if self.marks(before) != self.marks(place):
            self.draw_anew()
        for one in (before, place):
            if one is not None:
                self.update(_frame(one).toAlignedRect().adjusted(-2, -2, 2, 2))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the number below."""
        if self._picture is not None:
            self.point_at(self._picture.at(event.position().x(), event.position().y()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for another number in place of one that may be changed."""
        place = (
            self._picture.at(event.position().x(), event.position().y()) if self._picture else None
        )
        if place is not None and self.may_edit(place):
            self.edit_requested.emit(place)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self.point_at(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl and an arrow go from number to number, Enter changes one that may be changed."""
        ways = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
        }  # fmt: skip
        way = ways.get(Qt.Key(event.key()))
        if way and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._point_on(*way)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._place is not None:
            if self.may_edit(self._place):
                self.edit_requested.emit(self._place)
        else:
            super().keyPressEvent(event)

    def _point_on(self, dx: int, dy: int) -> None:
        """Point at the nearest number in a direction."""
        if self._picture is None or not self._picture.places:
            return
        if self._place is None:
            self.point_at(self._picture.places[0])
            return
        best = neighbour(self._picture.places, self._place, dx, dy)
        if best is not None:
            self.point_at(best)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, the marked number, and the focus."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            if self._picture is None:
                painter.fillRect(self.rect(), QColor(theme.background))
                return
            painter.drawPixmap(QPointF(0, 0), self._pixmap)
            if self._place is not None:
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRect(_frame(self._place))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 1))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size, another picture."""
        super().resizeEvent(event)
        self.find_place()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme, another picture."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.draw_anew()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """They go elsewhere."""
        super().focusOutEvent(event)
        self.update()


def _frame(place: Place) -> QRectF:
    """The line around a number that is pointed at."""
    return QRectF(place.x - 1, place.y - 1, place.width + 1, place.height + 1)
