"""One step of a decoder with attention, as the lecture draws it, and what lies where in it.

On top the states h_i of the memory in a row over what they stand for; under each its score e_i and
its weight a_i as a bar; arrows as thick as the weights into c_t; below, the decoder: the state
before, what it reads, the state after, and the likeliest words. Every number is one of the steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from rnnviz.core.alignments.alignment import Floats
from rnnviz.core.alignments.steps.attention_steps import AttentionSteps
from rnnviz.core.alignments.words.tokens import runs_right_to_left
from rnnviz.core.colours.colour import INK, PAPER, Scale
from rnnviz.core.colours.weight_colours import WHOLE
from rnnviz.core.export.figure import (
    SOFT,
    Anchor,
    Box,
    Figure,
    Stroke,
    Words,
    colours_of,
    hex_colour,
)
from rnnviz.core.quantities.shown_numbers import shown_number

Part = Literal["memory", "place", "score", "weight", "context", "before", "state", "word", "read"]
QUERY = {False: "#b84a00", True: "#ff9a52"}
"""The way of the state that the scores are computed from."""
FLOW = {False: "#3452c7", True: "#8ea6ff"}
_FAINT = {False: "#d9dee6", True: "#363d49"}
_LETTER = 0.56
"""A letter's width as a share of the size of its font, on average."""
_UNITS = 24
"""Of a state at most so many units are drawn, at equal distances; each is one number."""
_LIKELY = 5
_THICKEST = 13.0
_NUMBERS = 0.005
_HEAVY = 0.1
"""Of many places only these have their weight written; the others have no room."""
_LEAST_NAME, _SHRUNK = 11, 0.7
"""Names side by side are at least so large: pixels, and a share of the text; else they lean."""
_SIDE = 16.0


class Spot(NamedTuple):
    """Where one number lies, so that a pointer finds it."""

    x: float
    y: float
    width: float
    height: float
    part: Part
    place: int
    """Of the memory; among the likeliest words, which."""
    unit: int = -1

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass
class StepPicture:
    """What is painted, and where the numbers lie in it."""

    figure: Figure
    spots: list[Spot] = field(default_factory=list)

    def at(self, x: float, y: float) -> Spot | None:
        """The number at a point; the uppermost."""
        return next((spot for spot in reversed(self.spots) if spot.holds(x, y)), None)


def draw_step(
    steps: AttentionSteps,
    step: int,
    size: tuple[float, float] = (1280.0, 640.0),
    dark: bool = False,
    *,
    matrix: bool = False,
    marked: int | None = None,
) -> StepPicture:
    """The picture of a step.

    Args:
        step: how many words are written: 0 shows what the encoder left, 1 how the first was found.
        size: pixels.
        matrix: draw the matrix so far at the right, too.
        marked: a place whose arrow and word stand out.
    """
    width, height = size
    made = StepPicture(Figure(width, height, hex_colour(PAPER[dark])))
    shown = max(0, min(step, len(steps)))
    room = width * 0.66 if matrix and steps.weights is not None else width
    picture = _Drawing(made, steps, shown, (room, height), dark, marked)
    picture.draw()
    if room < width:
        _matrix(made, steps, shown, (room, width, height), dark)
    return made


