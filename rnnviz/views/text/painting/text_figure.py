"""Paints a coloured text as a figure, into a picture or whatever else a painter can paint on."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QCoreApplication, QLineF, QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
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
from rnnviz.core.files.writing import save_file
from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.png import png_writer
from rnnviz.views.shared.saving import Turns, save_now
from rnnviz.views.shared.theme import mono_font, ui_font
from rnnviz.views.text.painting.cell_glyphs import paint_glyph
from rnnviz.views.text.painting.missing_fonts import missing_note, scripts_without_font

_LARGEST_SIDE = 32_000
"""Pixels; Qt paints on no picture that is higher."""
_PAINTED_IN_A_TURN = {"boxes": 2000, "strokes": 2000, "letters": 50, "words": 500, "signs": 500}
"""The lists of a figure in the order in which they are painted, and how many of each take some
hundredths of a second at most. Letters are whole stretches of a row."""
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
    turns = painting(drawn, scale)
    while True:
        try:
            next(turns)
        except StopIteration as end:
            image: QImage = end.value
            return image


def painting(drawn: Figure, scale: float = 2.0) -> Generator[None, None, QImage]:
    """Paint the same picture in turns of some hundredths of a second at most.

    Raises:
        RnnvizError: the picture would be too large.
    """
    image = _sheet(drawn, scale)
    image.fill(QColor(drawn.ground))
    for piece in _pieces(drawn):
        # A painter that stays open until the next turn would be one too many for a window that
        # ends between them.
        with QPainter(image) as painter:
            painter.scale(scale, scale)
            paint_parts(painter, piece)
        yield
    return image


def _sheet(drawn: Figure, scale: float) -> QImage:
    """An empty picture."""
    width, height = round(drawn.width * scale), round(drawn.height * scale)
    if max(width, height) > _LARGEST_SIDE:
        raise RnnvizError(
            f"a picture of this range would be {height:,} pixels high, and {_LARGEST_SIDE:,} is "
            "the limit; choose a shorter range, or write SVG or HTML"
        )
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(round(_DOTS_PER_METRE * scale))
    image.setDotsPerMeterY(round(_DOTS_PER_METRE * scale))
    return image


def _pieces(drawn: Figure) -> Iterator[Figure]:
    """A figure's parts in the order in which they are painted, some at a time."""
    for kind, many in _PAINTED_IN_A_TURN.items():
        parts = getattr(drawn, kind)
        for start in range(0, len(parts), many):
            some = {key: [] for key in _PAINTED_IN_A_TURN} | {kind: parts[start : start + many]}
            yield replace(drawn, **some)


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
    save_now(saving_drawn(path, drawn, scale))


def saving_drawn(path: Path, drawn: Figure, scale: float = 2.0) -> Turns:
    """Write a figure as a picture in turns; see `write_drawn`."""
    ending = path.suffix.lower()
    if ending == ".svg":
        yield lambda: save_file(path, svg(drawn))
        return
    application()
    if ending == ".pdf":
        yield partial(save_file, path, _pdf(drawn))
    else:
        image = yield from painting(drawn, scale)
        yield png_writer(image, path)


def _pdf(drawn: Figure) -> bytes:
    """One page of the figure's own size; words stay words."""
    file = QBuffer()
    file.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(file)
    writer.setResolution(_DOTS_PER_INCH)
    points = QSizeF(drawn.width, drawn.height) * (72 / _DOTS_PER_INCH)
    writer.setPageSize(
        QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    with QPainter(writer) as painter:
        paint_figure(painter, drawn)
    return bytes(file.data().data())


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
