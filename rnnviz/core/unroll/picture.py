"""An unrolled computation as a figure, as the lecture draws it, and what lies where in it.

From the bottom up: the symbol that enters and its numbers, a row of hidden states for each layer,
the scores and their softmax, the answer that is asked, the loss. Steps run from left to right. At
the right the parameters, which all steps share. Every number is one of the trace.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from rnnviz.core.architectures import facts_of
from rnnviz.core.colours.colour import INK, PAPER, Scale
from rnnviz.core.export.captions import fitted, lines_within
from rnnviz.core.export.figure import (
    SOFT,
    Box,
    Figure,
    Stroke,
    Words,
    add_arrow,
    colours_of,
    hex_colour,
)
from rnnviz.core.export.mathematics import add_formula, set_in_lines, typeset
from rnnviz.core.unroll.equations import formula_of, text
from rnnviz.core.unroll.moments import Moment, caption, top_step
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.reach import (
    Curve,
    Spectrum,
    axis,
    curves,
    points,
    reaching_row,
    runs,
    sentences,
    spectrum,
)
from rnnviz.core.unroll.trace import Numbers, Trace

Kind = Literal[
    "input", "hidden", "own", "later", "score", "probability", "loss", "weight", "arrow",
    "attention", "context", "front", "unit", "said",
]  # fmt: skip
FORWARD = {False: "#3452c7", True: "#8ea6ff"}
BACK = {False: "#b84a00", True: "#ff9a52"}
RIGHT = {False: "#0a7a3d", True: "#4fd08a"}
WRONG = {False: "#b3261e", True: "#ff8f85"}
FAINT = {False: "#d9dee6", True: "#363d49"}
_TOP, _SIDE, _LABELS, _BOTTOM = 62.0, 20.0, 92.0, 16.0
_GAP, _LEAST_GAP = 40.0, 34.0
_LARGEST = 1.7
LEAST_COLUMN = 113.0
"""A step narrower than so many pixels has no room for its numbers and gradients."""
_NARROW = 640.0
"""In a narrower room the matrices have no place beside the steps."""
_READABLE = 13.5
"""A cell lower than so many pixels shows its colour alone."""
_WIDE = 2.62
"""So many times its size is a number of two decimals with a sign wide."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where one number lies, so that a pointer finds it."""

    x: float
    y: float
    width: float
    height: float
    kind: Kind
    key: str
    """Of the trace, or of a parameter."""
    step: int
    row: int
    column: int = -1

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(eq=False)
class Picture:
    """What is painted, and where the numbers lie in it."""

    figure: Figure
    places: list[Place] = field(default_factory=list)
    parts: tuple[Picture, ...] = ()
    """What it was put together from, where it was: what stayed is the same in the next picture."""

    def scaled(self, by: float) -> Picture:
        """The same picture, everything in it so many times as large."""
        drawn, change = self.figure, msgspec.structs.replace
        assert not drawn.letters  # the text under study has a size of its own
        figure = Figure(
            drawn.width * by,
            drawn.height * by,
            drawn.ground,
            [
                Box(one.x * by, one.y * by, one.width * by, one.height * by, one.colour)
                for one in drawn.boxes
            ],
            [
                Stroke(s.x1 * by, s.y1 * by, s.x2 * by, s.y2 * by, s.width * by, s.colour)
                for s in drawn.strokes
            ],
            words=[
                change(one, x=one.x * by, y=one.y * by, size=round(one.size * by))
                for one in drawn.words
            ],
            signs=[
                change(one, x=one.x * by, y=one.y * by, size=one.size * by) for one in drawn.signs
            ],
        )
        places = [
            change(one, x=one.x * by, y=one.y * by, width=one.width * by, height=one.height * by)
            for one in self.places
        ]
        return Picture(figure, places)

    def at(self, x: float, y: float) -> Place | None:
        """The number at a point; the uppermost."""
        for place in reversed(self.places):
            if place.holds(x, y):
                return place
        return None


@dataclass(frozen=True)
class _Layout:
    """The places of a drawing of this size."""

    plan: Plan
    width: float
    height: float
    rolled: float
    parameters_width: float
    first: int = 0
    least: float = 0.0

    @cached_property
    def gap(self) -> float:
        """Between the rows: less where numbers would have no room."""
        return _GAP if self._cell(_GAP) >= _READABLE + 3 else _LEAST_GAP

    def _cell(self, gap: float) -> float:
        rows, gaps = _height_of(self.plan, gap)
        return (self.height - gaps) / rows

    @cached_property
    def cell(self) -> float:
        """The height of a number."""
        return max(3.0, min(26.0, self._cell(self.gap)))

    @property
    def room(self) -> float:
        """How wide all steps together may be."""
        return self.width - 2 * _SIDE - _LABELS - self.parameters_width

    @cached_property
    def count(self) -> int:
        """How many steps stand side by side."""
        most = int(self.room / self.least) if self.least else self.plan.steps
        return max(1, min(self.plan.steps, most))

    @cached_property
    def column(self) -> float:
        """The width of a step."""
        return self.room / self.count

    @cached_property
    def seen(self) -> range:
        """The steps that stand there."""
        first = max(0, min(self.first, self.plan.steps - self.count))
        return range(first, first + self.count)

    def drawn(self, shown: Moment) -> range:
        """The steps that are drawn: rolled up there is one, the one that is computed."""
        step = top_step(shown, self.plan)
        return self.seen if self.rolled <= 0.98 else range(step, step + 1)

    @property
    def labelled(self) -> bool:
        """Whether a step has room for words above its numbers."""
        return self.column > 90

    @cached_property
    def vector(self) -> float:
        """The width of a column of numbers."""
        return max(5.0, min(54.0, self.column * 0.27))

    @property
    def lane(self) -> float:
        """How far from a state its gradients begin: past it leads what two directions join."""
        return 3.0 if self.plan.directions == 1 else 13.0

    @cached_property
    def gradient(self) -> float:
        """The width of a column of gradients."""
        return min(self.vector, (self.column - self.vector - 9 - self.lane) / 2)

    def gradients(self, step: int) -> float:
        """Where the gradients of a step begin."""
        return self.middle(step) + self.vector / 2 + self.lane

    def middle(self, step: int) -> float:
        """The middle of a step; all steps come together as the network is rolled up."""
        left = _SIDE + _LABELS
        # Two directions need more room at the right, past which the lower one is led.
        share = 0.36 if self.plan.directions == 1 else 0.31
        unrolled = left + (step - self.seen[0] + share) * self.column
        together = left + self.count * self.column / 2
        return unrolled + (together - unrolled) * self.rolled

    @property
    def beside(self) -> tuple[float, float, float, float]:
        """x, y, width and height of what stands at the right of the steps."""
        x = self.width - self.parameters_width - _SIDE + 22
        return x, _TOP + 14, self.parameters_width - 26, self.height - _TOP - 14 - _BOTTOM

    @cached_property
    def symbols(self) -> float:
        """The baseline of the symbols that enter."""
        return self.height - _BOTTOM - 4

    @cached_property
    def symbol_size(self) -> int:
        """The size at which the longest symbol fits under a step."""
        names = [shown_symbol(one) for one in self.plan.inputs if one is not None]
        longest = max(names, key=len, default="")
        return min(17, max(8, int((self.column - 8) / (0.56 * max(1, len(longest))))))

    @cached_property
    def inputs(self) -> float:
        """The top of the vectors that enter."""
        return self.symbols - 20 - self.cell * self.plan.width

    def hidden(self, row: int) -> float:
        """The top of a row of states."""
        return self.inputs - (row + 1) * (self.gap + self.cell * self.plan.units)

    def foot(self, row: int) -> float:
        """The bottom of a row of states."""
        return self.hidden(row) + self.cell * self.plan.units

    @cached_property
    def scores(self) -> float:
        """The top of scores and softmax."""
        below = self.hidden(self.plan.rows - 1)
        return below - self.gap - self.cell * len(self.plan.vocabulary)


