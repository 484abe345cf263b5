"""The matrices that all steps share, at the right, with their gradients on the way back."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from rnnviz.core.colours.colour import Scale
from rnnviz.core.export.figure import SOFT, Box, colours_of
from rnnviz.core.export.mathematics import add_formula
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.unroll.equations import text
from rnnviz.core.unroll.moments import Moment
from rnnviz.core.unroll.pictures.layout import BOTTOM, READABLE, TOP, Layout
from rnnviz.core.unroll.pictures.pen import Pen, scale_around_zero
from rnnviz.core.unroll.pictures.picture import BACK, FORWARD, Place
from rnnviz.core.unroll.trace import Numbers, Trace

TITLES = {
    "embedding.weight": "embedding",
    "weight_ih_l0": "W_xh",
    "weight_ih": "W_xh",
    "weight_hh_l0": "W_hh",
    "output.weight": "W_hy",
}


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


def _matrices(trace: Trace, layout: Layout) -> list[_Matrix]:
    """The matrices that all steps share, one below the other."""
    names = [name for name in trace.parameters if trace[f"weight/{name}"].ndim == 2]
    _, y, room, _ = layout.beside
    rows = sum(len(trace[f"weight/{name}"]) for name in names)
    cell = min(20.0, (layout.height - y - BOTTOM - 20.0 * len(names)) / max(1, rows))
    found = []
    for name in names:
        high, columns = trace[f"weight/{name}"].shape
        found.append(_Matrix(name, y + 5, min(38.0, (room - 18) / 2 / columns), cell))
        y += 20 + cell * high
    return found


def put_weights(pen: Pen, trace: Trace, layout: Layout, marked: str) -> None:
    """The matrices with their names; one of them may be lit."""
    plan, matrices = trace.plan, _matrices(trace, layout)
    x = layout.beside[0]
    for one in matrices:
        lit = bool(marked) and one.name.startswith(marked)
        title = latex_title(title_of(one.name, plan.layers, plan.directions))
        add_formula(pen.figure, x, one.top - 8, title, 15, FORWARD[pen.dark] if lit else pen.ink)
        weights = trace[f"weight/{one.name}"]
        _matrix(pen, x, one.top, one.width, one.cell, weights, scale_around_zero(weights), one.name)
    if not all(_matrix_reads(one.width, one.cell) for one in matrices):
        pen.words(x, TOP - 4, "no room for numbers: point at one", 10, SOFT[pen.dark])


def put_sums(pen: Pen, trace: Trace, layout: Layout, shown: Moment) -> None:
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
        pen.words(x + room, TOP + 14, "clipped", 11, BACK[dark], True, "end")


def below_matrices(trace: Trace, layout: Layout) -> tuple[float, float, float, float] | None:
    """x, y, width and height of the room below the matrices; None where there is too little."""
    x, y, room, _ = layout.beside
    for one in _matrices(trace, layout)[-1:]:
        y = one.top + one.cell * len(trace[f"weight/{one.name}"]) + 15
    high = layout.height - y - BOTTOM
    return (x, y + 14, min(room, 330.0), high - 14) if high > 120 else None


def _matrix_reads(width: float, cell: float) -> bool:
    """Whether a number of a matrix has room in its cell."""
    return cell >= READABLE - 1.5 and width >= 24


def _matrix(
    pen: Pen,
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
                shown = shown_number(number, ".2f")
                pen.words(left + width - 3, top + cell * 0.7, shown, size, "", False, "end")
