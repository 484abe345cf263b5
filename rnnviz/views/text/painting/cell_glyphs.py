"""Writes one character into its cell, so that none of its ink lies in the next one."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextLayout

from rnnviz.views.text.painting.glyphs import DOTTED_CIRCLE
from rnnviz.views.text.painting.missing_fonts import is_missing

_CODE_SIZE = 0.5


def paint_glyph(painter: QPainter, cell: QRectF, baseline: float, shown: str) -> None:
    """Write it into the middle of the cell, narrower if it would not fit.

    Where no font has it, its code stands there. A combining mark stands on a dotted circle; where
    a font puts its ink is measured, since many put it before or behind where the mark is written.
    """
    font = painter.font()
    if is_missing(font, shown[-1]):
        _write_code(painter, cell, baseline, ord(shown[-1]))
        return
    if shown[0] == DOTTED_CIRCLE and len(shown) > 1:
        paint_glyph(painter, cell, baseline, DOTTED_CIRCLE)
        ink = _ink(font.toString(), shown[1:])
        _write(painter, cell, baseline, shown[1:], ink.left(), ink.width())
        return
    _write(painter, cell, baseline, shown, 0.0, _advance(font.toString(), shown))


def _write_code(painter: QPainter, cell: QRectF, baseline: float, code: int) -> None:
    """Write the number of a character that no font has, in two small rows instead of a box."""
    digits = f"{code:04X}"
    half = (len(digits) + 1) // 2
    full = painter.font()
    small = QFont(full)
    small.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0)
    if full.pixelSize() > 0:
        small.setPixelSize(max(1, round(full.pixelSize() * _CODE_SIZE)))
    else:
        small.setPointSizeF(full.pointSizeF() * _CODE_SIZE)
    height = QFontMetricsF(small).capHeight()
    painter.setFont(small)
    for digits_of_row, y in ((digits[:half], baseline - height - 1.5), (digits[half:], baseline)):
        _write(painter, cell, y, digits_of_row, 0.0, _advance(small.toString(), digits_of_row))
    painter.setFont(full)


def _write(
    painter: QPainter, cell: QRectF, baseline: float, shown: str, left: float, width: float
) -> None:
    """Write what takes `width` from `left` of its origin on."""
    share = min(1.0, cell.width() / width) if width > 0 else 1.0
    painter.save()
    painter.translate(cell.center().x() - (left + width / 2) * share, baseline)
    painter.scale(share, share)
    painter.drawText(QPointF(0, 0), shown)
    painter.restore()


@lru_cache(maxsize=4096)
def _advance(font: str, shown: str) -> float:
    return QFontMetricsF(_font(font)).horizontalAdvance(shown)


@lru_cache(maxsize=4096)
def _ink(font: str, shown: str) -> QRectF:
    # The metrics of a font know nothing of a character without an advance; its glyphs do.
    layout = QTextLayout(shown, _font(font))
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    ink = QRectF()
    for run in layout.glyphRuns():
        for glyph, place in zip(run.glyphIndexes(), run.positions(), strict=True):
            ink |= run.rawFont().boundingRect(glyph).translated(place.x(), 0)
    return ink


@lru_cache(maxsize=64)
def _font(description: str) -> QFont:
    font = QFont()
    font.fromString(description)
    return font