def _height_of(plan: Plan, gap: float) -> tuple[int, float]:
    """How many numbers stand one below the other, and what there is between them."""
    rows = len(plan.vocabulary) + plan.width + plan.rows * plan.units
    return rows, gap * (plan.rows + 1) + 78 + _TOP + _BOTTOM


def seen_steps(plan: Plan, width: float, first: int, least: float) -> range:
    """Which steps stand in a drawing so wide; see `draw`."""
    settings = _Settings((width, 1.0), False, "", False, -1, first, least)
    return settings.layout(plan, 0.0).seen


def scale_for(plan: Plan, size: tuple[float, float]) -> float:
    """How much larger everything can be drawn where all steps and their numbers have room."""
    rows, gaps = _height_of(plan, _GAP)
    width = 2 * _SIDE + _LABELS + 300.0 + LEAST_COLUMN * plan.steps
    by = min(size[0] / max(1000.0, width), size[1] / (gaps + 26.0 * rows))
    return max(1.0, min(_LARGEST, by))


def readable_size(plan: Plan) -> tuple[float, float]:
    """From which size on, in pixels, all numbers of all steps can be read."""
    rows, gaps = _height_of(plan, _LEAST_GAP)
    width = 2 * _SIDE + _LABELS + 340.0 + LEAST_COLUMN * plan.steps
    return max(1180.0, width), max(640.0, gaps + rows * (_READABLE + 0.5))


def least_height(plan: Plan) -> float:
    """From which height on the numbers of a step can be read."""
    rows, gaps = _height_of(plan, _LEAST_GAP)
    return gaps + rows * (_READABLE + 0.1)


def draw(
    trace: Trace,
    shown: Moment,
    size: tuple[float, float] = (1180.0, 640.0),
    dark: bool = False,
    rolled: float = 0.0,
    marked: str = "",
    reach: bool = False,
    looked: int = -1,
    first: int = 0,
    least: float = 0.0,
    larger: float = 1.0,
    kept: KeptParts | None = None,
) -> Picture:
    """The picture of a moment.

    Args:
        trace: whose numbers.
        shown: what later moments compute is not drawn yet.
        size: pixels.
        rolled: 0 unrolled, 1 all steps in one place with the loop of the recurrence.
        marked: a parameter that lights up in all its copies.
        reach: how far gradients reach instead of the parameters, at the right.
        looked: the step whose Jacobian that shows; -1 for the one that is computed.
        first: the step that stands at the left, where not all have room.
        least: no step is narrower than so many pixels; 0 shows all.
        larger: so many times as large as `size` says, everything in it.
        kept: the parts of the picture before; what shows the same is not laid out again.
    """
    settings = _Settings(size, dark, marked, reach, looked, first, least, larger)
    return (kept or KeptParts()).picture(trace, shown, settings, rolled)


class _Settings(NamedTuple):
    """How a moment is drawn."""

    size: tuple[float, float]
    dark: bool
    marked: str
    reach: bool
    looked: int
    first: int
    least: float
    larger: float = 1.0

    def layout(self, plan: Plan, rolled: float) -> _Layout:
        """The places of a drawing."""
        return _Layout(plan, *self.size, rolled, self.side, self.first, self.least)

    @property
    def side(self) -> float:
        """How wide the parameters are."""
        return min(340.0, self.size[0] * 0.29) if self.size[0] >= _NARROW else 0.0

    def at(self, shown: Moment, plan: Plan) -> int:
        """The step whose Jacobian is shown: one that is looked at, or the one that is computed."""
        return self.looked if 0 <= self.looked < plan.steps else top_step(shown, plan)


class KeptParts:
    """The parts of a picture; of the next one only those are laid out that show something else.

    From moment to moment little changes: a step, the words above, the sums at the right.
    """

    def __init__(self) -> None:
        self._pen: _Pen | None = None
        self._of: tuple[_Layout, float] | None = None
        self._parts: dict[tuple[str, int], tuple[object, Picture]] = {}
        self._gone: tuple[Moment, list[tuple[bool, ...]]] | None = None

    def picture(self, trace: Trace, shown: Moment, settings: _Settings, rolled: float) -> Picture:
        """The picture of a moment, put together from its parts."""
        layout = self._laid_out(trace, settings, rolled)
        parts = self._still(trace, shown, settings, layout)
        parts += self._between(trace, shown, settings, layout)
        steps = layout.drawn(shown)
        parts += [self._step(trace, shown, settings, layout, step) for step in steps]
        return _joined(settings, parts)

    def moving(self, trace: Trace, shown: Moment, settings: _Settings) -> Moving:
        """A moment in parts that move."""
        layout = self._laid_out(trace, settings, 0.0)
        still = _joined(settings, self._still(trace, shown, settings, layout))
        steps = [self._step(trace, shown, settings, layout, step).figure for step in layout.seen]
        between = KeptParts()

        def moved(rolled: float) -> tuple[tuple[float, ...], Figure]:
            at = between._laid_out(trace, settings, rolled)
            parts = between._between(trace, shown, settings, at)
            return tuple(map(at.middle, at.seen)), _joined(settings, parts).figure

        homes = tuple(map(layout.middle, layout.seen))
        return Moving(still.figure, tuple(steps), homes, layout.column, moved)

    def _laid_out(self, trace: Trace, settings: _Settings, rolled: float) -> _Layout:
        """The places of a drawing; parts of other numbers or places are forgotten."""
        layout = settings.layout(trace.plan, rolled)
        of, pen = (layout, settings.larger), self._pen
        if pen is None or pen.trace is not trace or pen.dark != settings.dark or of != self._of:
            if pen is None or pen.trace is not trace or pen.dark != settings.dark:
                self._pen = _Pen(Picture(Figure(0.0, 0.0, "")), settings.dark, trace)
            self._of, self._parts, self._gone = of, {}, None
        return layout

    def _part(
        self, name: str, number: int, shows: object, settings: _Settings, put: _Put, *given: Any
    ) -> Picture:
        """A part, put anew with what is given if it shows something else than before."""
        known = self._parts.get((name, number))
        if known is not None and known[0] == shows:
            return known[1]
        assert self._pen is not None
        pen = self._pen.on(Picture(Figure(*settings.size, "")))
        put(pen, *given)
        larger = settings.larger
        made = pen.picture if larger == 1 else pen.picture.scaled(larger)
        self._parts[name, number] = shows, made
        return made

    def _still(
        self, trace: Trace, shown: Moment, settings: _Settings, layout: _Layout
    ) -> list[Picture]:
        """What does not move: words above, names at the left, parameters at the right."""
        plan, marked, at = trace.plan, settings.marked, settings.at(shown, trace.plan)
        parts = [
            self._part("head", 0, shown, settings, _head, trace, layout, shown),
            self._part("labels", 0, None, settings, _labels, layout),
        ]
        if not settings.side:
            return parts
        below: tuple[float, float, float, float] | None = layout.beside
        if not settings.reach or plan.drawn:
            parts.append(
                self._part("weights", 0, marked, settings, _weights, trace, layout, marked)
            )
            if not shown.backward:
                return parts
            sums = shown.backward, shown.updated
            parts.append(self._part("sums", 0, sums, settings, _sums, trace, layout, shown))
            below = _below_matrices(trace, layout)
        if below is not None:
            parts.append(self._part("reach", 0, (at, below), settings, _reach, trace, below, at))
        return parts

    def _between(
        self, trace: Trace, shown: Moment, settings: _Settings, layout: _Layout
    ) -> list[Picture]:
        """What leads from step to step, and the loop of the rolled network."""
        plan, marked, steps = trace.plan, settings.marked, layout.drawn(shown)
        gone, parts = self._gone_at(shown, plan), []
        for step in steps:
            shows = _led(shown, plan, step), shown.forward >= step, marked
            parts.append(
                self._part("joints", step, shows, settings, _joints, layout, shown, step, marked)
            )
        for step in steps if plan.attends else ():
            looks = gone[step], step == top_step(shown, plan)
            given = trace, layout, shown, step
            parts.append(self._part("looking", step, looks, settings, _looking, *given))
        if layout.rolled > 0.5:
            parts.append(self._part("loop", 0, marked, settings, _loop, layout, marked))
        return parts

    def _step(
        self, trace: Trace, shown: Moment, settings: _Settings, layout: _Layout, step: int
    ) -> Picture:
        """What moves as one: the numbers of a step, and its own arrows."""
        shows = self._gone_at(shown, trace.plan)[step], settings.marked
        given = trace, layout, shown, step, settings.marked
        return self._part("step", step, shows, settings, _step, *given)

    def _gone_at(self, shown: Moment, plan: Plan) -> list[tuple[bool, ...]]:
        """How far a moment shows what is computed at each step; found once."""
        if self._gone is None or self._gone[0] != shown:
            self._gone = shown, [_gone(shown, plan, step) for step in range(plan.steps)]
        return self._gone[1]


