"""Paints a coloured text as a figure, into a picture or whatever else a painter can paint on."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QLineF, QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageSize,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPdfWriter,
    QPen,
    QStaticText,
)

from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import COLUMNS, LETTER_SIZE, Figure, Letters, Signs, Words, figure
from rnnviz.core.export.mathematics import glyphs
from rnnviz.core.export.svg import svg
from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.theme import mono_font, ui_font
from rnnviz.views.text.painting.cell_glyphs import paint_glyph
from rnnviz.views.text.painting.missing_fonts import missing_note, scripts_without_font

_LARGEST_SIDE = 32_000
"""Pixels; Qt paints on no picture that is higher."""
_DOTS_PER_INCH = 96
_DOTS_PER_METRE = round(_DOTS_PER_INCH / 0.0254)


def paint_figure(painter: QPainter, drawn: Figure) -> None:
    """Paint a figure with its top left corner at the origin, in its own units."""
    painter.fillRect(QRectF(0, 0, drawn.width, drawn.height), QColor(drawn.ground))
    paint_parts(painter, drawn)


def paint_parts(painter: QPainter, drawn: Figure) -> None:
    """Paint all of a figure but its ground."""
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    on_screen = painter.paintEngine().type() == QPaintEngine.Type.Raster
    for box in drawn.boxes:
        painter.fillRect(QRectF(box.x, box.y, box.width, box.height), _colour(box.colour))
    if drawn.strokes:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # Neighbours that are drawn alike together: each call costs more than a line.
    for (colour, width), alike in groupby(drawn.strokes, attrgetter("colour", "width")):
        painter.setPen(_pen(colour, width, on_screen and width <= _THIN))
        painter.drawLines([QLineF(line.x1, line.y1, line.x2, line.y2) for line in alike])
    font = mono_font()
    font.setPixelSize(LETTER_SIZE)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    for letters in drawn.letters:
        _paint_letters(painter, letters, metrics)
    family = ui_font().family()
    for words in drawn.words:
        if on_screen and not words.angle:
            _paint_laid_out(painter, words, family)
        else:
            _paint_words(painter, words, family)
    for signs in drawn.signs:
        _paint_signs(painter, signs)


def reach_of(drawn: Figure) -> QRectF:
    """Where a figure paints anything but its ground, with a little around it."""
    lefts = [box.x for box in drawn.boxes]
    tops = [box.y for box in drawn.boxes]
    rights = [box.x + box.width for box in drawn.boxes]
    bottoms = [box.y + box.height for box in drawn.boxes]
    for line in drawn.strokes:
        xs, ys = (line.x1, line.x2), (line.y1, line.y2)
        lefts += xs
        rights += xs
        tops += ys
        bottoms += ys
    family = ui_font().family() if drawn.words else ""
    for words in drawn.words:
        laid_out = _laid_out(words.text, words.size, words.bold, family)
        lefts.append(words.x - laid_out.back[words.anchor])
        rights.append(lefts[-1] + laid_out.length)
        tops.append(words.y - 1.2 * words.size)
        bottoms.append(words.y + 0.5 * words.size)
    for signs in drawn.signs:
        lefts.append(signs.x)
        rights.append(signs.x + _advance(signs.text) * signs.size)
        tops.append(signs.y - 1.2 * signs.size)
        bottoms.append(signs.y + 0.6 * signs.size)
    if not lefts:
        return QRectF()
    around = 2 + max((line.width for line in drawn.strokes), default=0.0)
    reach = QRectF(QPointF(min(lefts), min(tops)), QPointF(max(rights), max(bottoms)))
    return reach.adjusted(-around, -around, around, around)


@lru_cache(maxsize=2048)
def _advance(text: str) -> float:
    """How long signs of a formula are, in their size."""
    known = glyphs()
    return sum(known[sign].advance for sign in text) / 1000


def figure_image(drawn: Figure, scale: float = 2.0) -> QImage:
    """A figure as a picture, `scale` pixels to each of its units.

    Raises:
        RnnvizError: the picture would be too large.
    """
    width, height = round(drawn.width * scale), round(drawn.height * scale)
    if max(width, height) > _LARGEST_SIDE:
        raise RnnvizError(
            f"a picture of this range would be {height:,} pixels high, and {_LARGEST_SIDE:,} is "
            "the limit; choose a shorter range, or write SVG or HTML"
        )
    image = QImage(width, height, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        painter.scale(scale, scale)
        paint_figure(painter, drawn)
    image.setDotsPerMeterX(round(_DOTS_PER_METRE * scale))
    image.setDotsPerMeterY(round(_DOTS_PER_METRE * scale))
    return image


def write_figure(
    path: Path,
    coloured: ColouredText,
    dark: bool = False,
    columns: int = COLUMNS,
    scale: float = 2.0,
) -> None:
    """Write a coloured text as a picture: SVG if the name ends so, else PNG.

    Works without a window: where no application runs, one is made that needs no screen.

    Raises:
        RnnvizError: too large for a picture, or the file cannot be written.
    """
    write_drawn(path, figure(coloured, dark, columns), scale)


def missing_fonts_note(characters: str) -> str:
    """Which scripts of a picture no font here shows, in a sentence; empty if there are none."""
    application()
    return missing_note(scripts_without_font(Text.of(characters).codes, mono_font()))


def write_drawn(path: Path, drawn: Figure, scale: float = 2.0) -> None:
    """Write a figure as a picture: SVG or PDF if the name ends so, else PNG; see `write_figure`.

    Raises:
        RnnvizError: too large for a picture, or the file cannot be written.
    """
    if path.suffix.lower() == ".svg":
        path.write_text(svg(drawn), encoding="utf-8", newline="\n")
        return
    application()
    if path.suffix.lower() == ".pdf":
        _write_pdf(path, drawn)
        return
    if not QImageWriter(str(path), b"png").write(figure_image(drawn, scale)):
        raise RnnvizError(f"cannot write the picture {path}; is its folder there and writable?")


def _write_pdf(path: Path, drawn: Figure) -> None:
    """One page of the figure's own size; words stay words."""
    writer = QPdfWriter(str(path))
    writer.setResolution(_DOTS_PER_INCH)
    points = QSizeF(drawn.width, drawn.height) * (72 / _DOTS_PER_INCH)
    writer.setPageSize(
        QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    with QPainter() as painter:
        if not painter.begin(writer):
            raise RnnvizError(f"cannot write the picture {path}; is its folder there and writable?")
        paint_figure(painter, drawn)


@lru_cache
def application() -> QCoreApplication:
    """The application that runs, or one without a screen; kept, since Qt allows one a process."""
    running = QCoreApplication.instance()
    if running is not None:
        return running
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication(["rnnviz"])


def _paint_letters(painter: QPainter, letters: Letters, metrics: QFontMetricsF) -> None:
    painter.setPen(QColor(letters.colour))
    for x, width, shown in letters.cells:
        if shown.isascii():
            spare = width - metrics.horizontalAdvance(shown)
            painter.drawText(QPointF(x + spare / 2, letters.y), shown)
        else:
            paint_glyph(painter, QRectF(x, 0, width, 0), letters.y, shown)


def _paint_words(painter: QPainter, words: Words, family: str) -> None:
    font, metrics = _caption_font(words.size, words.bold, family)
    painter.setFont(font)
    painter.setPen(_colour(words.colour))
    back = 0.0
    if words.anchor != "start":
        length = metrics.horizontalAdvance(words.text)
        back = length / 2 if words.anchor == "middle" else length
    if not words.angle:
        painter.drawText(QPointF(words.x - back, words.y), words.text)
        return
    painter.save()
    painter.translate(words.x, words.y)
    painter.rotate(words.angle)
    painter.drawText(QPointF(-back, 0), words.text)
    painter.restore()


def _paint_laid_out(painter: QPainter, words: Words, family: str) -> None:
    """The same pixels in a third of the time: the words of a figure come again and again."""
    laid_out = _laid_out(words.text, words.size, words.bold, family)
    painter.setFont(laid_out.font)
    painter.setPen(_colour(words.colour))
    at = QPointF(words.x - laid_out.back[words.anchor], words.y - laid_out.ascent)
    painter.drawStaticText(at, laid_out.text)


class _LaidOut(NamedTuple):
    """A line of words that was laid out."""

    text: QStaticText
    font: QFont
    ascent: float
    length: float
    back: dict[str, float]
    """By anchor: how far it begins before its place."""


@lru_cache(maxsize=4096)
def _laid_out(text: str, size: int, bold: bool, family: str) -> _LaidOut:
    font, metrics = _caption_font(size, bold, family)
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(font=font)
    long = metrics.horizontalAdvance(text)
    back = {"start": 0.0, "middle": long / 2, "end": long}
    return _LaidOut(made, font, metrics.ascent(), long, back)


def _paint_signs(painter: QPainter, signs: Signs) -> None:
    """Outlines of a formula."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    known, scale, colour = glyphs(), signs.size / 1000, _colour(signs.colour)
    painter.save()
    painter.translate(signs.x, signs.y)
    painter.scale(scale, -scale)
    for sign in signs.text:
        painter.fillPath(_outline(sign), colour)
        painter.translate(known[sign].advance, 0)
    painter.restore()


_POINT = re.compile(r"([MLHVQZ])([^MLHVQZ]*)")


@lru_cache(maxsize=512)
def _outline(sign: str) -> QPainterPath:
    """The outline of a sign, in thousandths of its size."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    x = y = 0.0
    for kind, numbers in _POINT.findall(glyphs()[sign].path):
        at = [float(number) for number in numbers.replace(",", " ").split()]
        if kind == "Z":
            path.closeSubpath()
            continue
        if kind == "H":
            x = at[0]
        elif kind == "V":
            y = at[0]
        else:
            x, y = at[-2:]
        if kind == "M":
            path.moveTo(x, y)
        elif kind == "Q":
            path.quadTo(at[0], at[1], x, y)
        else:
            path.lineTo(x, y)
    return path


@lru_cache(maxsize=1024)
def _colour(words: str) -> QColor:
    return QColor(words)


@lru_cache(maxsize=64)
def _caption_font(size: int, bold: bool, family: str) -> tuple[QFont, QFontMetricsF]:
    """A font of captions and its measures; a figure has thousands of words in a few sizes."""
    font = ui_font()
    font.setPixelSize(size)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font, QFontMetricsF(font)


_THIN = 2.0
"""Pixels: of a line so thin nobody sees whether its ends are round, which takes Qt five times as
long on a screen."""


@lru_cache(maxsize=256)
def _pen(colour: str, width: float, square: bool) -> QPen:
    pen = QPen(_colour(colour), width)
    pen.setCapStyle(Qt.PenCapStyle.SquareCap if square else Qt.PenCapStyle.RoundCap)
    return pen
