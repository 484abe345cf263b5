"""Paints what lies over coloured text: outlines, hatching, dots and the caret."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QRegion

from rnnviz.views.shared.theme import Theme
from rnnviz.views.text.grid import Grid
from rnnviz.views.text.rows import Page


def paint_hatch(painter: QPainter, page: Page, grid: Grid, start: int, theme: Theme) -> None:
    """Hatch the cells from `start` on: nothing is known there yet."""
    colour = QColor(theme.faint)
    colour.setAlpha(90)
    brush = QBrush(colour, Qt.BrushStyle.BDiagPattern)
    for row, begin, end in page.spans(start, page.stop):
        painter.fillRect(grid.rect(row, begin, end), brush)


def paint_unknown(
    painter: QPainter, page: Page, grid: Grid, known: npt.NDArray[np.bool_], theme: Theme
) -> None:
    """Dot the foot and frame of characters that the model does not know; `known` is (n,) bool."""
    if known.all():
        return
    edges = np.flatnonzero(np.diff(known, prepend=True, append=True))
    frames = [
        grid.rect(row, begin, end).adjusted(0, 0, -1, -1)
        for low, high in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        for row, begin, end in page.spans(page.start + low, page.start + high)
    ]
    painter.save()
    # Smoothed, dots of thousands of frames take longer than all the rest of a page.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(theme.bad), 1, Qt.PenStyle.DotLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRects(frames)
    painter.restore()


def paint_outline(
    painter: QPainter, spans: Iterable[tuple[int, int, int]], grid: Grid, pen: QPen, halo: QColor
) -> None:
    """Draw one line around cells that belong together, over a halo that keeps it visible."""
    region = QRegion()
    for row, begin, end in spans:
        region += grid.rect(row, begin, end).adjusted(0, 0, 0, grid.gap)
    if region.isEmpty():
        return
    path = QPainterPath()
    path.addRegion(region)
    path = path.simplified()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(halo, pen.widthF() + 2))
    painter.drawPath(path)
    painter.setPen(pen)
    painter.drawPath(path)


def paint_caret(painter: QPainter, rect: QRect, colour: str, theme: Theme) -> None:
    """Draw the bar where typing goes on."""
    painter.fillRect(rect.adjusted(-1, 0, 1, 0), QColor(theme.background))
    painter.fillRect(rect, QColor(colour))