_Put = Callable[..., None]
"""Draws a part with a pen and what it is given."""


def _gone(shown: Moment, plan: Plan, step: int) -> tuple[bool, ...]:
    """How far a moment shows what is computed at a step, there and back."""
    top = plan.rows_of(plan.layers - 1)
    return (
        *(shown.computed(plan, row, step) for row in range(plan.rows)),
        *(shown.gone_back(plan, row, step) for row in range(plan.rows)),
        *(shown.gone_back(plan, row, plan.read_at(row, step)) for row in top),
        shown.answered(plan, step),
    )


def _led(shown: Moment, plan: Plan, step: int) -> tuple[bool, ...]:
    """How far a moment shows what leads to a step from others, and back."""
    found = [shown.answered(plan, step), shown.gone_back(plan, plan.rows - 1, 0)]
    if not plan.joins_ends:
        found = []
    for row in range(plan.rows):
        last = plan.before(row, step)
        found += shown.computed(plan, row, step), shown.gone_back(plan, row, step)
        if last is not None:
            found += shown.computed(plan, row, last), shown.gone_back(plan, row, last)
    return tuple(found)


def _joined(settings: _Settings, parts: list[Picture]) -> Picture:
    """One picture of parts, on its ground."""
    width, height = settings.size
    figure = Figure(
        width * settings.larger, height * settings.larger, hex_colour(PAPER[settings.dark])
    )
    whole = Picture(figure, parts=tuple(parts))
    for part in parts:
        figure.put(part.figure)
        whole.places += part.places
    return whole


class Moving(NamedTuple):
    """A moment in parts, for the movement between rolled up and unrolled."""

    still: Figure
    """What stays where it is."""
    steps: tuple[Figure, ...]
    """The numbers of each step that is seen, where they are unrolled."""
    homes: tuple[float, ...]
    """The middle of each of them,"""
    column: float
    """and how wide one is."""
    moved: Callable[[float], tuple[tuple[float, ...], Figure]]
    """For so much rolled up: the middles, and what leads from step to step."""


def moving(
    trace: Trace,
    shown: Moment,
    size: tuple[float, float],
    dark: bool = False,
    reach: bool = False,
    first: int = 0,
    least: float = 0.0,
) -> Moving:
    """The parts of a moment's picture: `draw` puts them together."""
    settings = _Settings(size, dark, "", reach, -1, first, least)
    return KeptParts().moving(trace, shown, settings)


def _head(pen: _Pen, trace: Trace, layout: _Layout, shown: Moment) -> None:
    """What happens, what the network is, and the formula of what is computed."""
    room = layout.width - 2 * _SIDE
    pen.words(_SIDE, 26, *fitted(caption(trace, shown), room, 15, bold=True), bold=True)
    pen.words(_SIDE, 46, *fitted(_subtitle(trace, layout), room, 12), SOFT[pen.dark])
    if layout.scores - 60 > _TOP + 44:
        # There is room above the losses.
        formula = formula_of(trace.plan, shown)
        add_formula(pen.figure, _SIDE, _TOP + 30, formula, 19, pen.ink)


def _subtitle(trace: Trace, layout: _Layout) -> str:
    plan = trace.plan
    facts = facts_of(plan.architecture)
    made = f"after {trace.trained:,} updates" if trace.trained else "before any update"
    if plan.drawn:
        wrote = " ".join(shown_symbol(one) for one in plan.drawn if one is not None)
        return f"{facts.title}, {plan.units} units, {made}, at test time: it writes “{wrote}”"
    said = " ".join(
        shown_symbol(symbol) if target is not None else "·"
        for symbol, target in zip(trace.likeliest, plan.targets, strict=True)
    )
    learned = "; learned" if trace.learned else ""
    back = min(plan.chunk or plan.steps, plan.steps)
    kept = back * plan.rows * plan.units * len(facts.channels)
    bptt = f"BPTT goes back {_many(back, 'step')} at most and holds {kept:,} numbers of states"
    both = {"both": ", reading from both ends", "backward": ", reading from the end"}.get(
        plan.direction, ""
    )
    title = f"{facts.title}, {plan.units} units{both}"
    if layout.column < LEAST_COLUMN or layout.cell < _READABLE:
        # Why there are colours instead of numbers.
        bptt = "colours alone: no room for numbers, point at one to read it"
    elif layout.count < plan.steps:
        seen = layout.seen
        bptt = f"steps {seen[0] + 1} to {seen[-1] + 1} of {plan.steps} have room here"
    return f"{title}, {made}: it says “{said}”{learned}; {bptt}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


