"""One step of a layer opened: its gates and states as columns of numbers, as its equations go.

Below them the way through it that no matrix touches: what each step leaves of the state before, and
the product of that over the steps; for a layer whose state passes through a matrix, the slopes and
the product of the Jacobians.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rnnviz.core.architectures import facts_of
from rnnviz.core.architectures.facts import ArchitectureFacts
from rnnviz.core.colours.colour import INK, PAPER, Scale
from rnnviz.core.export.figure import SOFT, Box, Figure, Words, add_arrow, colours_of, hex_colour
from rnnviz.core.export.mathematics import add_formula, typeset
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.unroll.equations import text
from rnnviz.core.unroll.pictures.picture import BACK, FORWARD, Picture, Place, shown_symbol
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.states import (
    entering,
    left_of_the_state,
    product_of_jacobians,
    state_before,
)
from rnnviz.core.unroll.trace import Numbers, Trace

_SIDE, _TOP, _GAP = 24.0, 80.0, 34.0
_LEAST, _LARGEST = (820.0, 540.0), 1.7
"""From this size on, in pixels, everything grows with the picture, up to so many times."""
_TOKEN = re.compile(r"[a-z_]+\(|[a-z_]+|[()*+-]|\d+")
_SIGNS = {"*": "·", "-": "−"}


def draw_inside(
    trace: Trace, layer: int, step: int, size: tuple[float, float], dark: bool = False
) -> Picture:
    """The picture of a step from inside.

    Args:
        layer: the row, from 0: a layer, or one of its two directions.
        step: from 0.
    """
    # Laid out for a small window and drawn as large as there is room: a lecture hall reads it.
    larger = min(_LARGEST, max(1.0, min(size[0] / _LEAST[0], size[1] / _LEAST[1])))
    width, height = size[0] / larger, size[1] / larger
    plan, facts = trace.plan, facts_of(trace.plan.architecture)
    picture = Picture(Figure(width, height, hex_colour(PAPER[dark])))
    sheet = _Sheet(picture, trace, layer, step, dark)
    symbol = plan.inputs[step]
    of = f", layer {plan.layer_of(layer) + 1}" if plan.layers > 1 else ""
    if plan.direction != "forward":
        of += ", read from the end" if plan.from_end(layer) else ", read on"
    who = "the decoder's " if plan.decodes(step) else ""
    read = f"“{shown_symbol(symbol)}” enters" if symbol is not None else "nothing enters"
    sheet.words(20, 26, f"Inside {who}step {step + 1}{of}: {read}", 15, bold=True)
    sheet.words(20, 46, facts.about, 12, SOFT[dark])
    room = (height - _TOP - 28) / (2 + len(facts.made))
    sheet.cell = max(4.0, min(24.0, (room - _GAP) / max(plan.units, 1)))
    widest = max(plan.width, plan.units * plan.directions)
    sheet.inputs_cell = max(4.0, min(sheet.cell, (room - _GAP) / widest))
    y = _TOP
    y += _entering(sheet, facts, y) + _GAP
    for name, formula in facts.made.items():
        sheet.equation(y, name, formula)
        y += sheet.cell * plan.units + _GAP
    _way_back(sheet, y)
    return picture.scaled(larger) if larger > 1 else picture


def _entering(sheet: _Sheet, facts: ArchitectureFacts, y: float) -> float:
    """What enters, and what a matrix makes of it; how high that is."""
    trace, layer, step, dark = sheet.trace, sheet.layer, sheet.step, sheet.dark
    plan = trace.plan
    below, first = entering(trace, layer, step), plan.layer_of(layer) == 0
    x = sheet.column(
        _SIDE, y, "x" if first else "from below", below, "inputs", "input", "x" if first else ""
    )
    recurrent = f"layers.{layer}.weight_hh_l0" in trace.weights
    if recurrent:
        before = state_before(trace, layer, "hidden", step)
        was = f"h_{{{sheet.before}}}"
        x = sheet.column(x + 14, y, "h before", before, f"{layer}/before_hidden", latex=was)
    middle = y + sheet.cell * plan.units / 2
    arrow = 120.0
    add_arrow(sheet.picture.figure, x + 12, middle, x + arrow, middle, FORWARD[dark], 1.6)
    product = f"W\\,x + U\\,h_{{{sheet.before}}} + b" if recurrent else "W\\,x + b"
    sheet.formula(x + 12, middle - 9, product, 14, FORWARD[dark])
    x += arrow + 14
    if not facts.made:
        hidden, made_so = trace[f"{layer}/hidden"][step], "h_{t} = \\tanh(\\ldots)"
        x = sheet.column(x, y, "h = tanh(…)", hidden, f"{layer}/hidden", latex=made_so)
    made = set(facts.made)
    for channel in facts.channels:
        if channel.name in made or (not facts.made and channel.name == "hidden"):
            continue
        values = trace[f"{layer}/{channel.name}"][step]
        x = sheet.column(x, y, channel.name, values, f"{layer}/{channel.name}") + 10
    return max(sheet.cell * plan.units, sheet.inputs_cell * len(below))


def _way_back(sheet: _Sheet, y: float) -> None:
    """The factors of every step, and their product from this step to the last."""
    trace, layer, step, dark = sheet.trace, sheet.layer, sheet.step, sheet.dark
    plan = trace.plan
    later = plan.after(layer, step)
    end = plan.order(layer)[-1] + 1
    ink = BACK[dark]
    if not later:
        sheet.words(_SIDE, y + 4, "nothing comes after the last step", 12, SOFT[dark])
        return
    if left_of_the_state(trace, layer, step) is None:
        whole = product_of_jacobians(trace, layer, step)
        slopes = 1 - trace[f"{layer}/hidden"] ** 2
        said = text(f"back from step {end}: {len(later)} Jacobians ")
        said += "\\diag(1 - h_{t}^{2})\\,W_{hh}"
        if whole is None:
            said += text("; a state begins anew in between: nothing comes back")
        else:
            largest = float(np.linalg.norm(whole, 2))
            said += text(f" multiplied; the largest singular value of the product is {largest:.3g}")
        sheet.formula(_SIDE, y - 4, said, 15, ink)
        shown = [(f"1 − h² of {number + 1}", slopes[number]) for number in later]
        set_so = [f"1 - h_{{{number + 1}}}^{{2}}" for number in later]
        sheet.factors(y + 22, shown, None, "1 − h²", set_so)
        return
    found = [left_of_the_state(trace, layer, number) for number in later]
    factors = [values for pair in found if pair is not None for values in (pair[1],)]
    state = (
        found[0][0] if found and found[0] is not None else facts_of(plan.architecture).states[-1]
    )
    whole_way = np.prod(factors, axis=0) if factors else np.ones(plan.units)
    title = facts_of(plan.architecture).channel(state).title
    said = f"back from step {end} along the {title}: no matrix, only these factors; "
    said += "their product is what is left of this step's"
    sheet.words(_SIDE, y - 4, said, 12, ink, True)
    shown = [(f"step {number + 1}", values) for number, values in zip(later, factors, strict=True)]
    sheet.factors(y + 22, shown, whole_way, "what is left")


class _Sheet:
    """Draws columns of numbers, signs between them, and notes where numbers lie."""

    def __init__(self, picture: Picture, trace: Trace, layer: int, step: int, dark: bool) -> None:
        self.picture, self.trace, self.layer, self.step = picture, trace, layer, step
        self.dark = dark
        self.cell, self.inputs_cell = 24.0, 24.0
        self._ink = hex_colour(INK[dark])
        self._wide = 52.0 if picture.figure.width >= 760 else 44.0

    @property
    def plan(self) -> Plan:
        """Of the network that is drawn."""
        return self.trace.plan

    @property
    def before(self) -> str:
        """The index of the step that its row read before."""
        return "t+1" if self.plan.from_end(self.layer) else "t-1"

    def words(
        self, x: float, y: float, text: str, size: int = 12, colour: str = "", bold: bool = False
    ) -> None:
        """A line of words, smaller where it would run out of the picture."""
        room = self.picture.figure.width - x - 10
        size = max(9, min(size, int(room / (0.52 * max(1, len(text))))))
        self.picture.figure.words.append(Words(x, y, text, size, colour or self._ink, bold))

    def formula(self, x: float, y: float, latex: str, size: float, colour: str) -> float:
        """A formula, smaller where it would run out of the picture; how long it is."""
        room = self.picture.figure.width - x - 10
        size *= min(1.0, room / max(1.0, typeset(latex, size).width))
        return add_formula(self.picture.figure, x, y, latex, size, colour).width

    def column(
        self,
        x: float,
        y: float,
        title: str,
        values: Numbers,
        key: str,
        kind: str = "unit",
        latex: str = "",
    ) -> float:
        """A column of numbers with its name above it, in letters of a formula; where it ends."""
        cell = self.inputs_cell if kind == "input" else self.cell
        wide = max(self._wide, typeset(latex, 15.0).width if latex else 7.2 * len(title))
        scale = _scale_of(values)
        table = colours_of(scale, self.dark)
        if latex:
            self.formula(x, y - 6, latex, 15.0, SOFT[self.dark])
        else:
            self.words(x, y - 6, title, 12, SOFT[self.dark], True)
        for row, value in enumerate(values.tolist()):
            top = y + row * cell
            index = int(scale.index(np.asarray([value]))[0])
            self.picture.figure.boxes.append(Box(x, top, self._wide, cell - 1, table[index]))
            self.picture.places.append(
                Place(x, top, self._wide, cell, "input" if kind == "input" else "unit", key,
                      self.step, row)
            )  # fmt: skip
            if cell >= 11.5:
                said = shown_number(value, ".2f")
                self.picture.figure.words.append(
                    Words(
                        x + self._wide - 4,
                        top + cell * 0.72,
                        said,
                        int(min(14, cell * 0.6)),
                        self._ink,
                        False,
                        "end",
                    )
                )
        return x + wide

    def equation(self, y: float, name: str, formula: str) -> None:
        """`cell = forget · cell₋₁ + input · candidate`, a column for each name."""
        middle = y + self.cell * self.plan.units / 2 + 6
        x = self.column(
            _SIDE, y, name, self.trace[f"{self.layer}/{name}"][self.step], f"{self.layer}/{name}"
        )
        x = self._sign(x, middle, "=")
        for token in _TOKEN.findall(formula):
            if token.startswith("before_"):
                state = token.removeprefix("before_")
                before = state_before(self.trace, self.layer, state, self.step)
                sign = "₊₁" if self.plan.from_end(self.layer) else "₋₁"
                x = self.column(x, y, f"{state}{sign}", before, f"{self.layer}/{token}")
            elif token == "activation(":
                x = self._sign(x, middle, "tanh(")
            elif token[0].isalpha():
                values = self.trace[f"{self.layer}/{token}"][self.step]
                x = self.column(x, y, token, values, f"{self.layer}/{token}")
            else:
                x = self._sign(x, middle, _SIGNS.get(token, token))

    def factors(
        self,
        y: float,
        shown: Sequence[tuple[str, Numbers]],
        product: Numbers | None,
        title: str,
        latex: Sequence[str] = (),
    ) -> None:
        """A column for each of the steps behind this one, and their product where it is wanted."""
        middle = y + self.cell * self.plan.units / 2 + 6
        most = max(1, int((self.picture.figure.width - 200) / (self._wide + 26)))
        x = _SIDE
        for number, (name, values) in enumerate(shown[:most]):
            if number and product is None:
                x += 14
            elif number:
                x = self._sign(x, middle, "·")
            set_so = latex[number] if latex else ""
            x = self.column(x, y, name, values, f"{self.layer}/factor {name}", latex=set_so)
        if len(shown) > most:
            x = self._sign(x, middle, "· …")
        if product is not None:
            x = self._sign(x, middle, "=")
            self.column(x, y, title, product, f"{self.layer}/factor product")

    def _sign(self, x: float, y: float, sign: str) -> float:
        self.picture.figure.words.append(Words(x + 7, y, sign, 16, self._ink, True))
        return x + 15 + 9.5 * len(sign)


def _scale_of(values: Numbers) -> Scale:
    reach = float(np.nanmax(np.abs(values), initial=0.0))
    bound = max(1.0, reach)
    return Scale(-bound, bound, "blue-orange")