class _Drawing:
    """Lays out and draws one step in a room of so many pixels."""

    def __init__(
        self,
        made: StepPicture,
        steps: AttentionSteps,
        shown: int,
        size: tuple[float, float],
        dark: bool,
        marked: int | None,
    ) -> None:
        self.made, self.steps, self.shown, self.dark = made, steps, shown, dark
        self.width, self.height = size
        self.marked = marked
        self.figure = made.figure
        self.row = shown - 1
        """The step whose numbers are drawn; -1 before the first."""
        self.ink, self.soft = hex_colour(INK[dark]), SOFT[dark]
        self.unit = min(1.8, max(0.66, min(self.width / 640, self.height / 490)))
        """How large words are, 1 in a room of 640 x 490."""
        self.text, self.small = round(15 * self.unit), round(12 * self.unit)
        self.labels = 58 * self.unit
        self.turned = runs_right_to_left(steps.places)
        count = max(1, len(steps.places))
        self.across = (self.width - 2 * _SIDE - self.labels) / count
        longest = max(map(self._long, steps.places), default=0.0) + 4
        # A little smaller is better read than leaning.
        self.name_size = min(self.text, int(self.text * self.across / max(longest, 1.0)))
        self.names_lean = self.name_size < max(_LEAST_NAME, _SHRUNK * self.text)

    # Places

    def _long(self, words: str, size: int | None = None) -> float:
        return sum(1.0 if ord(c) > 0x2E7F else _LETTER for c in words) * (size or self.text)

    def middle(self, place: int) -> float:
        """The middle of a place of the memory."""
        seen = len(self.steps.places) - 1 - place if self.turned else place
        return _SIDE + self.labels + (seen + 0.5) * self.across

    # Pens

    def words(
        self,
        x: float,
        y: float,
        text: str,
        size: int | None = None,
        colour: str = "",
        bold: bool = False,
        anchor: Anchor = "start",
        angle: float = 0.0,
    ) -> None:
        """A line of words."""
        inked = colour or self.ink
        self.figure.words.append(Words(x, y, text, size or self.text, inked, bold, anchor, angle))

    def line(self, points: list[tuple[float, float]], colour: str, width: float = 1.6) -> None:
        """A line over some points, with an arrow's head at its end."""
        strokes = self.figure.strokes
        for (x1, y1), (x2, y2) in pairwise(points):
            strokes.append(Stroke(x1, y1, x2, y2, width, colour))
        (x1, y1), (x2, y2) = points[-2:]
        length = math.hypot(x2 - x1, y2 - y1)
        if length < 2:
            return
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        head = 6.0 + width
        for turn in (0.5, -0.5):
            bx = x2 - head * (dx * math.cos(turn) - dy * math.sin(turn))
            by = y2 - head * (dy * math.cos(turn) + dx * math.sin(turn))
            strokes.append(Stroke(x2, y2, bx, by, max(1.6, 0.55 * width), colour))

    def strip(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        values: Floats,
        scale: Scale,
        named: tuple[Part, int],
        *,
        upright: bool = False,
    ) -> None:
        """Some units of a vector as cells in a row, or one below the other."""
        units = _some_units(len(values), height if upright else width)
        table = colours_of(scale, self.dark)
        entries = scale.index(np.asarray(values, np.float32)[units]).tolist()
        cell = (height if upright else width) / len(units)
        for at, (unit, entry) in enumerate(zip(units, entries, strict=True)):
            left, top = (x, y + at * cell) if upright else (x + at * cell, y)
            wide, high = (width, cell) if upright else (cell, height)
            self.figure.boxes.append(Box(left, top, wide, high, table[entry]))
            self.made.spots.append(Spot(left, top, wide, high, *named, int(unit)))
        self.frame(x, y, width, height, _FAINT[self.dark])

    def frame(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A rectangle."""
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
            self.figure.strokes.append(Stroke(x1, y1, x2, y2, 1.0, colour))

    # The parts

    def draw(self) -> None:
        """Everything, from the top down."""
        top = self._title()
        foot = self.height - max(0.31 * self.height, 5.6 * self.text)
        bottom = self._memory(top, foot)
        self._decoder(bottom, foot)

    def _title(self) -> float:
        steps, kind = self.steps, self.steps.kind
        y = 12 + self.text
        said = f"Step {self.shown} of {len(steps)}: “{steps.written[self.row]}” is written"
        if self.row < 0:
            said = "The encoder has read everything; nothing is written yet"
        size = _fitting(said, self.width - 2 * _SIDE, round(self.text * 1.1))
        self.words(_SIDE, y, said, size, bold=True)
        about = kind.words
        y += self.small + 6
        self.words(_SIDE, y, about, _fitting(about, self.width - 2 * _SIDE, self.small), self.soft)
        return y + 8

    def _memory(self, top: float, foot: float) -> float:
        """The states over their words, with scores and weights; where the arrows begin."""
        steps, room = self.steps, foot - top
        states = min(0.22 * room, 130.0) if steps.memory is not None else 0.0
        if steps.memory is not None:
            scale = _scale(steps.memory)
            wide = min(30.0 * self.unit, self.across * 0.62)
            self.label(top + states / 2 + 5, "h")
            for place in range(len(steps.places)):
                x = self.middle(place) - wide / 2
                self.strip(
                    x, top, wide, states, steps.memory[place], scale, ("memory", place),
                    upright=True,
                )  # fmt: skip
        y = self._names(top + states + 4, room)
        if self.row < 0 or steps.weights is None:
            return y
        y += self.small + 2
        if steps.scores is not None:
            self.label(y, "e")
            self._numbers(y, steps.scores[self.row], "score")
            y += self.small * 0.6
        arrows = max(24.0, 0.26 * room)
        return self._bars(y, max(6.0, min(foot - arrows - y - self.small, 190.0)))

    def label(self, y: float, text: str) -> None:
        """What a row is."""
        self.words(_SIDE + 22, y, text, self.text, self.soft, bold=True)

    def _names(self, y: float, room: float) -> float:
        """The words of the places; leaning where they have no room side by side."""
        steps = self.steps
        lean = math.radians(55)
        size = self.name_size if not self.names_lean else self.text
        size = size if self.across >= size else max(8, int(self.across))
        longest = max((self._long(name, size) for name in steps.places), default=0.0)
        deep = min(longest * math.sin(lean), 0.22 * room) + size * 0.5
        y += size if not self.names_lean else deep
        for place, name in enumerate(steps.places):
            x, lit = self.middle(place), place == self.marked
            colour = FLOW[self.dark] if lit else self.ink
            if not self.names_lean:
                self.words(x, y, name, size, colour, lit, "middle")
                high = size + 4.0
                spot = Spot(x - self.across / 2, y - high, self.across, high + 4, "place", place)
            else:
                most = max(3, int(0.22 * room / math.sin(lean) / (size * _LETTER)))
                shown = name if len(name) <= most else f"{name[: most - 1]}…"
                self.words(
                    x - size * 0.2, y - deep + size * 0.5, shown, size, colour, lit, angle=55.0
                )
                spot = Spot(x - self.across / 2, y - deep, self.across, deep, "place", place)
            self.made.spots.append(spot)
        return y + 4

    def _numbers(self, y: float, values: Floats, part: Part) -> None:
        shown, size = list[str](), 0
        # Where places stand closely, fewer decimals rather than none to be read.
        for decimals in (2, 1, 0):
            shown = [shown_number(value, f".{decimals}f") for value in values.tolist()]
            longest = max(map(len, shown), default=1)
            size = int(min(self.small, (self.across - 2) / (longest * _LETTER)))
            if size >= 7:
                break
        for place, text in enumerate(shown):
            x = self.middle(place)
            if size >= 7:
                colour = self.soft if part == "score" else self.ink
                self.words(x, y, text, size, colour, anchor="middle")
            high = self.small + 4.0
            self.made.spots.append(
                Spot(x - self.across / 2, y - high + 3, self.across, high, part, place)
            )

    def _bars(self, y: float, high: float) -> float:
        """The weights as bars that stand on a line, each with its number; the line's height."""
        steps, dark = self.steps, self.dark
        assert steps.weights is not None
        weights = steps.weights[self.row]
        wide = min(38.0 * self.unit, self.across * 0.7)
        table, entries = colours_of(WHOLE, dark), WHOLE.index(weights).tolist()
        base = y + high + self.small
        self.label(base - 2, "a")
        size = int(min(self.text, (self.across - 2) / (4 * _LETTER)))
        for place, (weight, entry) in enumerate(zip(weights.tolist(), entries, strict=True)):
            x = self.middle(place)
            tall = high * min(max(weight, 0.0), 1.0) if math.isfinite(weight) else 0.0
            self.figure.boxes.append(Box(x - wide / 2, base - tall, wide, tall, table[entry]))
            lit = place == self.marked or (self.row, place) in steps.forced
            told = weight >= (_NUMBERS if size >= 7 else _HEAVY) or not math.isfinite(weight)
            if told:
                colour = QUERY[dark] if (self.row, place) in steps.forced else self.ink
                heavy = lit or weight > 0.3
                number, high_ = f"{weight:.2f}", max(size, 9)
                self.words(x, base - tall - 3, number, high_, colour, heavy, "middle")
            self.made.spots.append(
                Spot(x - self.across / 2, y, self.across, base - y, "weight", place)
            )
        left = _SIDE + self.labels
        right = self.width - _SIDE
        self.figure.strokes.append(Stroke(left, base, right, base, 1.0, _FAINT[dark]))
        return base

    def _decoder(self, start: float, foot: float) -> None:
        """c_t, the states before and after, what is read, and the likeliest words."""
        steps, kind, dark, row = self.steps, self.steps.kind, self.dark, self.row
        width = self.width
        deep = self.height - foot
        high = min(30.0, 0.12 * deep + 5)
        middle = foot + 0.5 * deep
        """Of the row of states."""
        before = (0.05 * width, 0.21 * width)
        after = (0.30 * width, 0.47 * width)
        said = (0.62 * width, width - _SIDE)
        context = (0.30 * width, 0.56 * width)
        c_top = foot - high / 2
        if row < 0:
            if steps.states is not None:
                words = "The decoder begins with s₀, made of the encoder's last states."
                size = _fitting(words, width - 2 * _SIDE, self.text)
                self.words(width / 2, middle, words, size, self.soft, anchor="middle")
            return
        if steps.states is None and steps.context is None:
            context = (0.36 * width, 0.64 * width)
            self._arrows(start, c_top, context)
            self.frame(context[0], c_top, context[1] - context[0], high * 1.5, FLOW[dark])
            self.words(
                width / 2, c_top + high * 0.75 + self.text * 0.36, steps.written[row],
                self.text, FLOW[dark], bold=True, anchor="middle",
            )  # fmt: skip
            return
        self._arrows(start, c_top, context)
        if steps.context is not None:
            scale = _scale(steps.context)
            vector = steps.context[row]
            self.strip(
                context[0], c_top, context[1] - context[0], high, vector, scale, ("context", -1)
            )
        else:
            self.frame(context[0], c_top, context[1] - context[0], high, FLOW[dark])
        sign = "Σ" if kind.has_attention else "h"
        formula = (
            f"c{_sub(row + 1)} = Σ aᵢ hᵢ" if sign == "Σ" else f"c{_sub(row + 1)} = the last state"
        )
        self.words(
            context[1] + 8, c_top + high * 0.5 + self.text * 0.36, formula,
            _fitting(formula, width - context[1] - _SIDE, self.text), bold=True,
        )  # fmt: skip
        self._states(middle, high, (before, after, context), c_top + high)
        self._likely(middle, deep, said)

    def _arrows(self, start: float, stop: float, context: tuple[float, float]) -> None:
        """From every place into c_t, as thick as its weight."""
        steps, dark = self.steps, self.dark
        left, right = context
        if steps.weights is None:
            if not steps.kind.has_attention and steps.places:
                last = len(steps.places) - 1
                self.line(
                    [(self.middle(last), start + 4), ((left + right) / 2, stop - 2)],
                    FLOW[dark],
                    5.0,
                )
            return
        weights = steps.weights[self.row]
        table, entries = colours_of(WHOLE, dark), WHOLE.index(weights).tolist()
        span = max(1.0, self.width - 2 * _SIDE - self.labels)
        for place in np.argsort(np.nan_to_num(weights), kind="stable").tolist():
            weight = float(weights[place])
            if not weight >= _NUMBERS:
                continue
            x = self.middle(place)
            share = (x - _SIDE - self.labels) / span
            to = left + (right - left) * (0.2 + 0.6 * share)
            lit = place == self.marked
            colour = QUERY[dark] if lit else table[entries[place]]
            thick = 0.8 + _THICKEST * min(weight, 1.0)
            self.line([(x, start + 2), (to, stop - 3)], colour, thick)

    def _states(
        self,
        middle: float,
        high: float,
        spans: tuple[tuple[float, float], tuple[float, float], tuple[float, float]],
        c_foot: float,
    ) -> None:
        steps, kind, dark, row = self.steps, self.steps.kind, self.dark, self.row
        before, after, _ = spans
        top = middle - high / 2
        previous = f"s{_sub(row)}"
        now = f"s{_sub(row + 1)}"
        scale = _scale(steps.states) if steps.states is not None else WHOLE
        if steps.states is not None:
            if row > 0:
                self.strip(
                    before[0], top, before[1] - before[0], high, steps.states[row - 1], scale,
                    ("before", -1),
                )  # fmt: skip
            else:
                self.frame(before[0], top, before[1] - before[0], high, self.soft)
            self.strip(
                after[0], top, after[1] - after[0], high, steps.states[row], scale, ("state", -1)
            )
        else:
            for left, right in (before, after):
                self.frame(left, top, right - left, high, self.soft)
        gap = self.text + 3
        self.words(before[0], top - 5, previous, self.text, bold=True)
        self.words(after[0] - 4, top - 5, now, self.text, bold=True, anchor="end")
        self.line([(before[1] + 3, middle), (after[0] - 4, middle)], self.soft)
        read = "the beginning" if row == 0 else steps.written[row - 1]
        x = (after[0] + after[1]) / 2
        under = middle + high / 2
        y = min(under + 24 + self.text * 1.4, self.height - 6)
        text = f"“{read}”" if row else read
        self.words(x, y, text, self.text, bold=bool(row), anchor="middle")
        wide = self._long(text)
        self.words(x - wide / 2 - 6, y, f"y{_sub(row)}", self.text, self.soft, anchor="end")
        self.made.spots.append(Spot(x - wide / 2, y - gap, wide, gap + 4, "read", -1))
        self.line([(x, y - gap), (x, under + 4)], self.soft)
        readout = after[1] + 0.055 * self.width
        flow = FLOW[dark]
        if kind.order != "after":
            self.line([(x, c_foot + 1), (x, top - 3)], flow, 2.4)
        self.line([(readout, c_foot + 1), (readout, middle - 9)], flow, 2.4)
        self.line([(after[1] + 3, middle), (readout - 10, middle)], self.soft)
        self._knot(readout, middle)
        self.line([(readout + 10, middle), (0.615 * self.width, middle)], self.soft)
        if steps.weights is not None and kind.attention in ("dot", "general", "additive"):
            self._query(before if kind.order == "before" else after, middle, high)

    def _knot(self, x: float, y: float) -> None:
        """Where state and context come together before the softmax."""
        for at in range(16):
            a, b = (2 * math.pi * (at + n) / 16 for n in (0, 1))
            self.figure.strokes.append(
                Stroke(
                    x + 8 * math.cos(a), y + 8 * math.sin(a), x + 8 * math.cos(b),
                    y + 8 * math.sin(b), 1.4, self.soft,
                )
            )  # fmt: skip
        self.words(x, y + 8 + self.small, "tanh", self.small, self.soft, anchor="middle")

    def _query(self, span: tuple[float, float], middle: float, high: float) -> None:
        """From the state that is asked with, along the left, up to the scores."""
        colour = QUERY[self.dark]
        spots = [spot for spot in self.made.spots if spot.part in ("score", "weight")]
        if not spots:
            return
        target = min(spot.y + spot.height / 2 for spot in spots)
        x, left = span[0] + 10, _SIDE * 0.5
        under = middle + high / 2
        self.line(
            [
                (x, under + 2), (x, under + 14), (left, under + 14), (left, target),
                (_SIDE + 18, target),
            ],
            colour,
        )  # fmt: skip

    def _likely(self, middle: float, deep: float, span: tuple[float, float]) -> None:
        """The likeliest words with their probabilities; the one that is written stands out."""
        steps, row, dark = self.steps, self.row, self.dark
        left, right = span
        listed = [(one.token, one.p) for one in (steps.likely[row] if steps.likely else ())]
        listed = listed[:_LIKELY]
        chosen = steps.written[row]
        known = steps.p[row] if row < len(steps.p) else math.nan
        if chosen not in [token for token, _ in listed]:
            listed.append((chosen, known))
        pitch = min(self.text * 1.35, (deep - 8) / max(len(listed), 1))
        size = max(8, int(min(self.text, pitch * 0.78)))
        longest = max(self._long(token, size) for token, _ in listed)
        names = min(longest, 0.5 * (right - left))
        room = max(8.0, right - left - names - 8 - 4 * size * _LETTER - 10)
        y = max(middle - len(listed) * pitch / 2, middle - 0.45 * deep) + pitch * 0.75
        y = min(y, self.height - 6 - (len(listed) - 1) * pitch)
        table = colours_of(WHOLE, dark)
        for place, (token, p) in enumerate(listed):
            written = token == chosen
            colour = FLOW[dark] if written else self.ink
            self.words(left + names, y, token, size, colour, written, "end")
            bar = room * min(max(p, 0.0), 1.0) if math.isfinite(p) else 0.0
            entry = int(WHOLE.index(np.array([p], np.float32))[0])
            shade = FLOW[dark] if written else table[min(entry, 254)]
            self.figure.boxes.append(
                Box(left + names + 8, y - size * 0.75, max(bar, 1.0), size * 0.85, shade)
            )
            number = f"{p:.2f}" if math.isfinite(p) else ""
            self.words(left + names + 8 + bar + 5, y, number, size, self.soft)
            self.made.spots.append(Spot(left, y - pitch * 0.75, right - left, pitch, "word", place))
            y += pitch


def _matrix(
    made: StepPicture,
    steps: AttentionSteps,
    shown: int,
    room: tuple[float, float, float],
    dark: bool,
) -> None:
    """The rows so far as a table, a row a step."""
    assert steps.weights is not None
    left, right, height = room
    rows, columns = steps.weights.shape
    size = 12
    names = max((len(name) for name in steps.written), default=1) * size * _LETTER
    names = min(names, 0.4 * (right - left))
    heads = max((len(name) for name in steps.places), default=1) * size * _LETTER * 0.82
    heads = min(heads, 0.3 * height)
    x, y = left + names + 16, 24 + heads
    cell = min((right - x - 28) / max(columns, 1), (height - y - 16) / max(rows, 1), 34.0)
    letters = max(6, min(size, int(cell * 0.8)))
    ink, soft = hex_colour(INK[dark]), SOFT[dark]
    table = colours_of(WHOLE, dark)
    turned = runs_right_to_left(steps.places)
    order = range(columns - 1, -1, -1) if turned else range(columns)
    for seen, column in enumerate(order):
        at = x + (seen + 0.5) * cell + letters * 0.3
        made.figure.words.append(Words(at, y - 6, steps.places[column], letters, ink, angle=-55.0))
    for row in range(rows):
        middle = y + (row + 0.5) * cell + letters * 0.35
        there = row < shown
        colour = ink if there else soft
        if there:
            made.figure.words.append(
                Words(x - 8, middle, steps.written[row], letters, colour, row == shown - 1, "end")
            )
            entries = WHOLE.index(steps.weights[row]).tolist()
            for seen, column in enumerate(order):
                made.figure.boxes.append(
                    Box(
                        x + seen * cell, y + row * cell, cell - 1, cell - 1,
                        table[entries[column]],
                    )
                )  # fmt: skip
    width, high = columns * cell, rows * cell
    for x1, y1, x2, y2 in (
        (x, y, x + width, y), (x, y + high, x + width, y + high),
        (x, y, x, y + high), (x + width, y, x + width, y + high),
    ):  # fmt: skip
        made.figure.strokes.append(Stroke(x1, y1, x2, y2, 1.0, _FAINT[dark]))


def _fitting(words: str, room: float, largest: int) -> int:
    """The size at which words fit in so many pixels."""
    return max(8, min(largest, int(room / (_LETTER * max(1, len(words))))))


def _some_units(units: int, room: float) -> list[int]:
    """At most `_UNITS` of them, at equal distances, none narrower than three pixels."""
    count = max(1, min(_UNITS, units, int(room / 3)))
    return [round(at * (units - 1) / max(count - 1, 1)) for at in range(count)]


def _scale(values: Floats) -> Scale:
    """Symmetric about zero, as far as 98 % of the numbers go."""
    known = np.abs(values[np.isfinite(values)])
    bound = float(np.quantile(known, 0.98)) if known.size else 1.0
    return Scale(-max(bound, 1e-6), max(bound, 1e-6), "blue-orange")


def _sub(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