class _Pen:
    """Draws cells, words and arrows, and notes where numbers lie."""

    def __init__(self, picture: Picture, dark: bool, trace: Trace) -> None:
        self.picture, self.dark = picture, dark
        self.figure = picture.figure
        self.trace = trace
        self.ink = hex_colour(INK[dark])
        self._colours: dict[tuple[str, Scale], list[list[str]]] = {}
        self._scales: dict[tuple[str, ...], Scale] = {}

    def on(self, picture: Picture) -> _Pen:
        """The same pen on another picture: it knows the colours that it found."""
        other = copy.copy(self)
        other.picture, other.figure = picture, picture.figure
        return other

    def scale_of(self, key: str) -> Scale:
        """The scale of all numbers of an array, found for all steps at once."""
        if (key,) not in self._scales:
            self._scales[key,] = _scale(self.trace[key])
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
        self.figure.words.append(Words(x, y, text, size, colour or self.ink, bold, anchor))

    def frame(self, x: float, y: float, width: float, height: float, colour: str) -> None:
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
        readable = cell >= _READABLE and width >= 27
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
                    x + width - 3, top + cell * 0.72, f"{mark}{value:.2f}".replace("-", "−"),
                    marked if bold else size, ink, bold, "end",
                )  # fmt: skip


def _scale(values: Numbers, share: bool = False) -> Scale:
    """From -1 to 1 or as far as the values go; from 0 to 1 for shares."""
    if share:
        return Scale(0.0, 1.0, "gate")
    reach = float(np.nanmax(np.abs(values), initial=0.0))
    bound = max(1.0, reach) if reach > 0.5 else max(reach, 1e-12)
    return Scale(-bound, bound, "blue-orange")


def _labels(pen: _Pen, layout: _Layout) -> None:
    plan = layout.plan
    soft = SOFT[pen.dark]
    half = layout.cell / 2

    def label(y: float, text: str, more: str = "") -> None:
        pen.words(_SIDE, y, text, 12, soft, bold=True)
        if more:
            pen.words(_SIDE, y + 15, more, 11, soft)

    if plan.drawn:
        label(layout.scores - 14, "writes")
    else:
        label(layout.scores - 34, "loss, nats")
        label(layout.scores - 14, "target")
    label(layout.scores + half + 6, "scores,", "softmax")
    for row in range(plan.rows):
        number = f"layer {plan.layer_of(row) + 1}" if plan.layers > 1 else ""
        if plan.direction != "forward":
            number += f"{number and ' '}{'← from end' if plan.from_end(row) else '→'}"
        label(layout.hidden(row) + half + 6, "hidden", number)
    entering = "embedding" if plan.embedding else "one-hot"
    label(layout.inputs + half + 6, "input", entering)
    label(layout.symbols, "symbol")


def _step(pen: _Pen, trace: Trace, layout: _Layout, shown: Moment, step: int, marked: str) -> None:
    """What moves as one as the network is rolled up: the numbers of a step, and its own arrows."""
    plan = trace.plan
    x = layout.middle(step)
    left = x - layout.vector / 2
    symbol = plan.inputs[step]
    entering = shown_symbol(symbol) if symbol is not None else "–"
    pen.words(x, layout.symbols, entering, layout.symbol_size, "", True, "middle")
    read = any(shown.computed(plan, row, step) for row in plan.rows_of(0))
    inputs = trace["inputs"][step] if read else np.full(plan.width, np.nan)
    _cells(pen, layout, left, layout.inputs, inputs, ("input", "inputs", step))
    _arrows(pen, trace, layout, shown, step, marked)
    for row in range(plan.rows):
        key, done = f"{row}/hidden", shown.computed(plan, row, step)
        values = trace[key][step] if done else np.full(plan.units, np.nan)
        _cells(pen, layout, left, layout.hidden(row), values, ("hidden", key, step))
        if shown.gone_back(plan, row, step):
            _gradients(pen, trace, layout, row, step)
    _answer(pen, trace, layout, step, x, shown.answered(plan, step))


def _joints(pen: _Pen, layout: _Layout, shown: Moment, step: int, marked: str) -> None:
    """What leads from a step to another: it stretches as the network is rolled up."""
    plan = layout.plan
    if layout.rolled >= 0.5:
        return
    for row in range(plan.rows):
        part = "decoder" if plan.decodes(step) else "layers"
        lit = marked.startswith(f"{part}.{row}.weight_hh")
        _along(pen, layout, shown, step, row, 4.0 if lit else 1.6)
    _joined_ends(pen, layout, shown, step)
    if plan.goes_back_in(step) and shown.forward >= step and step - 1 in layout.seen:
        _going_back_in(pen, layout, step)
    if plan.chunk_starts(step) and step - 1 in layout.seen:
        _cut(pen, layout, step)


def _cut(pen: _Pen, layout: _Layout, step: int) -> None:
    """Where the gradient is cut: between the gradients of the step before and this one's state."""
    plan = layout.plan
    ends = layout.gradients(step - 1) + 2 * (layout.gradient + 2)
    cut = (ends + layout.middle(step) - layout.vector / 2) / 2
    top, bottom = layout.hidden(plan.rows - 1) - 6, layout.foot(0) + 6
    for dx in (-2.5, 2.5):
        pen.figure.strokes.append(Stroke(cut + dx, top, cut + dx, bottom, 1.6, BACK[pen.dark]))


def _cells(
    pen: _Pen,
    layout: _Layout,
    x: float,
    y: float,
    values: Numbers,
    place: tuple[Kind, str, int],
) -> None:
    """A vector; an empty frame where it was not computed yet."""
    if np.isnan(values).all():
        pen.frame(x, y, layout.vector, layout.cell * len(values) - 1, FAINT[pen.dark])
        return
    pen.column(x, y, layout.vector, layout.cell, values, pen.scale_of(place[1]), place)


def _answer(pen: _Pen, trace: Trace, layout: _Layout, step: int, x: float, done: bool) -> None:
    """Scores, softmax, target and loss; the target's numbers are green, heavy and pointed at."""
    plan, dark = trace.plan, pen.dark
    target = plan.answered(step)
    left = x - layout.vector / 2
    if target is None:
        return
    if not done:
        nothing = np.full(len(plan.vocabulary), np.nan)
        _cells(pen, layout, left, layout.scores, nothing, ("score", "scores", step))
        if not plan.drawn:
            pen.words(x, layout.scores - 14, shown_symbol(target), 15, SOFT[dark], True, "middle")
        return
    wanted = plan.vocabulary.index(target)
    inks: tuple[str, ...] = ()
    if not plan.drawn:
        inks = tuple(
            RIGHT[dark] if row == wanted else WRONG[dark] for row in range(len(plan.vocabulary))
        )
    for offset, key, kind, scale in (
        (0.0, "scores", "score", _pale(pen.scale_of("scores"))),
        (layout.vector + 3, "probabilities", "probability", Scale(0.0, 1.0, "gate")),
    ):
        values = trace[key][step]
        place: tuple[Kind, str, int] = (kind, key, step)  # type: ignore[assignment]
        own = inks if key == "scores" else ()
        pen.column(
            left + offset, layout.scores, layout.vector, layout.cell, values, scale, place, own,
            wanted,
        )  # fmt: skip
    longest = max(len(shown_symbol(symbol)) for symbol in plan.vocabulary)
    fits = 0.56 * 12 * longest <= layout.column - 2 * layout.vector - 10
    first = all(plan.answered(one) is None for one in range(step))
    if layout.cell >= _READABLE and layout.column > 70 and (fits or first):
        for row, symbol in enumerate(plan.vocabulary):
            mine = BACK[dark] if plan.drawn else RIGHT[dark]
            ink = mine if row == wanted else SOFT[dark]
            y = layout.scores + row * layout.cell + layout.cell * 0.72
            pen.words(left - 4, y, shown_symbol(symbol), 12, ink, row == wanted, "end")
    if plan.drawn:
        pen.words(x, layout.scores - 14, shown_symbol(target), 15, BACK[dark], True, "middle")
        return
    _right_or_wrong(pen, trace, layout, step, target)


