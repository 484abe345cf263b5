"""An alignment as a figure: the table of weights, or lines between two sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.words.tokens import runs_right_to_left, shown_token
from rnnviz.core.colours.colour import INK, LEVELS, PAPER, Scale
from rnnviz.core.colours.weight_colours import LEAST_SEEN, WHOLE
from rnnviz.core.export.captions import width_of
from rnnviz.core.export.figure import (
    SOFT,
    Anchor,
    Box,
    Figure,
    Stroke,
    Words,
    add_lines,
    hex_colour,
)

Look = Literal["map", "lines"]

_MARGIN = 32.0
_LETTER = 0.58
"""A letter's width as a share of the size of its font, on average."""
_TITLE, _SMALL = 18, 11
_WIDEST = 1400.0
_HEIGHT_OF_LINES = 150.0
_LEGEND_WIDTH, _LEGEND_STEPS = 160.0, 80


@dataclass(frozen=True, eq=False)
class DrawnAlignment:
    """An alignment with what stands around it."""

    alignment: Alignment
    title: str = ""
    about: str = ""
    """The model, the search: one line under the title."""
    share: float = 1.0
    """Of all weight, how much the lines make; the heaviest are drawn."""
    scale: Scale = WHOLE
    quantity: str = "weight"
    """What the numbers are; other tables than weights may take this form too."""

    @property
    def of_weights(self) -> bool:
        """Whether the numbers can be drawn as lines between words."""
        return self.quantity == "weight"

    @property
    def legend(self) -> tuple[str, str, str]:
        """What stands under the lowest, the middle and the highest colour."""
        low, high = (f"{end:.3g}" for end in (self.scale.low, self.scale.high))
        beyond = float(np.nanmax(self.alignment.weights, initial=-np.inf)) > self.scale.high
        return low, self.quantity, f"≥ {high}" if beyond and self.of_weights else high

    @property
    def heading(self) -> str:
        """The title, or the beginning of the translation."""
        words = " ".join(self.alignment.target)
        return self.title or (words[:60] + "…" if len(words) > 60 else words) or "Alignment"


def alignment_figure(drawn: DrawnAlignment, look: Look = "map", dark: bool = False) -> Figure:
    """Lay out one alignment with its title and legend."""
    made = Figure(0.0, 0.0, hex_colour(PAPER[dark]))
    ink = hex_colour(INK[dark])
    y = _MARGIN + _TITLE * 0.8
    room = _WIDEST - 2 * _MARGIN
    y = add_lines(made, _printable(drawn.heading), y, ink, room, _TITLE, bold=True)
    if drawn.about:
        y = add_lines(made, _printable(drawn.about), y + 20, SOFT[dark], room)
    above = tuple(made.words)
    layout = _map if look == "map" else _lines
    width, y = layout(made, drawn, dark, y + 20)
    y = _legend(made, drawn, dark, y + 24)
    heading = max(width_of(words.text, words.size, words.bold) for words in above)
    made.width = max(width, heading + 2 * _MARGIN)
    made.height = y + _MARGIN
    return made


def _map(made: Figure, drawn: DrawnAlignment, dark: bool, y: float) -> tuple[float, float]:
    """The table; returns how far right and how far down it reaches."""
    alignment = drawn.alignment
    rows, columns = alignment.size
    cell = max(3.0, min(24.0, _WIDEST / max(rows, columns, 1)))
    size = 12 if cell >= 15 else max(6, int(cell * 0.8))
    every = max(1, math.ceil(1.15 * size / cell))
    source, target = (
        tuple(map(shown_token, side)) for side in (alignment.source, alignment.target)
    )
    left = _MARGIN + max((_long(token, size) for token in target), default=0) + 8
    slant = 0.82  # the sine of 55 degrees: how high a slanted label reaches
    top = y + max((_long(token, size) for token in source), default=0) * slant + 12
    ink = hex_colour(INK[dark])
    turned = runs_right_to_left(alignment.source)
    order = list(range(columns))[:: -1 if turned else 1]
    for seen in range(0, columns, every):
        x = left + (seen + 0.5) * cell + size * 0.3
        made.words.append(Words(x, top - 6, source[order[seen]], size, ink, angle=-55.0))
    for place in range(0, rows, every):
        at = top + (place + 0.5) * cell + size * 0.35
        made.words.append(Words(left - 8, at, target[place], size, ink, anchor="end"))
    table = drawn.scale.colours(dark)
    entries = drawn.scale.index(alignment.weights)
    gap = 1.0 if cell >= 10 else 0.0
    least = LEAST_SEEN * drawn.scale.high
    for row, column in np.argwhere(np.abs(alignment.weights) >= least).tolist():
        colour = hex_colour(table[entries[row, column]])
        seen = columns - 1 - column if turned else column
        x, at = left + seen * cell, top + row * cell
        made.boxes.append(Box(x, at, cell - gap, cell - gap, colour))
    right, foot = left + columns * cell, top + rows * cell
    edges = ((left, top, right, top), (left, foot, right, foot))
    sides = ((left, top, left, foot), (right, top, right, foot))
    made.strokes += [Stroke(*line, 1.0, SOFT[dark]) for line in (*edges, *sides)]
    last = _long(source[order[-1]], size) if source else 0.0
    return right + max(_MARGIN, last * 0.58 + 8), foot


