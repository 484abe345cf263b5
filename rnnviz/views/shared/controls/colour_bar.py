"""The colours of a scale from low to high, with its numbers: to read, and to pull by its ends."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from rnnviz.core.colours.colour import LEVELS, Scale
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.views.shared.theme import theme_of, ui_font
from rnnviz.views.text.painting.text_painter import words


class ColourBar(QWidget):
    """All colours of a scale from low to high, with the numbers of its ends and middle.

    An end that is pulled inwards makes the colours stronger, outwards paler; around zero both ends
    go together. Minus and plus do the same from the keyboard; a double click goes back.

    Signals:
        pulled(float, float): the range that was pulled.
        released: the measured range is wanted again.
    """

    pulled = Signal(float, float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(110)
        self.setMaximumWidth(240)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAccessibleName("Colours from the lowest to the highest value; minus and plus pull")
        self.setToolTip(
            "Pull an end to change the range: inwards for stronger colours, outwards for paler "
            "ones (− and + on the keyboard). A double click measures the range again"
        )
        self._scale: Scale | None = None
        self._large = False
        self._pulling: tuple[float, Scale, bool] | None = None
        """Where the pointer went down, the scale there was, and whether it is the upper end."""

    def sizeHint(self) -> QSize:
        """Wide enough to tell neighbours apart."""
        return QSize(400, 56) if self._large else QSize(240, 36)

    def set_large(self, large: bool) -> None:
        """For the last row, or as usual."""
        self._large = large
        self.setMaximumWidth(400 if large else 240)
        self.updateGeometry()

    def show_scale(self, scale: Scale | None) -> None:
        """Show another scale, or none."""
        if scale != self._scale:
            self._scale = scale
            self.update()

    # Pulling

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the nearer end."""
        if self._scale is not None and event.button() == Qt.MouseButton.LeftButton:
            place = event.position().x()
            self._pulling = place, self._scale, place >= self.width() / 2

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull it."""
        if self._pulling is None:
            return
        began, scale, upper = self._pulling
        moved = (event.position().x() - began) / max(1, self.width())
        outwards = moved if upper else -moved
        self._pull(scale, 2.0 ** (4 * outwards), upper)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._pulling = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go back to what is measured."""
        self._pulling = None
        self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Minus makes the range smaller, plus larger."""
        factors = {"-": 1 / 1.25, "+": 1.25, "=": 1.25}
        if self._scale is not None and event.text() in factors:
            self._pull(self._scale, factors[event.text()], upper=True)
        else:
            super().keyPressEvent(event)

    def _pull(self, scale: Scale, factor: float, upper: bool) -> None:
        if scale.symmetric:
            low, high = scale.low * factor, scale.high * factor
        elif upper:
            low, high = scale.low, scale.low + (scale.high - scale.low) * factor
        else:
            low, high = scale.high - (scale.high - scale.low) * factor, scale.high
        if 1e-9 < high - low < 1e9:
            self.pulled.emit(low, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the gradient and the numbers under it."""
        if self._scale is None:
            return
        theme, scale = theme_of(self), self._scale
        pixels = words(scale.colours(theme.dark), theme.background)[:LEVELS].copy()
        stride = LEVELS * 4
        image = QImage(pixels.data, LEVELS, 1, stride, QImage.Format.Format_RGB32)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            thick, points = (26, 14.0) if self._large else (15, 8.5)
            bar = QRectF(0.5, 0.5, self.width() - 1, thick)
            shape = QPainterPath()
            shape.addRoundedRect(bar, 4, 4)
            painter.save()
            painter.setClipPath(shape)
            painter.drawImage(bar, image)
            painter.restore()
            focus = self.hasFocus()
            painter.setPen(QPen(QColor(theme.accent if focus else theme.border), 2 if focus else 1))
            painter.drawPath(shape)
            self._paint_handles(painter, QColor(theme.text), thick + 1)
            painter.setPen(QColor(theme.muted))
            painter.setFont(ui_font(points))
            below = QRect(0, thick + 3, self.width(), self.height() - thick - 3)
            places = [
                (scale.low, Qt.AlignmentFlag.AlignLeft),
                (scale.high, Qt.AlignmentFlag.AlignRight),
            ]
            middle = (scale.low + scale.high) / 2
            places.insert(1, (middle, Qt.AlignmentFlag.AlignHCenter))
            for value, where in places:
                painter.drawText(below, where | Qt.AlignmentFlag.AlignVCenter, number(value))

    def _paint_handles(self, painter: QPainter, colour: QColor, height: float) -> None:
        """A grip at each end, to be seen as something to pull."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for left in (0.0, self.width() - 3.0):
            painter.drawRoundedRect(QRectF(left, 0, 3, height), 1.5, 1.5)


def number(value: float) -> str:
    """A value with three significant digits and a true minus: `−0.42`."""
    return "0" if value == 0 else shown_number(value)