def _onwards(said: str) -> str:
    """A symbol behind which words stand at the right, whichever way its letters are written."""
    backwards = any(unicodedata.bidirectional(one) in ("R", "AL") for one in said)
    return f"\u200e{said}" if backwards else said


def _right_or_wrong(pen: _Pen, trace: Trace, layout: _Layout, step: int, target: str) -> None:
    """The answer that is asked, told right or wrong by colour and mark, and the loss."""
    dark, x = pen.dark, layout.middle(step)
    left = x - layout.vector / 2
    right = trace.likeliest[step] == target
    ink = RIGHT[dark] if right else WRONG[dark]
    mark = "✓" if right else "✗"
    said = shown_symbol(target)
    if layout.column >= 8 * (len(said) + 2):
        pen.words(x, layout.scores - 14, f"{_onwards(said)} {mark}", 15, ink, True, "middle")
    else:
        pen.words(x, layout.scores - 8, mark, 12, ink, True, "middle")
        pen.words(x, layout.scores - 21, said[:2], 12, ink, True, "middle")
    loss = trace["losses"][step]
    size = min(13, int((layout.column - 4) / 2.3))
    if size >= 8:
        pen.words(x, layout.scores - 34, f"{loss:.2f}", size, "", True, "middle")
    y = layout.scores - 48
    pen.picture.places.append(Place(left, y, layout.vector, 18, "loss", "losses", step, 0))


def _going_back_in(pen: _Pen, layout: _Layout, step: int) -> None:
    """From what was written at the step before down to where it enters at this one."""
    colour, top, foot = BACK[pen.dark], layout.scores - 19, layout.symbols - 6
    plan = layout.plan
    wrote = len(shown_symbol(plan.drawn[step - 1] or ""))
    start, end = layout.middle(step - 1) + 8 + 4.2 * wrote, layout.middle(step)
    x = end - layout.vector / 2 - 22
    stop = end - 4 - 0.28 * layout.symbol_size * wrote
    pen.path([(start, top), (x, top), (x, foot), (max(x, stop), foot)], colour, 2.0)


def _pale(scale: Scale) -> Scale:
    """The same colours at a third of their strength: coloured numbers stay readable on them."""
    return Scale(3 * scale.low, 3 * scale.high, scale.palette)


def _looking(pen: _Pen, trace: Trace, layout: _Layout, shown: Moment, step: int) -> None:
    """Of the step that was computed last: weights as bars over the encoder's states, and their sum.

    The arrows are as thick as the weights; c stands beside the state until the way back needs its
    place for gradients.
    """
    plan, dark = trace.plan, pen.dark
    if not (plan.decodes(step) and shown.computed(plan, 0, step)):
        return
    top = layout.hidden(plan.rows - 1)
    left = layout.gradients(step)
    if not shown.gone_back(plan, plan.rows - 1, step):
        width = min(layout.vector, layout.column - layout.vector - 6)
        values = trace["context"]
        pen.column(
            left, top, width, layout.cell, values[step], _scale(np.nan_to_num(values)),
            ("context", "context", step),
        )  # fmt: skip
        pen.words(left + width / 2, top - 4, "c", 12, FORWARD[dark], True, "middle")
    if step != top_step(shown, plan) or layout.rolled > 0.5:
        return
    weights = trace["attention"][step]
    foot, high = top - 26, min(0.8 * (top - 26 - layout.scores + 20), 150.0)
    wide = min(layout.vector, 40.0)
    for place, weight in enumerate(weights.tolist()):
        if place not in layout.seen:
            continue
        middle = layout.middle(place)
        tall = max(1.0, high * weight)
        pen.figure.boxes.append(Box(middle - wide / 2, foot - tall, wide, tall, FORWARD[dark]))
        pen.words(middle, foot - tall - 4, f"{weight:.2f}", 12, "", True, "middle")
        reached = max(tall, 10.0)
        at = middle - wide / 2, foot - reached, wide, reached
        pen.picture.places.append(Place(*at, "attention", "attention", step, place))
        level = top - 8 - 12 * (place + 1) / (plan.source + 1)
        way = [(middle, top - 3), (middle, level), (left + 6, level)]
        pen.lines(way, FORWARD[dark], 0.6 + 5.0 * weight)
    pen.words(_SIDE, foot - 4, "attention", 12, SOFT[dark], bold=True)


def _gradients(pen: _Pen, trace: Trace, layout: _Layout, row: int, step: int) -> None:
    """Beside a hidden state: what its own step asks of it, and what comes from later ones."""
    left, y, width = layout.gradients(step), layout.hidden(row), layout.gradient
    scale = pen.scale_of_gradients(f"{row}/own/hidden", f"{row}/later/hidden")
    for place, part in enumerate(("own", "later")):
        key = f"{row}/{part}/hidden"
        kind: Kind = "own" if part == "own" else "later"
        pen.column(
            left + place * (width + 2), y, width, layout.cell, trace[key][step], scale,
            (kind, key, step),
        )  # fmt: skip
        if layout.labelled:
            middle = left + place * (width + 2) + width / 2
            pen.words(middle, y - 4, part, 11, BACK[pen.dark], False, "middle")
    if layout.labelled and trace.plan.rows == 1:
        norm = float(np.linalg.norm(trace[f"{row}/last/hidden"][step]))
        number = trace.plan.last_answer + 1
        said = f"\\Vert\\partial L_{{{number}}}/\\partial h_{{{step + 1}}}\\Vert\\,"
        size, y = 11 if layout.column > 130 else 10, layout.foot(row) + 23
        # Apart: the letters are laid out once, the number changes with every update.
        letters = add_formula(pen.figure, left, y, said, size, BACK[pen.dark])
        add_formula(pen.figure, left + letters.width, y, f"{norm:.2g}", size, BACK[pen.dark])


