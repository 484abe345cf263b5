"""A coloured text as a figure: boxes, words and letters with their places, for any painter.

Lengths are pixels of a screen of 96 dots an inch; y grows downwards. The painter decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from rnnviz.core.colours.colour import (
    CELL_INK,
    INK,
    LEVELS,
    MISSING,
    PAPER,
    Bytes,
    Scale,
    palette,
)
from rnnviz.core.export.captions import lines_within
from rnnviz.core.export.coloured import LABEL_STRENGTHS, ColouredText, ticks
from rnnviz.core.export.layout import Cell, rows

CELL = 8.0
"""Width of one column."""
LETTER_SIZE = 13
"""Pixel size of the text under study, set in a monospaced font."""
COLUMNS = 88
_LEAST_COLUMNS = 64

_MARGIN = 32.0
_BOX_HEIGHT = 19.0
_BASELINE = 14.0
_UNDERLINE = 2.5
_BAND = 4.0
"""The height of the strip of another unit."""
_LEGEND_WIDTH = 208.0
_LEGEND_STEPS = 104
_SMALL, _TITLE = 11, 18
_LEADING = 16.0
_LINE_HEIGHT = _LEADING / _SMALL
SOFT = {False: "#5d6675", True: "#9ba5b5"}
"""The colour of captions on light and on dark paper."""
_FAINT = {False: "#98a1b0", True: "#707b8d"}

Anchor = Literal["start", "middle", "end"]


class Box(msgspec.Struct, frozen=True, gc=False):
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


class Words(msgspec.Struct, frozen=True, gc=False):
    """A line of words in the font of captions; y is the baseline."""

    x: float
    y: float
    text: str
    size: int
    colour: str
    bold: bool = False
    anchor: Anchor = "start"
    angle: float = 0.0
    """Degrees clockwise about (x, y)."""


class Signs(msgspec.Struct, frozen=True, gc=False):
    """Signs of a formula one behind the other, drawn as outlines; y is the baseline."""

    x: float
    y: float
    size: float
    text: str
    colour: str


class Stroke(msgspec.Struct, frozen=True, gc=False):
    """A straight line with round ends."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    colour: str


LetterCell = tuple[float, float, str]
"""x, width, and what is drawn in the middle."""


class Letters(NamedTuple):
    """Neighbours in a row of the text, each centred in its cell."""

    cells: tuple[LetterCell, ...]
    y: float
    colour: str


@dataclass
class Figure:
    """Everything that is to be painted: ground, boxes, strokes, letters, words, formulas."""

    width: float
    height: float
    ground: str
    boxes: list[Box] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    letters: list[Letters] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    signs: list[Signs] = field(default_factory=list)

    def put(self, other: Figure) -> None:
        """Put all of another figure into this one, where it is; its ground is left out."""
        self.boxes += other.boxes
        self.strokes += other.strokes
        self.letters += other.letters
        self.words += other.words
        self.signs += other.signs


def add_arrow(
    made: Figure, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.6
) -> None:
    """A straight arrow with an open head; nothing where there is no room for one."""
    length = math.hypot(x2 - x1, y2 - y1)
    if length < 2:
        return
    made.strokes.append(Stroke(x1, y1, x2, y2, width, colour))
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    head = min(7.0, length / 2)
    for turn in (0.5, -0.5):
        bx = x2 - head * (dx * math.cos(turn) - dy * math.sin(turn))
        by = y2 - head * (dy * math.cos(turn) + dx * math.sin(turn))
        made.strokes.append(Stroke(x2, y2, bx, by, width, colour))


def figure(coloured: ColouredText, dark: bool = False, columns: int = COLUMNS) -> Figure:
    """Lay out title, legend with its numbers, the text and the note, one below the other.

    Args:
        columns: how many characters a row may have; a narrower text makes a narrower figure.
    """
    grid = rows(coloured.characters, columns)
    longest = max((cell.column + cell.width for row in grid for cell in row), default=0)
    width = 2 * _MARGIN + max(min(longest, columns + 1), _LEAST_COLUMNS) * CELL
    made = Figure(width, 0.0, hex_colour(PAPER[dark]))
    y = _heading(made, coloured, dark, _MARGIN)
    y = _legend(made, coloured, dark, y + 14)
    y = _text(made, coloured, dark, grid, y + 18)
    y = _note(made, coloured, dark, y)
    made.height = y + _MARGIN
    return made


def _heading(made: Figure, coloured: ColouredText, dark: bool, y: float) -> float:
    ink, soft = hex_colour(INK[dark]), SOFT[dark]
    room = made.width - 2 * _MARGIN
    y = add_lines(made, coloured.heading, y + _TITLE * 0.8, ink, room, _TITLE, bold=True)
    return add_lines(made, coloured.about, y + _LEADING + 4, soft, room)


def add_lines(
    made: Figure,
    text: str,
    y: float,
    colour: str,
    room: float,
    size: int = _SMALL,
    *,
    x: float = _MARGIN,
    bold: bool = False,
) -> float:
    """Set words in as many lines as they need, the first on this baseline; where the last stands.

    Args:
        room: how wide a line may be.
    """
    for number, line in enumerate(lines_within(text, room, size, bold)):
        y += size * _LINE_HEIGHT if number else 0.0
        made.words.append(Words(x, y, line, size, colour, bold))
    return y


