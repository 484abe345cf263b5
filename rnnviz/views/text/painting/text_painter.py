"""Paints one page of cells: colours from one small image, characters on top.

Knows what belongs into a cell; the state and the events are the text view's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from rnnviz.core.colours.colour import CELL_INK, MISSING, Bytes
from rnnviz.views.shared.theme import Theme
from rnnviz.views.text.grid import BAND, Grid
from rnnviz.views.text.painting.cell_glyphs import paint_glyph
from rnnviz.views.text.painting.glyphs import Glyph, glyph
from rnnviz.views.text.rows import Page

_BLANK = 32


class Script(Struct):
    """The characters of a page as runs to paint; made once a page, used every frame."""

    plain: list[str] = field(default_factory=list)
    """One string a row; what is painted otherwise is a blank in it."""
    dim: list[str] = field(default_factory=list)
    """As `plain`, for characters that hold no value yet."""
    symbols: list[tuple[int, int, Glyph]] = field(default_factory=list)
    """(row, column, glyph) of what is no plain letter."""

    @classmethod
    def of(cls, page: Page, walked: int) -> Script:
        """The runs of a page of which the first `walked` characters of the text hold values."""
        codes = page.codes
        odd = (codes < _BLANK) | (codes >= 0x7F)
        symbols = []
        in_run = ~odd
        shapes = {code: glyph(code) for code in set(codes[odd].tolist())}
        for place in np.flatnonzero(odd):
            shape = shapes[int(codes[place])]
            if shape.faint or shape.alone:
                symbols.append((int(page.row[place]), int(page.column[place]), shape))
            else:
                in_run[place] = True
        done = np.arange(page.start, page.stop) < walked
        return cls(_lines(page, in_run & done), _lines(page, in_run & ~done), symbols)


def _lines(page: Page, wanted: npt.NDArray[np.bool_]) -> list[str]:
    if not wanted.any():
        return [""] * page.rows
    grid = np.full((page.rows, page.columns), _BLANK, "<u4")
    grid[page.row[wanted], page.column[wanted]] = page.codes[wanted]
    return [row.tobytes().decode("utf-32-le").rstrip(" ") for row in grid]


def words(colours: Bytes, paper: str) -> npt.NDArray[np.uint32]:
    """A colour table (256, 4) as 0xffRRGGBB words for an RGB32 image; no value shows the paper."""
    wide = colours.astype(np.uint32)
    table = 0xFF000000 | wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
    table[MISSING] = QColor(paper).rgb()
    return table.astype(np.uint32)


def paint_colours(
    painter: QPainter,
    page: Page,
    grid: Grid,
    entries: Bytes,
    table: npt.NDArray[np.uint32],
    columns: int,
) -> None:
    """Colour the cells; `entries` (n + 1,) has the entry of each character, and `MISSING`."""
    part = page.cells[:, grid.first_column : grid.first_column + columns]
    if part.size == 0:
        return
    pixels = table[entries[part]]
    image = _image(pixels)
    height, width = part.shape
    painter.drawImage(QRect(grid.left, grid.top, width * grid.cell, height * grid.height), image)


def paint_bands(
    painter: QPainter,
    page: Page,
    grid: Grid,
    entries: Bytes,
    table: npt.NDArray[np.uint32],
    columns: int,
    number: int = 0,
) -> None:
    """Draw the label of each character as a band at the foot of its cell, the n-th from above."""
    part = page.cells[:, grid.first_column : grid.first_column + columns]
    found = entries[part]
    pixels = table[found]
    image = _image(pixels)
    for row in np.flatnonzero((found != MISSING).any(axis=1)):
        y = grid.y(int(row)) + grid.height - grid.gap + 1 + number * (BAND + 1)
        target = QRect(grid.left, y, part.shape[1] * grid.cell, BAND)
        painter.drawImage(target, image, QRect(0, int(row), part.shape[1], 1))


def _image(pixels: npt.NDArray[np.uint32]) -> QImage:
    """A view of the pixels, which must outlive it."""
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)


def paint_gaps(painter: QPainter, grid: Grid, rows: int, width: int, paper: str) -> None:
    """Clear the feet of the rows, so that lines of text stay apart."""
    colour = QColor(paper)
    for row in range(rows):
        foot = grid.y(row + 1) - grid.gap
        painter.fillRect(grid.left, foot, width, grid.gap, colour)


def paint_script(painter: QPainter, script: Script, grid: Grid, theme: Theme, font: QFont) -> None:
    """Write the characters."""
    painter.setFont(font)
    strong = QColor(*CELL_INK[theme.dark])
    for lines, colour in ((script.plain, strong), (script.dim, theme.muted)):
        painter.setPen(QColor(colour))
        for row, line in enumerate(lines):
            shown = line[grid.first_column :]
            if shown:
                painter.drawText(QPointF(grid.left, grid.y(row) + grid.ascent), shown)
    ink, quiet = QColor(strong), QColor(strong)
    quiet.setAlpha(105)
    for row, column, shape in script.symbols:
        if column < grid.first_column:
            continue
        painter.setPen(quiet if shape.faint else ink)
        if shape.alone:
            cell = QRectF(grid.rect(row, column, column + shape.width))
            paint_glyph(painter, cell, cell.y() + grid.ascent, shape.shown)
        else:
            painter.drawText(QPointF(grid.x(column), grid.y(row) + grid.ascent), shape.shown)