def _arrows(
    pen: _Pen, trace: Trace, layout: _Layout, shown: Moment, step: int, marked: str
) -> None:
    """Forwards from what enters to the answer; backwards the other way, beside it.

    Of two directions the lower row reads on. What it gives goes past the upper one at the right;
    what enters the upper one goes past the lower one at the left.
    """
    plan = trace.plan
    part = "decoder" if plan.decodes(step) else "layers"
    x, half = layout.middle(step), layout.vector / 2

    def thick(parameter: str) -> float:
        return 4.0 if marked.startswith(parameter) else 1.6

    below = layout.inputs
    for layer in range(plan.layers):
        rows = plan.rows_of(layer)
        for row in rows:
            ways = shown.computed(plan, row, step), shown.gone_back(plan, row, step)
            wide, foot = thick(f"{part}.{row}.weight_ih"), layout.foot(row)
            if row == rows[0]:
                _upwards(pen, x, below, foot, ways, wide)
                pen.place_of_arrow(x, foot, below, f"{row}/ih", step, ways[0])
                continue
            passed = layout.hidden(rows[0]) - 10
            around = [(x - half + 4, below - 3), (x - half - 5, below - 14), (x - half - 5, passed)]
            _around(pen, [*around, (x - half + 6, foot + 3)], ways, wide, -4)
            pen.place_of_arrow(x - half - 6, passed, below, f"{row}/ih", step, ways[0])
        if layer and len(rows) == 2:
            ways = shown.computed(plan, rows[0], step), shown.gone_back(plan, rows[0], step)
            _past(pen, layout, step, plan.rows_of(layer - 1)[0], layout.foot(rows[0]), ways)
        below = layout.hidden(rows[-1])
    if plan.answered(step) is None:
        return
    foot = layout.scores + layout.cell * len(plan.vocabulary)
    top = plan.rows_of(plan.layers - 1)
    done = shown.answered(plan, step)
    backs = [shown.gone_back(plan, row, plan.read_at(row, step)) for row in top]
    pen.place_of_arrow(x, foot, below, f"{top[-1]}/hy", step, done)
    if plan.read_at(top[-1], step) == step:
        _upwards(pen, x, below, foot, (done, backs[-1]), thick("output.weight"))
    if len(top) == 2:
        _past(pen, layout, step, top[0], foot, (done, backs[0]))


def _upwards(
    pen: _Pen, x: float, below: float, foot: float, ways: tuple[bool, bool], width: float
) -> None:
    """A way straight up, and where it was gone back the way down beside it."""
    done, back = ways
    if back:
        pen.arrow(x + 6, foot + 3, x + 6, below - 3, BACK[pen.dark])
    colour = FORWARD[pen.dark] if done else FAINT[pen.dark]
    pen.arrow(x - 6 * back, below - 3, x - 6 * back, foot + 3, colour, width)


def _around(
    pen: _Pen,
    points: list[tuple[float, float]],
    ways: tuple[bool, bool],
    width: float,
    beside: float,
) -> None:
    """A way along these points, and where it was gone back the same beside it."""
    done, back = ways
    if back:
        moved = [(x + beside, y) for x, y in reversed(points)]
        pen.path(moved, BACK[pen.dark], 1.6)
    pen.path(points, FORWARD[pen.dark] if done else FAINT[pen.dark], width)


def _past(
    pen: _Pen, layout: _Layout, step: int, row: int, foot: float, ways: tuple[bool, bool]
) -> None:
    """From a lower row past the upper one to what reads both."""
    right = layout.middle(step) + layout.vector / 2
    start, beyond = layout.hidden(row), layout.hidden(row + 1) - 10
    points = [(right - 6, start - 3), (right + 4, start - 13), (right + 4, beyond)]
    _around(pen, [*points, (right - 8, foot + 3)], ways, 1.6, 4)


def _joined_ends(pen: _Pen, layout: _Layout, shown: Moment, step: int) -> None:
    """From the last state of the row that reads from the end to the one answer."""
    plan = layout.plan
    if not plan.joins_ends or plan.answered(step) is None:
        return
    top = plan.rows - 1
    x, end = max(_SIDE + _LABELS - 14, layout.middle(0)), layout.middle(step)
    foot = layout.scores + layout.cell * len(plan.vocabulary)
    high = foot + 9
    points = [(x, layout.hidden(top) - 3), (x, high), (end, high), (end, foot + 3)]
    ways = shown.answered(plan, step), shown.gone_back(plan, top, 0)
    if ways[1]:
        lower = [(x + 6, layout.hidden(top) - 3), (x + 6, high + 4), (end + 6, high + 4)]
        pen.path([*reversed([*lower, (end + 6, foot + 3)])], BACK[pen.dark], 1.6)
    pen.path(points, FORWARD[pen.dark] if ways[0] else FAINT[pen.dark], 1.6)


def _along(pen: _Pen, layout: _Layout, shown: Moment, step: int, row: int, width: float) -> None:
    """The arrow from the state read before to this one, and the gradient back along it."""
    plan, dark = layout.plan, pen.dark
    top, bottom, half = layout.hidden(row), layout.foot(row), layout.vector / 2
    last, here = plan.before(row, step), layout.middle(step)
    way = -1 if plan.from_end(row) else 1
    end = here - way * (half + 3)
    if last is not None and last in layout.seen:
        start = layout.middle(last) + way * (half + 3)
    elif way > 0:
        start = _SIDE + _LABELS - 14
    else:
        start = min(end + max(30.0, 0.4 * layout.column), layout.width - layout.parameters_width)
    handed_on = last is None or not plan.chunk_starts(step) or plan.carried
    shows = step if way < 0 else last
    between = shows in layout.seen and shows is not None and shown.gone_back(plan, row, shows)
    """Whether numbers stand between the two states: then the ways go around them."""
    if plan.attends and row == plan.rows - 1 and last is not None and plan.decodes(last):
        between = between or shown.computed(plan, row, last)
    done = shown.computed(plan, row, step)
    if handed_on and last is not None and done:
        left = min(start, end)
        place = Place(left, bottom - 9, abs(end - start), 20, "arrow", f"{row}/hh", step, 0)
        pen.picture.places.append(place)
    if handed_on:
        colour = FORWARD[dark] if done else FAINT[dark]
        low = bottom + 7 if between else bottom - 3
        if between:
            points = [(start - 3 * way, bottom - 4), (start + 5 * way, low), (end - 7 * way, low)]
            pen.path([*points, (end, bottom - 5)], colour, width)
        else:
            pen.arrow(start, low, end, low, colour, width)
    if last is None or plan.chunk_starts(step) or not shown.gone_back(plan, row, last):
        return
    if last not in layout.seen:
        pen.path([(end, top + 4), (end - 6 * way, top - 8), (start, top - 8)], BACK[dark], 1.6)
        return
    later, high = layout.gradients(last) + 1.5 * layout.gradient + 2, top - 22
    # Into the heading of the column where it is there, else into its first number.
    into = (later, top - (15 if layout.labelled else 2))
    if way > 0:
        points = [(end, top + 4), (end - 6, high), (later, high), into]
    else:
        points = [(here + 0.3 * half, top - 3), (here + 0.3 * half, high), (later, high), into]
    pen.path(points, BACK[dark], 1.6)


def _loop(pen: _Pen, layout: _Layout, marked: str) -> None:
    """The loop of the recurrence, as the rolled network has it; at the right stand gradients."""
    plan = layout.plan
    for row in range(plan.rows):
        x = layout.middle(0) - layout.vector / 2 - (10 if plan.directions == 2 else 0)
        top, bottom = layout.hidden(row), layout.foot(row)
        colour = FORWARD[pen.dark]
        wide = 4.0 if marked.startswith(f"layers.{row}.weight_hh") else 1.8
        reach = x - 46 * layout.rolled
        way = [(x - 3, top + 6), (reach, top + 6), (reach, bottom - 6), (x - 3, bottom - 6)]
        pen.path(way, colour, wide)
        middle = (top + bottom) / 2 + 4
        again = f"layers.{row}.weight_hh_l0" in pen.trace.weights
        said = ", at every step" + (", from the end" if plan.from_end(row) else "")
        formula = f"W_{{hh}}{text(said)}" if again else text(f"the state{said}")
        length = typeset(formula, 14.0).width
        add_formula(pen.figure, reach - 6 - length, middle, formula, 14.0, colour)