def _legend(made: Figure, coloured: ColouredText, dark: bool, y: float) -> float:
    table, soft = coloured.scale.colours(dark), SOFT[dark]
    step = _LEGEND_WIDTH / _LEGEND_STEPS
    for number in range(_LEGEND_STEPS):
        entry = round(number * (LEVELS - 1) / (_LEGEND_STEPS - 1))
        made.boxes.append(Box(_MARGIN + number * step, y, step, 9, hex_colour(table[entry])))
    anchors: tuple[Anchor, ...] = ("start", "middle", "end")
    for (share, label), anchor in zip(ticks(coloured.scale), anchors, strict=True):
        x = _MARGIN + share * _LEGEND_WIDTH
        made.words.append(Words(x, y + 23, label, _SMALL, soft, anchor=anchor))
    foot = y + 24
    if coloured.labels is not None:
        x = _MARGIN + _LEGEND_WIDTH + 32
        made.boxes.append(Box(x, y + 6, 24, _UNDERLINE, _label_colour(LABEL_STRENGTHS, dark)))
        room = made.width - _MARGIN - x - 32
        foot = max(foot, add_lines(made, coloured.concept, y + 9, soft, room, x=x + 32))
    if not coloured.bands_title:
        return foot
    room = made.width - 2 * _MARGIN
    return add_lines(made, coloured.bands_title, foot + _LEADING + 4, soft, room)


def _text(
    made: Figure, coloured: ColouredText, dark: bool, grid: list[list[Cell]], y: float
) -> float:
    strips = _strips(coloured, dark)
    pitch = strips[-1].down + strips[-1].height + (2 if len(strips) > 1 else 0)
    for row in grid:
        for strip in strips:
            for entry, x, width in _runs(row, strip.entries):
                if strip.colours[entry]:
                    colour = strip.colours[entry]
                    made.boxes.append(Box(x, y + strip.down, width, strip.height, colour))
        for symbol, group in groupby(row, key=lambda cell: cell.symbol):
            cells = tuple(
                (_MARGIN + cell.column * CELL, (1 if symbol else cell.width) * CELL, cell.shown)
                for cell in group
            )
            if any(not shown.isspace() for _, _, shown in cells):
                colour = _FAINT[dark] if symbol else hex_colour(CELL_INK[dark])
                made.letters.append(Letters(cells, y + _BASELINE, colour))
        y += pitch
    return y


class _Strip(NamedTuple):
    """What is drawn in every row at the same height: the ground of the letters, or below it."""

    down: float
    """From the top of the row."""
    height: float
    entries: list[int]
    """(T,)"""
    colours: tuple[str, ...]
    """Of each entry; empty where nothing is drawn."""


def _strips(coloured: ColouredText, dark: bool) -> list[_Strip]:
    """What every row has, from above."""
    found = [_strip(coloured.scale, coloured.entries, 0.0, _BOX_HEIGHT, dark)]
    down = _BOX_HEIGHT
    strengths = coloured.label_strengths()
    if strengths is not None:
        colours = tuple(_label_colour(step, dark) for step in range(1, LABEL_STRENGTHS + 1))
        found.append(_Strip(down + 0.5, _UNDERLINE, strengths.tolist(), ("", *colours)))
        down += 0.5 + _UNDERLINE
    for band in coloured.bands:
        found.append(_strip(band.scale, band.entries, down + 1, _BAND, dark))
        down += 1 + _BAND
    return found


def _strip(scale: Scale, entries: Bytes, down: float, height: float, dark: bool) -> _Strip:
    colours = list(colours_of(scale, dark))
    colours[MISSING] = ""
    return _Strip(down, height, entries.tolist(), tuple(colours))


def _runs(row: list[Cell], values: list[int]) -> Iterator[tuple[int, float, float]]:
    """Neighbours of the same value as one: value, x and width."""
    for value, group in groupby(row, key=lambda cell: values[cell.place]):
        cells = list(group)
        x = _MARGIN + cells[0].column * CELL
        yield value, x, _MARGIN + (cells[-1].column + cells[-1].width) * CELL - x


def _note(made: Figure, coloured: ColouredText, dark: bool, y: float) -> float:
    if not coloured.note:
        return y
    room = made.width - 2 * _MARGIN
    return add_lines(made, coloured.note, y + 8 + _LEADING, SOFT[dark], room)


def _label_colour(strength: int, dark: bool) -> str:
    return hex_colour(palette("label", dark)[round(strength / LABEL_STRENGTHS * (LEVELS - 1))])


def colours_of(scale: Scale, dark: bool) -> tuple[str, ...]:
    """The 256 entries of a scale as `#rrggbb`; no value is the ground."""
    return _entries(replace(scale, low=0.0, high=1.0), dark)


@lru_cache(maxsize=64)
def _entries(scale: Scale, dark: bool) -> tuple[str, ...]:
    """Those of any scale of the same palette: where it begins and ends decides no colour."""
    return tuple(map(hex_colour, scale.colours(dark)))


def hex_colour(colour: object) -> str:
    """The first three of these numbers, 0 to 255, as `#rrggbb`."""
    red, green, blue = (int(part) for part in list(colour)[:3])  # type: ignore[call-overload]
    return f"#{red:02x}{green:02x}{blue:02x}"
