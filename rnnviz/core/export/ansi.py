"""A coloured text for a terminal: backgrounds in escape sequences, or digits below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from rnnviz.core.colours.colour import CELL_INK, LEVELS, MISSING
from rnnviz.core.concepts.scan import codes_of
from rnnviz.core.export.coloured import ColouredText, ticks
from rnnviz.core.export.layout import rows
from rnnviz.core.sequences.texts.direction import holds_right_to_left

Depth = Literal["truecolour", "256", "digits"]
Painted = tuple[str, int, bool]
"""What is printed for a character, its palette entry, and whether it is underlined."""

_RESET = "\x1b[0m"
_UNDERLINE = "\x1b[4m"
_AS_PLACED, _AS_USUAL = "\x1b[8l", "\x1b[8h"
"""Bi-directional support mode of ECMA-48: characters stand where they are put, or are turned."""
_BAR = 32
_CUBE = (0, 95, 135, 175, 215, 255)


def ansi_text(coloured: ColouredText, depth: Depth, dark: bool) -> Iterator[str]:
    """The lines of the text as a terminal shows them, each with its line end.

    A newline is one coloured blank at the end of its line. Control characters are shown as their
    pictures, so that no text can steer the terminal. With `digits`, each line is followed by a line
    of digits: 0 for the lowest value of the legend, 9 for the highest, a dot for none.

    Terminals that would turn right-to-left letters round are asked to leave them where they are.
    """
    turned = depth != "digits" and holds_right_to_left(codes_of(coloured.characters))
    strengths = coloured.label_strengths()
    marked = np.zeros(len(coloured.characters)) if strengths is None else strengths
    entries = coloured.entries
    grid = rows(coloured.characters)
    for number, row in enumerate(grid):
        cells = [(cell.blank, int(entries[cell.place]), bool(marked[cell.place])) for cell in row]
        line = _line(cells, [cell.width for cell in row], coloured, depth, dark)
        first, last = turned and number == 0, turned and number == len(grid) - 1
        yield (_AS_PLACED if first else "") + line + (_AS_USUAL if last else "")


def ansi_legend(coloured: ColouredText, depth: Depth, dark: bool) -> str:
    """One line: what the colours mean, with the numbers at both ends and in the middle."""
    low, middle, high = (label for _, label in ticks(coloured.scale))
    if depth == "digits":
        return f"{coloured.quantity}: 0 is {low}, 9 is {high}, a dot is no value\n"
    steps = [(" ", round(step * (LEVELS - 1) / (_BAR - 1)), False) for step in range(_BAR)]
    half = _BAR // 2
    left = _painted(steps[:half], coloured, depth, dark)
    right = _painted(steps[half:], coloured, depth, dark)
    underlined = f", underlined: {coloured.concept}" if coloured.labels is not None else ""
    return f"{coloured.quantity}: {low} {left}|{middle}|{right} {high}{underlined}\n"


def _line(
    cells: list[Painted], widths: list[int], coloured: ColouredText, depth: Depth, dark: bool
) -> str:
    if depth != "digits":
        return _painted(cells, coloured, depth, dark) + "\n"
    text = "".join(shown for shown, _, _ in cells).rstrip()
    each = list(zip(cells, widths, strict=True))
    digits = "".join(_digit(entry) * wide for (_, entry, _), wide in each)
    if coloured.labels is None:
        return f"{text}\n{digits}\n"
    marks = "".join(("^" if marked else " ") * wide for (_, _, marked), wide in each)
    return f"{text}\n{digits}\n{marks.rstrip()}\n"


def _painted(cells: list[Painted], coloured: ColouredText, depth: Depth, dark: bool) -> str:
    """The cells with an escape sequence wherever the colour or the underline changes."""
    colours, ink = coloured.scale.colours(dark), CELL_INK[dark]
    parts: list[str] = []
    before: tuple[int, bool] | None = None
    for shown, entry, marked in cells:
        if (entry, marked) != before:
            before = (entry, marked)
            parts.append(_RESET + (_UNDERLINE if marked else ""))
            if entry != MISSING:
                ground = tuple(int(part) for part in colours[entry, :3])
                parts.append(_sequence(48, ground, depth) + _sequence(38, ink, depth))
        parts.append(shown)
    return "".join(parts) + _RESET


def _sequence(kind: int, colour: tuple[int, ...], depth: Depth) -> str:
    if depth == "truecolour":
        red, green, blue = colour
        return f"\x1b[{kind};2;{red};{green};{blue}m"
    return f"\x1b[{kind};5;{nearest_of_256(colour)}m"


def nearest_of_256(colour: tuple[int, ...]) -> int:
    """The place of the nearest colour in the 6x6x6 cube or the grey ramp that terminals share."""
    steps = [min(range(6), key=lambda step: abs(_CUBE[step] - part)) for part in colour]
    cube = tuple(_CUBE[step] for step in steps)
    level = max(0, min(23, round((sum(colour) / 3 - 8) / 10)))
    grey = (8 + 10 * level,) * 3

    def distance(other: tuple[int, ...]) -> int:
        return sum((a - b) ** 2 for a, b in zip(colour, other, strict=True))

    if distance(grey) < distance(cube):
        return 232 + level
    return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]


def _digit(entry: int) -> str:
    return "." if entry == MISSING else str(min(9, entry * 10 // LEVELS))