TITLES = {
    "embedding.weight": "embedding",
    "weight_ih_l0": "W_xh",
    "weight_ih": "W_xh",
    "weight_hh_l0": "W_hh",
    "output.weight": "W_hy",
}


def shown_symbol(symbol: str) -> str:
    """What stands for a symbol: blanks and line ends are seen."""
    return {" ": "␣", "\n": "⏎", "\t": "⇥"}.get(symbol, symbol)


def title_of(parameter: str, layers: int = 1, directions: int = 1) -> str:
    """What the lecture calls a parameter.

    >>> title_of("layers.0.weight_hh_l0"), title_of("layers.1.bias_ih_l0", 2)
    ('W_hh', 'bias_ih, layer 2')
    >>> title_of("layers.1.weight_hh_l0", 1, 2)
    'W_hh ←'
    """
    if parameter in TITLES:
        return TITLES[parameter]
    head, _, name = parameter.rpartition(".")
    if not head.startswith(("layers.", "decoder.")):
        return parameter
    short = TITLES.get(name, name.removesuffix("_l0"))
    if head.startswith("decoder."):
        short += ", decoder"
    row = int(head.split(".")[1])
    if directions == 2:
        short += " ←" if row % 2 else " →"
    return f"{short}, layer {row // directions + 1}" if layers > 1 else short


def latex_title(title: str) -> str:
    """What the lecture calls a parameter, to be set: the index of a matrix is one."""
    found = re.match(r"W_(\w+)(.*)", title)
    if found is None:
        return text(title)
    return f"W_{{{found[1]}}}" + (text(found[2]) if found[2] else "")


class _Matrix(NamedTuple):
    """Where a parameter stands at the right, its gradient beside it."""

    name: str
    top: float
    width: float
    """Of a number,"""
    cell: float
    """and how high it is."""


def _matrices(trace: Trace, layout: _Layout) -> list[_Matrix]:
    """The matrices that all steps share, one below the other."""
    names = [name for name in trace.parameters if trace[f"weight/{name}"].ndim == 2]
    _, y, room, _ = layout.beside
    rows = sum(len(trace[f"weight/{name}"]) for name in names)
    cell = min(20.0, (layout.height - y - _BOTTOM - 20.0 * len(names)) / max(1, rows))
    found = []
    for name in names:
        high, columns = trace[f"weight/{name}"].shape
        found.append(_Matrix(name, y + 5, min(38.0, (room - 18) / 2 / columns), cell))
        y += 20 + cell * high
    return found


def _weights(pen: _Pen, trace: Trace, layout: _Layout, marked: str) -> None:
    """The matrices with their names; one of them may be lit."""
    plan, matrices = trace.plan, _matrices(trace, layout)
    x = layout.beside[0]
    for one in matrices:
        lit = bool(marked) and one.name.startswith(marked)
        title = latex_title(title_of(one.name, plan.layers, plan.directions))
        add_formula(pen.figure, x, one.top - 8, title, 15, FORWARD[pen.dark] if lit else pen.ink)
        weights = trace[f"weight/{one.name}"]
        _matrix(pen, x, one.top, one.width, one.cell, weights, _scale(weights), one.name)
    if not all(_matrix_reads(one.width, one.cell) for one in matrices):
        pen.words(x, _TOP - 4, "no room for numbers: point at one", 10, SOFT[pen.dark])


def _sums(pen: _Pen, trace: Trace, layout: _Layout, shown: Moment) -> None:
    """On the way back what the copies of each matrix have given so far, added up."""
    plan, dark, matrices = trace.plan, pen.dark, _matrices(trace, layout)
    x, _, room, _ = layout.beside
    right = x + (room - 18) / 2 + 14
    for one in matrices:
        share, gone = trace[f"share/{one.name}"], shown.copies_gone(plan, one.name)
        summed = share[gone].sum(axis=0)
        if shown.updated and plan.clip != "none":
            summed = trace[f"update/{one.name}"] / -plan.rate
        reach = float(np.abs(share.sum(axis=0)).max(initial=0.0)) or 1.0
        if one is matrices[0] or plan.directions == 2:
            whole = all(gone)
            said = "gradient" if whole else f"sum of {sum(gone)} of {plan.steps} copies"
            pen.words(right, one.top - 5, said, 11, BACK[dark])
        scale = Scale(-reach, reach, "green-purple")
        _matrix(pen, right, one.top, one.width, one.cell, summed, scale, f"gradient/{one.name}")
    if shown.updated and plan.clip != "none":
        pen.words(x + room, _TOP + 14, "clipped", 11, BACK[dark], True, "end")


def _below_matrices(trace: Trace, layout: _Layout) -> tuple[float, float, float, float] | None:
    """x, y, width and height of the room below the matrices; None where there is too little."""
    x, y, room, _ = layout.beside
    for one in _matrices(trace, layout)[-1:]:
        y = one.top + one.cell * len(trace[f"weight/{one.name}"]) + 15
    high = layout.height - y - _BOTTOM
    return (x, y + 14, min(room, 330.0), high - 14) if high > 120 else None


_LINE = 15.0
_FEW = 6
"""So many lines stand below the curve where there is little room."""
_SET = 12.5
"""Letters of a formula are lower than those of captions at the same size."""
_ROUNDED = 1e-6


def _reach(pen: _Pen, trace: Trace, box: tuple[float, float, float, float], at: int) -> None:
    """How strongly the last loss reaches every state, and what bounds it at one step.

    Where there is room the circle stands below the curve, else beside it.
    """
    x, y, width, height = box
    row = reaching_row(trace.plan)
    found, seen = curves(trace, row), spectrum(trace, row, at)
    title = "how strongly the last loss reaches each state"
    for words in lines_within(title, width, 12, bold=True):
        pen.words(x, y, words, 12, bold=True)
        y, height = y + _LINE, height - _LINE
    y, height = y - _LINE, height + _LINE
    said: list[str] = []
    for sentence in sentences(seen) if seen is not None else ():
        lines = set_in_lines(sentence, width, _SET)
        if height >= 420 or len(said) + len(lines) <= _FEW:
            said += lines  # no sentence is cut
    names = _LINE * len(found) if len(found) > 1 else 0.0
    deep = _LINE * len(said)
    large = height > 330
    if large:
        curve = min(190.0, 0.42 * (height - deep - names))
        _curves(pen, found, (x, y, width, curve), trace.plan.steps)
        side = min(190.0, height - curve - names - deep - 60, width - 160)
        middle = y + curve + names + 34 + side / 2
        if seen is not None and side > 40:
            _eigenvalues(pen, seen, x + 34 + side / 2, middle, side / 2)
            _key(pen, seen, x + 48 + side, middle - 20)
        below = middle + side / 2 + 24
    else:
        curve = max(60.0, min(150.0, height - names - deep - 20))
        side = min(curve - 26, width * 0.36) if seen is not None else 0.0
        right = width - side - (18 if side else 0)
        _curves(pen, found, (x, y, right, curve), trace.plan.steps)
        if seen is not None:
            _eigenvalues(pen, seen, x + right + 18 + side / 2, y + 12 + side / 2, side / 2)
        below = y + curve + names + 18
    for number, line in enumerate(said):
        if below + _LINE * number <= y + height + 4:
            add_formula(pen.figure, x, below + _LINE * number, line, _SET, SOFT[pen.dark])


