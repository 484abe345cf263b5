"""Draws numbers as coloured cells, words and arrows, and notes where the numbers lie."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from rnnviz.core.colours.colour import INK, Scale
from rnnviz.core.export.figure import Box, Stroke, Words, add_arrow, colours_of, hex_colour
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.unroll.pictures.layout import READABLE
from rnnviz.core.unroll.pictures.picture import Kind, Picture, Place
from rnnviz.core.unroll.trace import Numbers, Trace

_WIDE = 2.62
"""So many times its size is a number of two decimals with a sign wide."""


class PlainPen:
    """Draws words, lines and arrows on a picture."""

    def __init__(self, picture: Picture, dark: bool) -> None:
        self.picture, self.dark = picture, dark
        self.figure = picture.figure
        self.ink = hex_colour(INK[dark])

    def words(
        self,
        x: float,
        y: float,
        text: str,
        size: int = 12,
        colour: str = "",
        bold: bool = False,
        anchor: Literal["start", "middle", "end"] = "start",
    ) -> None:
        """A line of words."""
        self.figure.words.append(Words(x, y, text, size, colour or self.ink, bold, anchor))

    def frame(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A rectangle of lines."""
        right, below = x + width, y + height
        self.lines(((x, y), (right, y), (right, below), (x, below), (x, y)), colour, 1.4)

    def arrow(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.6
    ) -> None:
        """A straight arrow with an open head."""
        add_arrow(self.figure, x1, y1, x2, y2, colour, width)

    def lines(self, points: Sequence[tuple[float, float]], colour: str, width: float) -> None:
        """Straight lines from point to point."""
        for (x1, y1), (x2, y2) in pairwise(points):
            self.figure.strokes.append(Stroke(x1, y1, x2, y2, width, colour))

    def path(self, points: Sequence[tuple[float, float]], colour: str, width: float) -> None:
        """The same, the last one an arrow."""
        self.lines(points[:-1], colour, width)
        self.arrow(*points[-2], *points[-1], colour, width)


class Pen(PlainPen):
    """Draws also cells, and notes where numbers lie."""

    def __init__(self, picture: Picture, dark: bool, trace: Trace) -> None:
        super().__init__(picture, dark)
        self.trace = trace
        self._colours: dict[tuple[str, Scale], list[list[str]]] = {}
        self._scales: dict[tuple[str, ...], Scale] = {}

    def on(self, picture: Picture) -> Pen:
        """The same pen on another picture: it knows the colours that it found."""
        other = copy.copy(self)
        other.picture, other.figure = picture, picture.figure
        return other

    def scale_of(self, key: str) -> Scale:
        """The scale of all numbers of an array, found for all steps at once."""
        if (key,) not in self._scales:
            self._scales[key,] = scale_around_zero(self.trace[key])
        return self._scales[key,]

    def scale_of_gradients(self, *keys: str) -> Scale:
        """As far as the numbers of any of these arrays go, either way."""
        if keys not in self._scales:
            reach = max(float(np.abs(self.trace[key]).max(initial=0.0)) for key in keys) or 1.0
            self._scales[keys] = Scale(-reach, reach, "green-purple")
        return self._scales[keys]

    def _colours_of(self, key: str, scale: Scale) -> list[list[str]]:
        """The colour of every number of an array, found for all steps at once."""
        if (key, scale) not in self._colours:
            table = colours_of(scale, self.dark)
            rows = scale.index(self.trace[key]).tolist()
            self._colours[key, scale] = [[table[entry] for entry in row] for row in rows]
        return self._colours[key, scale]

    def place_of_arrow(
        self, x: float, top: float, bottom: float, key: str, step: int, done: bool
    ) -> None:
        """An arrow that was gone along can be pointed at."""
        if done:
            self.picture.places.append(Place(x - 11, top, 22, bottom - top, "arrow", key, step, 0))

    def column(
        self,
        x: float,
        y: float,
        width: float,
        cell: float,
        values: Numbers,
        scale: Scale,
        place: tuple[Kind, str, int],
        inks: tuple[str, ...] = (),
        heavy: int = -1,
    ) -> None:
        """A vector as cells one below the other, each its colour and, where it fits, its number."""
        kind, key, step = place
        colours = self._colours_of(key, scale)[step]
        readable = cell >= READABLE and width >= 27
        most = min(14.0, cell * 0.68)
        size = round(min(most, (width - 3) / _WIDE))
        marked = int(min(most, width / (_WIDE + 0.8)))
        boxes, places = self.figure.boxes, self.picture.places
        for row, value in enumerate(values.tolist()):
            top = y + row * cell
            boxes.append(Box(x, top, width, cell - 1, colours[row]))
            places.append(Place(x, top, width, cell, kind, key, step, row))
            if readable:
                ink = inks[row] if inks else ""
                bold = row == heavy
                mark = "▸" if bold else ""
                self.words(
                    x + width - 3, top + cell * 0.72, mark + shown_number(value, ".2f"),
                    marked if bold else size, ink, bold, "end",
                )  # fmt: skip


def scale_around_zero(values: Numbers, share: bool = False) -> Scale:
    """From -1 to 1 or as far as the values go; from 0 to 1 for shares."""
    if share:
        return Scale(0.0, 1.0, "gate")
    reach = float(np.nanmax(np.abs(values), initial=0.0))
    bound = max(1.0, reach) if reach > 0.5 else max(reach, 1e-12)
    return Scale(-bound, bound, "blue-orange")