def _lines(made: Figure, drawn: DrawnAlignment, dark: bool, y: float) -> tuple[float, float]:
    """The two sentences with a line for every weight that is kept."""
    alignment, size, ink = drawn.alignment, 14, hex_colour(INK[dark])
    upper, lower = y + 16, y + 16 + _HEIGHT_OF_LINES
    places = []
    sides = (alignment.source, alignment.target)
    lengths = [sum(_long(shown_token(token), size) + 14 for token in side) for side in sides]
    for side, length, at in zip(sides, lengths, (upper, lower), strict=True):
        places.append(_row(made, side, _MARGIN + (max(lengths) - length) / 2, at, ink))
    high = drawn.scale.high
    kept = alignment.heaviest(drawn.share) & (alignment.weights >= LEAST_SEEN * high)
    table, entries = drawn.scale.colours(dark), drawn.scale.index(alignment.weights)
    ends = np.argwhere(kept)
    order = np.argsort(alignment.weights[kept], kind="stable")
    for row, column in ends[order].tolist():
        weight = float(alignment.weights[row, column])
        made.strokes.append(
            Stroke(
                places[0][column],
                upper + 8,
                places[1][row],
                lower - size - 2,
                0.75 + 3.5 * min(weight / high, 1.0),
                hex_colour(table[entries[row, column]]),
            )
        )
    return max(lengths) + 2 * _MARGIN, lower + 4


def _row(made: Figure, tokens: tuple[str, ...], x: float, y: float, ink: str) -> list[float]:
    """Write a sentence; the middle of each token, in the order of the tokens."""
    size, middles = 14, {}
    order = list(enumerate(tokens))
    for place, token in reversed(order) if runs_right_to_left(tokens) else order:
        length = _long(shown_token(token), size) + 14
        anchor: Anchor = "middle"
        made.words.append(Words(x + length / 2, y, shown_token(token), size, ink, anchor=anchor))
        middles[place] = x + length / 2
        x += length
    return [middles[place] for place in range(len(tokens))]


def _legend(made: Figure, drawn: DrawnAlignment, dark: bool, y: float) -> float:
    table, step = drawn.scale.colours(dark), _LEGEND_WIDTH / _LEGEND_STEPS
    low, middle, high = drawn.legend
    for number in range(_LEGEND_STEPS):
        entry = round(number * (LEVELS - 1) / (_LEGEND_STEPS - 1))
        made.boxes.append(Box(_MARGIN + number * step, y, step, 8, hex_colour(table[entry])))
    for share, word, anchor in (
        (0.0, low, "start"),
        (0.5, middle, "middle"),
        (1.0, high, "end"),
    ):
        where: Anchor = anchor  # type: ignore[assignment]
        x = _MARGIN + share * _LEGEND_WIDTH
        made.words.append(Words(x, y + 21, word, _SMALL, SOFT[dark], anchor=where))
    return y + 22


def _long(text: str, size: int) -> float:
    """About how wide a text is; wide scripts take a square a letter."""
    return sum(1.0 if ord(letter) > 0x2E7F else _LETTER for letter in text) * size


def _printable(text: str) -> str:
    return "".join(shown_token(part) if part != " " else part for part in text)