_CURVES = {
    False: ("#b84a00", "#0a7a3d", "#7a3fb0"),
    True: ("#ff9a52", "#4fd08a", "#c79bf2"),
}
"""Told apart by their points too: round, square, none but a broken line."""


def _curves(
    pen: _Pen, found: tuple[Curve, ...], box: tuple[float, float, float, float], steps: int
) -> None:
    """Norms on a logarithmic axis, a line for each state."""
    x, y, width, height = box
    dark, soft = pen.dark, SOFT[pen.dark]
    left, right, above, below = x + 34, x + width, y + 12, y + height - 14
    low, high = axis(found)
    for power in range(low, high + 1, max(1, (high - low) // 4)):
        level = below - (power - low) / (high - low) * (below - above)
        pen.figure.strokes.append(Stroke(left, level, right, level, 1.0, FAINT[dark]))
        pen.words(left - 5, level + 4, f"1e{power}".replace("-", "−"), 10, soft, False, "end")

    def place(share: tuple[float, float]) -> tuple[float, float]:
        return left + share[0] * (right - left), below - share[1] * (below - above)

    for number, curve in enumerate(found):
        colour = _CURVES[dark][number % 3]
        known = points(curve.norms, low, high)
        for one, other in runs(known):
            _line(pen, place(one), place(other), colour, number)
        for share in known:
            if share is not None:
                _dot(pen, place(share), colour, number)
        if len(found) > 1:
            level = below + 16 + _LINE * (number + 1)
            _line(pen, (left, level - 4), (left + 26, level - 4), colour, number)
            _dot(pen, (left + 13, level - 4), colour, number)
            pen.words(left + 34, level, curve.name, 11, soft)
    cut = steps - int((found[0].norms > 0).sum())
    said = f"step 1 to {steps}" + (f"; {cut} not reached" if cut else "")
    pen.words((left + right) / 2, below + 13, said, 10, soft, False, "middle")


def _line(
    pen: _Pen, one: tuple[float, float], other: tuple[float, float], colour: str, number: int
) -> None:
    """A line; the third of several is broken."""
    if number != 2:
        pen.figure.strokes.append(Stroke(*one, *other, 1.8, colour))
        return
    pieces = max(2, int(np.hypot(other[0] - one[0], other[1] - one[1]) / 5))
    for piece in range(0, pieces, 2):
        start, end = piece / pieces, (piece + 1) / pieces
        wide, high = other[0] - one[0], other[1] - one[1]
        x1, y1 = one[0] + start * wide, one[1] + start * high
        x2, y2 = one[0] + end * wide, one[1] + end * high
        pen.figure.strokes.append(Stroke(x1, y1, x2, y2, 1.4, colour))


def _dot(pen: _Pen, at: tuple[float, float], colour: str, number: int) -> None:
    """A round point of the first line, a square one of the second."""
    x, y = at
    if number == 0:
        pen.figure.strokes.append(Stroke(x, y, x + 0.1, y, 5.0, colour))
    elif number == 1:
        pen.figure.boxes.append(Box(x - 2.5, y - 2.5, 5, 5, colour))


def _eigenvalues(pen: _Pen, seen: Spectrum, x: float, y: float, radius: float) -> None:
    """Eigenvalues as points; the circle has radius 1, unless one lies outside of the picture.

    Those of W_hh are filled, those of the step's Jacobian are rings.
    """
    # Of a fresh matrix all lie on the circle, but for rounding.
    filled = seen.matrix if seen.matrix is not None else np.zeros(0, np.complex128)
    reach = max(1.15, *(1.1 * abs(value) for value in (*filled, *seen.eigenvalues)))
    _ring(pen, x, y, radius / reach, SOFT[pen.dark], 49)
    for values, ring in ((filled, False), (seen.eigenvalues, True)):
        for value in values:
            px, py = x + radius / reach * value.real, y - radius / reach * value.imag
            ink = FORWARD[pen.dark] if abs(value) <= 1 + _ROUNDED else WRONG[pen.dark]
            if ring:
                _ring(pen, px, py, 4.0, ink, 13, 1.5)
            else:
                pen.figure.strokes.append(Stroke(px, py, px + 0.1, py, 6.0, ink))


def _ring(
    pen: _Pen, x: float, y: float, radius: float, colour: str, corners: int, width: float = 1.0
) -> None:
    angles = np.linspace(0, 2 * np.pi, corners)
    xs, ys = x + radius * np.cos(angles), y + radius * np.sin(angles)
    pen.lines([*zip(xs.tolist(), ys.tolist(), strict=True)], colour, width)


def _key(pen: _Pen, seen: Spectrum, x: float, y: float) -> None:
    """Which points of the circle are whose."""
    pen.words(x, y, "eigenvalues", 11, SOFT[pen.dark], True)
    if seen.matrix is not None:
        pen.figure.strokes.append(Stroke(x + 5, y + 15, x + 5.1, y + 15, 6.0, FORWARD[pen.dark]))
        add_formula(pen.figure, x + 16, y + 19, "W_{hh}", 14, SOFT[pen.dark])
        y += 18
    _ring(pen, x + 5, y + 15, 4.0, FORWARD[pen.dark], 13, 1.5)
    add_formula(pen.figure, x + 16, y + 19, seen.jacobian, 14, SOFT[pen.dark])


def _matrix_reads(width: float, cell: float) -> bool:
    """Whether a number of a matrix has room in its cell."""
    return cell >= _READABLE - 1.5 and width >= 24


def _matrix(
    pen: _Pen,
    x: float,
    y: float,
    width: float,
    cell: float,
    values: Numbers,
    scale: Scale,
    key: str,
) -> None:
    table = colours_of(scale, pen.dark)
    size = int(min(11, cell * 0.68, (width - 3) / 2.75))
    wide, high, readable = (
        max(1.0, width - 1),
        max(1.0, cell - 1),
        _matrix_reads(width, cell),
    )
    boxes, places = pen.figure.boxes, pen.picture.places
    rows = zip(values.tolist(), scale.index(values).tolist(), strict=True)
    for row, (numbers, entries) in enumerate(rows):
        top = y + row * cell
        for column, (number, entry) in enumerate(zip(numbers, entries, strict=True)):
            left = x + column * width
            boxes.append(Box(left, top, wide, high, table[entry]))
            places.append(Place(left, top, width, cell, "weight", key, -1, row, column))
            if readable:
                shown = f"{number:.2f}".replace("-", "−")
                pen.words(left + width - 3, top + cell * 0.7, shown, size, "", False, "end")
