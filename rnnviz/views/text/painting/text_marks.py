"""Paints what lies over coloured text: outlines, hatching, dots and the caret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, Qt
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


def paint_outlines(
    painter: QPainter,
    together: Iterable[Sequence[tuple[int, int, int]]],
    grid: Grid,
    pen: QPen,
    halo: QColor,
) -> None:
    """Draw a line around each group of cells, over halos that keep them visible.

    Thousands of letters may be found on a page: those within a row are drawn at once.
    """
    within: list[QRectF] = []
    around = QPainterPath()
    for spans in together:
        cells = [grid.rect(*span).adjusted(0, 0, 0, grid.gap) for span in spans]
        if len(cells) == 1:
            within.append(QRectF(cells[0]))
        elif cells:
            region = QRegion()
            for one in cells:
                region += one
            path = QPainterPath()
            path.addRegion(region)
            around.addPath(path.simplified())
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for each in (QPen(halo, pen.widthF() + 2), pen):
        painter.setPen(each)
        painter.drawRects(within)
        painter.drawPath(around)


def paint_caret(painter: QPainter, rect: QRect, colour: str, theme: Theme) -> None:
    """Draw the bar where typing goes on."""
    painter.fillRect(rect.adjusted(-1, 0, 1, 0), QColor(theme.background))
    painter.fillRect(rect, QColor(colour))
