"""Some steps of an open model as a figure: states as strips of colour, the strongest units named.

From the bottom up: the symbol that enters and what the front end makes of it, the states of every
layer, what the network says. Steps run from left to right. Where a strip is lower than it has
units, each of its cells stands for several and shows the one that is farthest from zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from rnnviz.core.architectures import channel_named
from rnnviz.core.colours.colour import PAPER, Scale
from rnnviz.core.export.captions import fitted, lines_within, width_of
from rnnviz.core.export.figure import (
    SOFT,
    Box,
    Figure,
    Stroke,
    add_arrow,
    colours_of,
    hex_colour,
)
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.quantities.units import unit_name
from rnnviz.core.unroll.model_trace import MOST_SHOWN, ModelTrace
from rnnviz.core.unroll.pictures.pen import PlainPen
from rnnviz.core.unroll.pictures.picture import (
    BACK,
    FAINT,
    FORWARD,
    RIGHT,
    WRONG,
    Picture,
    Place,
    shown_symbol,
)
from rnnviz.core.unroll.trace import Numbers

_TOP, _SIDE, _LABELS = 62.0, 20.0, 84.0
_GAP = 30.0
_STRIP, _NARROW = 16.0, 8.0
"""The width of a vector, and how narrow it may be for the sake of the names beside it."""
_NAME = 60.0
"""What the name and the value of a unit take, as "158 −0.48", with the stroke that leads there."""
_COLUMN = 96.0
"""A step is so wide where the names of its strongest units stand beside it."""
_LINE = 15.0
_LEAST_CELL = 2.0
_SAID = 5
_MARKED = {False: "#b84a00", True: "#ff9a52"}

Unit = tuple[int, int]
"""A row and a unit of it."""


def steps_that_fit(width: float) -> int:
    """How many steps a picture of this width has room for, each with its strongest units named."""
    return max(2, min(MOST_SHOWN, int((width - 2 * _SIDE - _LABELS) / _COLUMN)))


@dataclass(frozen=True)
class _Layout:
    trace: ModelTrace
    width: float
    height: float
    columns: int
    """Steps that there is room for."""

    @cached_property
    def column(self) -> float:
        room = self.width - 2 * _SIDE - _LABELS
        return min(150.0, room / max(1, self.columns))

    @cached_property
    def states(self) -> int:
        return max(len(row.states) for row in self.trace.about.rows)

    @cached_property
    def lanes(self) -> float:
        """What the ways past other rows take at the left of a step."""
        layers = [row.layer for row in self.trace.about.rows]
        return 14.0 if len(set(layers)) < len(layers) else 0.0

    @cached_property
    def strip(self) -> float:
        widest = min(_STRIP, (self.column - 8) / self.states * 0.45)
        beside_names = (self.column - self.lanes - _NAME) / self.states - 2
        return max(4.0, beside_names if _NARROW <= beside_names < widest else widest)

    @cached_property
    def said(self) -> int:
        """How many answers have room above a step."""
        return min(_SAID if self.height > 420 else 3, int(self.trace["said"].shape[1]))

    @cached_property
    def answers(self) -> float:
        """The top of the answers."""
        return _TOP + 8

    @cached_property
    def symbols(self) -> float:
        """The baseline of the symbols that enter."""
        return self.height - 20.0

    @cached_property
    def front(self) -> tuple[float, float]:
        """Top and height of what the front end gives."""
        high = 26.0 if self.height > 420 else 14.0
        return self.symbols - 26 - high, high

    @cached_property
    def high(self) -> float:
        """The height of a strip of states."""
        rows = len(self.trace.about.rows)
        top = self.answers + self.said * _LINE + _GAP
        return max(8.0, (self.front[0] - _GAP - top - (rows - 1) * _GAP) / rows)

    def top(self, row: int) -> float:
        """The top of the states of a row; the first is the lowest."""
        return self.front[0] - _GAP - (row + 1) * self.high - row * _GAP

    def left(self, step: int) -> float:
        """Where the strips of a step begin."""
        return _SIDE + _LABELS + step * self.column

    def middle(self, step: int) -> float:
        """The middle of the first strip of a step."""
        return self.left(step) + self.strip / 2

    @property
    def named(self) -> bool:
        """Whether every step has its strongest units named; else only the last one."""
        return self.column - self.lanes - self.states * (self.strip + 2) >= _NAME


def draw_model(
    trace: ModelTrace,
    size: tuple[float, float] = (1180.0, 640.0),
    dark: bool = False,
    marked: Unit | None = None,
    columns: int = 0,
) -> Picture:
    """The picture of these steps.

    Args:
        columns: so many steps have room, where others follow; 0 for those that there are.
        marked: a unit that is followed through all steps.
    """
    figure = Figure(*size, hex_colour(PAPER[dark]))
    picture = Picture(figure)
    drawing = _Drawing(picture, _Layout(trace, *size, columns or len(trace)), dark, marked)
    drawing.draw()
    return picture


def figures_of_model(
    trace: ModelTrace,
    dark: bool = False,
    size: tuple[float, float] = (1180.0, 680.0),
    marked: Unit | None = None,
) -> Iterator[Figure]:
    """The steps as they come, one more in each figure."""
    for steps in range(1, len(trace) + 1):
        yield draw_model(trace.first(steps), size, dark, marked, len(trace)).figure


def caption_of(trace: ModelTrace) -> str:
    """What the last of the steps does, in a sentence."""
    about, last = trace.about, len(trace) - 1
    read = shown_symbol(about.symbols[last])
    begin = f"Step {about.steps[last] + 1:,}: “{read}” enters"
    if about.written:
        begin = f"It writes: “{read}” was its own and enters again"
    name, value = trace.likeliest(last)[0]
    if about.says == "numbers":
        return f"{begin}; it gives {_listed(trace, last)}."
    likeliest = max(trace.likeliest(last), key=lambda pair: pair[1])
    name, value = likeliest
    said = f"“{shown_symbol(name)}”" if about.says == "next" else name
    words = f"{begin}; it expects {said} with {100 * value:.0f} %"
    if about.says != "next":
        words = f"{begin}; it says {said}, {100 * value:.0f} %"
    if about.drawn:
        return f"{words} and writes “{shown_symbol(about.drawn)}”."
    came = about.came[last]
    if not came:
        return f"{words}."
    shown = f"“{shown_symbol(came)}”" if about.says == "next" else came
    if came == name:
        return f"{words}, and {shown} it is."
    return f"{words}; it is {shown}, which has {100 * trace['came_p'][last]:.1f} %."


def _listed(trace: ModelTrace, step: int) -> str:
    return ", ".join(f"{name} {_signed(value)}" for name, value in trace.likeliest(step)[:3])


def _signed(value: float) -> str:
    return shown_number(value, "+.2f" if abs(value) < 10 else "+.1f")


class _Drawing(PlainPen):
    """Puts everything in its place."""

    def __init__(self, picture: Picture, layout: _Layout, dark: bool, marked: Unit | None) -> None:
        super().__init__(picture, dark)
        self.layout, self.trace, self.marked, self.soft = layout, layout.trace, marked, SOFT[dark]

    def draw(self) -> None:
        """All of it."""
        said = caption_of(self.trace)
        room = self.layout.width - 2 * _SIDE
        size = max(9, min(15, int(room / (0.5 * max(1, len(said))))))
        self.words(_SIDE, 26, said, size, bold=True)
        self.words(_SIDE, 46, *fitted(self._subtitle(), room, 12), self.soft)
        self._labels()
        scales = {
            (number, state): _scale(self.trace.channel(number, state), state)
            for number, row in enumerate(self.trace.about.rows)
            for state in row.states
        }
        for step in range(len(self.trace)):
            self._step(step, scales)
        if self.marked is not None:
            self._follow(*self.marked)

    def _subtitle(self) -> str:
        about = self.trace.about
        layers = [
            " and ".join(f"{about.rows[row].title}, {about.rows[row].units} units" for row in rows)
            for rows in self._layers()
        ]
        text = f" on {about.text}" if about.text else ""
        return f"{about.model}{text}: {' → '.join(layers)}"

    def _labels(self) -> None:
        layout, about = self.layout, self.trace.about
        says = {"next": "what comes next", "numbers": "what comes out"}.get(about.says, "says")
        for line, word in enumerate(says.rsplit(" ", 1) if len(says) > 12 else (says,)):
            self.words(_SIDE, layout.answers + 11 + 15 * line, word, 12, self.soft, True)
        for number, row in enumerate(about.rows):
            middle = layout.top(number) + layout.high / 2
            title = lines_within(row.title, _LABELS - 6, 12, bold=True)
            for line, words in enumerate(reversed(title)):
                self.words(_SIDE, middle - 4 - 15 * line, words, 12, self.soft, True)
            states = " · ".join(row.states)
            self.words(_SIDE, middle + 11, states, 11, self.soft)
        top, high = layout.front
        self.words(_SIDE, top + high / 2 + 4, "input", 12, self.soft, True)
        self.words(_SIDE, layout.symbols, "reads", 12, self.soft, True)

    def _step(self, step: int, scales: dict[tuple[int, str], Scale]) -> None:
        layout, about = self.layout, self.trace.about
        x = layout.left(step)
        self._symbol(step)
        top, high = layout.front
        front = self.trace["front"]
        self.figure.boxes.append(Box(x - 1, top - 1, layout.strip + 2, high + 2, FAINT[self.dark]))
        self._strip((x, top, high), front[step], _scale(front, "front"), ("front", "front", step))
        flow = FORWARD[self.dark]
        for number, row in enumerate(about.rows):
            bottom = layout.top(number) + layout.high
            for place, state in enumerate(row.states):
                values = self.trace.channel(number, state)
                self._strip(
                    (x + place * (layout.strip + 2), layout.top(number), layout.high),
                    values[step],
                    scales[number, state],
                    ("unit", f"{number}/{state}", step),
                )
            if step + 1 < len(self.trace):
                # The states go on to the next step, below the names of the strongest units.
                ends = x + len(row.states) * (layout.strip + 2), layout.left(step + 1) - 4
                start, end = reversed(ends) if row.from_end else ends
                add_arrow(self.figure, start, bottom - 3, end, bottom - 3, flow)
            if layout.named or step == len(self.trace) - 1:
                self._strongest(number, step)
        below = [top]
        for rows in self._layers():
            bottoms = [layout.top(number) + layout.high for number in rows]
            self._lead(step, below, bottoms)
            below = [layout.top(number) for number in rows]
        self._lead(step, below, [layout.answers + layout.said * _LINE + 1])
        self._answers(step)
        self._written(step)

    def _layers(self) -> list[list[int]]:
        """The rows of every layer: one, or one in each direction."""
        found: list[list[int]] = []
        for number, row in enumerate(self.trace.about.rows):
            if found and self.trace.about.rows[found[-1][0]].layer == row.layer:
                found[-1].append(number)
            else:
                found.append([number])
        return found

    def _lead(self, step: int, tops: list[float], bottoms: list[float]) -> None:
        """From each of some tops to each of some bottoms above them; past others at the left."""
        middle, left, flow = self.layout.middle(step), self.layout.left(step), FORWARD[self.dark]
        nearest = tops[-1], bottoms[0]
        for start in tops:
            for end in bottoms:
                if (start, end) == nearest:
                    add_arrow(self.figure, middle, start - 3, middle, end + 3, flow)
                    continue
                x = left - (8 if start == tops[-1] else 12)
                way = [(left + 2, start - 4), (x, start - 12), (x, end + 12)]
                self.path([*way, (left + 3, end + 4)], flow, 1.6)

    def _symbol(self, step: int) -> None:
        about, layout = self.trace.about, self.layout
        symbol = shown_symbol(about.symbols[step])
        room = layout.column - 6
        size = max(9, min(17, int(room / (0.6 * max(1, len(symbol))))))
        most = int(room / (0.6 * size))
        symbol = symbol if len(symbol) <= most else f"{symbol[: max(1, most - 1)]}…"
        own = step >= len(self.trace) - about.written
        colour = BACK[self.dark] if own else ""
        if len(symbol) > 2:
            self.words(layout.left(step), layout.symbols, symbol, size, colour, True)
        else:
            self.words(layout.middle(step), layout.symbols, symbol, size, colour, True, "middle")

    def _strip(
        self,
        where: tuple[float, float, float],
        values: Numbers,
        scale: Scale,
        named: tuple[Literal["unit", "front"], str, int],
    ) -> None:
        """A vector as cells of colour, each as many units as have room in one."""
        x, top, high = where
        kind, key, step = named
        units = _shown(values, int(high / _LEAST_CELL))
        colours = _colours(scale, values[units], self.dark)
        cell = high / len(units)
        for number, (unit, colour) in enumerate(zip(units.tolist(), colours, strict=True)):
            y = top + number * cell
            self.figure.boxes.append(Box(x, y, self.layout.strip, cell + 0.4, colour))
            self.picture.places.append(Place(x, y, self.layout.strip, cell, kind, key, step, unit))

    def _at(self, row: int, unit: int) -> float:
        """The height at which a unit lies in its strip."""
        count = self.trace.about.rows[row].given
        return self.layout.top(row) + (unit + 0.5) / max(1, count) * self.layout.high

    def _strongest(self, row: int, step: int) -> None:
        """The names of the units that do most, each as near to its place as there is room."""
        layout = self.layout
        fits = max(0, int((layout.high - 8) / 13))
        units = sorted(self.trace.strongest(row, step, min(4, fits)))
        hidden = self.trace.channel(row, "hidden")
        states = len(self.trace.about.rows[row].states)
        x = layout.left(step) + states * (layout.strip + 2) + 4
        wanted = [self._at(row, unit) for unit in units]
        bottom = layout.top(row) + layout.high - 12
        for place in range(len(wanted) - 1, -1, -1):
            wanted[place] = min(wanted[place], bottom - 13 * (len(wanted) - 1 - place))
        last = layout.top(row) - 9
        for unit, y in zip(units, wanted, strict=True):
            last = max(y, last + 13)
            value = float(hidden[step, unit])
            mine = self.marked == (row, unit)
            colour = _MARKED[self.dark] if mine else self.soft
            self.figure.strokes.append(Stroke(x - 5, self._at(row, unit), x - 1, last, 1.0, colour))
            self.words(x + 1, last + 4, f"{unit} {_signed(value)}", 10, colour, mine)

    def _answers(self, step: int) -> None:
        """What is likeliest, with bars; what came is green: ✓ where it is expected, else ▸."""
        layout, about = self.layout, self.trace.about
        x, room = layout.left(step), layout.column - (18 if about.written else 10)
        came = about.came[step]
        listed = self.trace.likeliest(step)[: layout.said]
        likeliest = max(range(len(listed)), key=lambda line: listed[line][1], default=0)
        names = self._names([name for name, _ in listed], room)
        for line, ((name, value), shown) in enumerate(zip(listed, names, strict=True)):
            y = layout.answers + line * _LINE
            share = value if about.says != "numbers" else 0.0
            self.figure.boxes.append(
                Box(x, y + 1, max(1.0, room * share), _LINE - 3, _pale(self.dark))
            )
            right = name == came or (about.written and name == about.drawn)
            ink = RIGHT[self.dark] if right and name == came else ""
            number = _signed(value) if about.says == "numbers" else f"{100 * value:.0f}"
            fits = int((room - 6 * len(number) - 8) / 6.2)
            if fits < 1:
                number, fits = "", max(1, int(room / 6.2))
            mark = ("✓" if line == likeliest else "▸") if name == came else ""
            mark = mark if fits > len(shown) + 1 else ""
            self.words(x + 2, y + 11, f"{mark}{shown[:fits]}", 11, ink, bool(mark))
            if number:
                self.words(x + room - 2, y + 11, number, 11, ink or self.soft, anchor="end")
            self.picture.places.append(Place(x, y, room, _LINE, "said", "said", step, line))
        top = [name for name, _ in self.trace.likeliest(step)[: layout.said]]
        if came and came not in top and layout.column > 50:
            y = layout.answers + layout.said * _LINE + 9
            chance = 100 * self.trace["came_p"][step]
            said = f"▸{shown_symbol(came)} {chance:.1f}" if math.isfinite(chance) else ""
            self.words(x + layout.strip + 2, y, said, 11, WRONG[self.dark])

    def _names(self, names: list[str], room: float) -> list[str]:
        """What outputs are called: without what all begin with, where there is no room for that."""
        shown = [shown_symbol(name) for name in names]
        if len(shown) < 2 or width_of(max(shown, key=len), 11) < room - 40:
            return shown
        parts = [name.split(" ") for name in shown]
        while min(map(len, parts)) > 1 and len({part[0] for part in parts}) == 1:
            parts = [part[1:] for part in parts]
        return [" ".join(part) for part in parts]

    def _written(self, step: int) -> None:
        """The arrow by which what was written at the step before goes in."""
        about, layout = self.trace.about, self.layout
        if not about.written or step < len(self.trace) - about.written or step == 0:
            return
        x = layout.left(step) - min(9.0, layout.column * 0.1)
        top, foot = layout.answers + 6, layout.symbols - 5
        colour = BACK[self.dark]
        start = layout.left(step - 1) + layout.column - 12
        self.figure.strokes.append(Stroke(min(start, x), top, x, top, 2.0, colour))
        self.figure.strokes.append(Stroke(x, top, x, foot, 2.0, colour))
        add_arrow(self.figure, x, foot, layout.middle(step) - 7, foot, colour, 2.0)

    def _follow(self, row: int, unit: int) -> None:
        """A unit through all steps: a line at its place, and its value under every strip."""
        layout, about = self.layout, self.trace.about
        if row >= len(about.rows) or unit >= about.rows[row].given:
            return
        y, colour = self._at(row, unit), _MARKED[self.dark]
        name = unit_name(about.rows[row].name, unit)
        self.words(_SIDE, layout.top(row) - 5, name, 11, colour, True)
        hidden = self.trace.channel(row, "hidden")
        for step in range(len(self.trace)):
            x = layout.left(step)
            self.figure.strokes.append(Stroke(x - 4, y, x - 1, y, 3.0, colour))
            if layout.column >= 40:
                value = _signed(float(hidden[step, unit]))
                self.words(layout.middle(step) + 6, layout.top(row) - 5, value, 11, colour)


def _scale(values: Numbers, name: str) -> Scale:
    """Around zero: a hidden state from -1 to 1, what may count as far as almost all of it goes."""
    known = np.abs(values[np.isfinite(values)])
    if name == "front" and known.size and values.min() >= 0 and values.max() <= 1:
        return Scale(0.0, 1.0, "gate")
    reach = float(np.quantile(known, 0.98)) if known.size else 1.0
    bounded = channel_named(name).range == "symmetric" and reach <= 1
    bound = 1.0 if bounded else max(reach, 1e-6)
    return Scale(-bound, bound, "blue-orange")


def _shown(values: Numbers, most: int) -> np.ndarray:
    """The units that stand for all: of neighbours that share a cell the one farthest from zero."""
    count = len(values)
    if count <= max(1, most):
        return np.arange(count)
    edges = np.linspace(0, count, max(1, most) + 1).round().astype(int)
    return np.array(
        [
            start + int(np.abs(values[start:stop]).argmax())
            for start, stop in pairwise(edges.tolist())
        ]
    )


def _colours(scale: Scale, values: Numbers, dark: bool) -> list[str]:
    table = colours_of(scale, dark)
    return [table[entry] for entry in scale.index(values).tolist()]


def _pale(dark: bool) -> str:
    return colours_of(Scale(0.0, 1.0, "gate"), dark)[90]
