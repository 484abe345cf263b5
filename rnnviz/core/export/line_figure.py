"""Lines over two axes as a figure, for cards and papers: a loss curve, a score against a length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.colours.colour import INK, PAPER
from rnnviz.core.export.captions import fitted
from rnnviz.core.export.figure import SOFT, Figure, Stroke, Words, hex_colour

INKS = {
    False: ("#2f55c8", "#c2560b", "#13795b", "#8b3fa8", "#1d222b", "#8d96a5"),
    True: ("#7da2ff", "#ff9a52", "#4fc79b", "#cf8bea", "#f4f6fa", "#8d96a5"),
}
"""The colours of the first lines, on light and on dark paper; apart for colour-blind eyes too."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 24.0, 64.0, 52.0
_GRID = {False: "#e3e6ec", True: "#323a46"}
_TICKS = 6
_ROW = 18.0
"""Between two rows of the legend."""


class Line(NamedTuple):
    """One line: its name in the legend, and its points, x ascending. NaN makes a gap."""

    title: str
    x: npt.NDArray[np.floating]
    y: npt.NDArray[np.floating]
    faint: bool = False
    """Drawn thin: what the smoothed line beside it is made of."""


def line_figure(
    lines: Sequence[Line],
    title: str,
    x_label: str,
    y_label: str,
    size: tuple[float, float] = (720.0, 360.0),
    dark: bool = False,
) -> Figure:
    """Title and legend above, axes with round numbers, and the lines.

    Raises:
        ValueError: there is no finite point to draw.
    """
    made = Figure(*size, hex_colour(PAPER[dark]))
    xs, ys = (np.concatenate([np.asarray(line[axis], float) for line in lines]) for axis in (1, 2))
    finite = np.isfinite(xs) & np.isfinite(ys)
    if not finite.any():
        raise ValueError("no line has a finite point")
    across, down = round_ticks(xs[finite]), round_ticks(ys[finite])
    x_of = _Axis(across[0], across[-1], _LEFT, size[0] - _RIGHT)
    places = _legend_places([line.title for line in lines], size[0] - _RIGHT)
    top = _TOP + _ROW * max(row for _, row in places)
    y_of = _Axis(down[0], down[-1], size[1] - _BOTTOM, top)
    _draw_axes(made, across, down, x_of, y_of, dark)
    ink, soft = hex_colour(INK[dark]), SOFT[dark]
    shown, height = fitted(title, size[0] - _LEFT - _RIGHT, 15, bold=True)
    made.words.append(Words(_LEFT, 24, shown, height, ink, bold=True))
    middle = (size[1] - _BOTTOM + top) / 2
    made.words.append(Words(18, middle, y_label, 11, soft, anchor="middle", angle=-90))
    half = (_LEFT + size[0] - _RIGHT) / 2
    made.words.append(Words(half, size[1] - 12, x_label, 11, soft, anchor="middle"))
    number = 0
    for line, (left, row) in zip(lines, places, strict=True):
        colour = INKS[dark][number % len(INKS[dark])]
        _draw_line(made, line, x_of, y_of, colour)
        if line.title:
            y = 42 + _ROW * row
            made.strokes.append(Stroke(left, y, left + 18, y, 2.5, colour))
            made.words.append(Words(left + 24, y + 4, line.title, 11, soft))
        number += not line.faint
    return made


def _legend_places(titles: Sequence[str], right: float) -> list[tuple[float, int]]:
    """Where each title of the legend begins, and in which row; a line without one takes no room."""
    places, left, row = [], _LEFT, 0
    for title in titles:
        width = 24 + 6.2 * len(title)
        if title and left > _LEFT and left + width > right:
            left, row = _LEFT, row + 1
        places.append((left, row))
        left += (width + 24) * bool(title)
    return places


class _Axis(NamedTuple):
    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def round_ticks(values: npt.NDArray[np.floating]) -> list[float]:
    """Some round numbers, evenly apart, that enclose these values.

    >>> round_ticks(np.array([0.13, 0.98]))
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    low, high = float(values.min()), float(values.max())
    rough = max(high - low, 1e-9 * max(1.0, abs(high))) / (_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    return [round(step * place, 12) for place in range(first, max(last, first + 1) + 1)]


def _draw_axes(
    made: Figure, across: list[float], down: list[float], x_of: _Axis, y_of: _Axis, dark: bool
) -> None:
    grid, soft = _GRID[dark], SOFT[dark]
    for value in down:
        y = y_of(value)
        made.strokes.append(Stroke(x_of.start, y, x_of.stop, y, 1, grid))
        made.words.append(Words(x_of.start - 8, y + 4, f"{value:,g}", 11, soft, anchor="end"))
    for value in across:
        x = x_of(value)
        made.strokes.append(Stroke(x, y_of.start, x, y_of.start + 4, 1, soft))
        shown = f"{value:,.10g}"
        made.words.append(Words(x, y_of.start + 18, shown, 11, soft, anchor="middle"))


def _draw_line(made: Figure, line: Line, x_of: _Axis, y_of: _Axis, colour: str) -> None:
    points = [(x_of(x), y_of(y)) for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True)]
    width = 0.75 if line.faint else 2.0
    for (x1, y1), (x2, y2) in pairwise(points):
        if all(math.isfinite(number) for number in (x1, y1, x2, y2)):
            made.strokes.append(Stroke(x1, y1, x2, y2, width, colour))
