"""Names of curves beside a picture that is saved, where on the screen a list beside it has them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from rnnviz.views.plots.parts.inks import Ink, ink_pen
from rnnviz.views.shared.theme import Theme, ui_font

_POINTS = 9
_ROW, _SAMPLE, _MARGIN = 18, 24, 12
Names = tuple[tuple[str, Ink], ...]


def with_key(size: QSize, names: Names) -> QSize:
    """The size of a picture with room for these names at its right."""
    if not names:
        return size
    metrics = QFontMetrics(ui_font(_POINTS))
    widest = max(metrics.horizontalAdvance(name) for name, _ in names)
    width = widest + _SAMPLE + 6 + 2 * _MARGIN
    return QSize(size.width() + width, max(size.height(), len(names) * _ROW + 2 * _MARGIN))


def paint_key(painter: QPainter, corner: QPoint, names: Names, theme: Theme) -> None:
    """Draw the names below each other, a stroke of its line before each."""
    painter.setFont(ui_font(_POINTS))
    for row, (name, ink) in enumerate(names):
        top = corner.y() + _MARGIN + row * _ROW
        left = corner.x() + _MARGIN
        pen = ink_pen(ink, theme, 4.0)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(left, top + _ROW // 2, left + _SAMPLE, top + _ROW // 2)
        painter.setPen(QColor(theme.text))
        painter.drawText(left + _SAMPLE + 6, top + _ROW - 5, name)
