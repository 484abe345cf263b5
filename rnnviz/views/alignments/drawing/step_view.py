"""The lecture's picture of one step of a decoder; the pointer finds its numbers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
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
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from rnnviz.core.alignments.steps.attention_steps import AttentionSteps
from rnnviz.core.alignments.steps.step_formulas import explain
from rnnviz.core.alignments.steps.step_picture import Spot, StepPicture, draw_step
from rnnviz.views.shared.neighbours import neighbour
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.shared.words.speaking import speak
from rnnviz.views.text.painting.text_figure import paint_figure


class StepView(QWidget):
    """Paints a step of a decoder; tells what the pointer is over, and its formula with numbers.

    Signals:
        hovered(object): the place of the memory under the pointer, or None.
        clicked(object): the place that was clicked.
        explained(str): the formula of the number under the pointer with its numbers, or nothing.
    """

    hovered = Signal(object)
    clicked = Signal(object)
    explained = Signal(str)

    speaks = True

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.steps: AttentionSteps | None = None
        self.step = 0
        self.picture: StepPicture | None = None
        self._marked: int | None = None
        self._spot: Spot | None = None
        self._pixmap: QPixmap | None = None

    def show_step(self, steps: AttentionSteps | None, step: int) -> None:
        """Show so many written words of a decoded sentence."""
        if steps is not self.steps or step != self.step:
            self.steps, self.step, self._spot = steps, step, None
            self._draw_anew()

    def set_mark(self, place: int | None) -> None:
        """Let a place of the memory stand out."""
        if place != self._marked:
            self._marked = place
            self._draw_anew()

    def _draw_anew(self) -> None:
        self._pixmap = None
        if self.steps is None or self.width() < 40 or self.height() < 40:
            self.picture = None
        else:
            size = (float(self.width()), float(self.height()))
            dark = theme_of(self).dark
            self.picture = draw_step(self.steps, self.step, size, dark, marked=self._marked)
            speak(self, self.picture.figure.words[0].text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and a frame about the number under the pointer."""
        theme = theme_of(self)
        if self._pixmap is None and self.picture is not None:
            ratio = self.devicePixelRatioF()
            self._pixmap = QPixmap(self.size() * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            with QPainter(self._pixmap) as painter:
                paint_figure(painter, self.picture.figure)
        with QPainter(self) as painter:
            if self._pixmap is None:
                painter.fillRect(self.rect(), QColor(theme.background))
                return
            painter.drawPixmap(QPointF(0, 0), self._pixmap)
            if (spot := self._spot) is not None:
                painter.setPen(QPen(QColor(theme.accent), 1.5))
                painter.drawRect(QRectF(spot.x, spot.y, spot.width, spot.height))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    # The pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Explain the number under the pointer."""
        self._point(event.position(), event.globalPosition())

    def _point(self, at: QPointF, on_screen: QPointF) -> None:
        self._point_at(self.picture.at(at.x(), at.y()) if self.picture else None, on_screen)

    def _point_at(self, spot: Spot | None, on_screen: QPointF) -> None:
        if spot == self._spot:
            return
        self._spot = spot
        self.update()
        place = spot.place if spot is not None and spot.part in _OF_PLACES else None
        self.hovered.emit(place)
        if spot is None or self.steps is None:
            self.explained.emit("")
            QToolTip.hideText()
            return
        formula, numbers = explain(self.steps, self.step, spot)
        self.explained.emit(f"{formula}   {numbers}" if numbers else formula)
        speak(self, f"{formula}; {numbers}" if numbers else formula)
        QToolTip.showText(on_screen.toPoint(), plain_tip(f"{formula}\n{numbers}".strip()), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click pins a place."""
        spot = self._spot
        left = event.button() == Qt.MouseButton.LeftButton
        if left and spot is not None and spot.part in _OF_PLACES:
            self.clicked.emit(spot.place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows go from number to number, Enter pins a place, Esc points at nothing."""
        ways: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
        }  # fmt: skip
        spots, spot = self.picture.spots if self.picture else (), self._spot
        if event.key() in ways and spots:
            found = spots[0] if spot is None else neighbour(spots, spot, *ways[event.key()])
            if found is not None:
                corner = QPointF(found.x, found.y + found.height)
                self._point_at(found, QPointF(self.mapToGlobal(corner)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and spot is not None:
            if spot.part in _OF_PLACES:
                self.clicked.emit(spot.place)
        elif event.key() == Qt.Key.Key_Escape and spot is not None:
            self._point_at(None, QPointF())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """They go elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        if self._spot is not None:
            self._spot = None
            self.hovered.emit(None)
            self.explained.emit("")
            self.update()
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size, another picture."""
        super().resizeEvent(event)
        self._spot = None
        self._draw_anew()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme, another picture."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_anew()

    def sizeHint(self) -> QSize:
        """Room for a sentence."""
        return QSize(760, 480)

    def minimumSizeHint(self) -> QSize:
        """The least in which the words can be read."""
        return QSize(240, 180)


_OF_PLACES = ("memory", "place", "score", "weight")
"""Parts that belong to one place of the memory."""
