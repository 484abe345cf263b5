"""How far gradients reach: their norms as curves, and the eigenvalues that bound them."""

from __future__ import annotations

import numpy as np

from rnnviz.core.export.captions import lines_within
from rnnviz.core.export.figure import SOFT, Box, Stroke
from rnnviz.core.export.mathematics import add_formula, set_in_lines
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.unroll.pictures.pen import Pen
from rnnviz.core.unroll.pictures.picture import FAINT, FORWARD, WRONG
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
from rnnviz.core.unroll.trace import Trace

_LINE = 15.0
_FEW = 6
"""So many lines stand below the curve where there is little room."""
_SET = 12.5
"""Letters of a formula are lower than those of captions at the same size."""
_ROUNDED = 1e-6


def put_reach(pen: Pen, trace: Trace, box: tuple[float, float, float, float], at: int) -> None:
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
    pen: Pen, found: tuple[Curve, ...], box: tuple[float, float, float, float], steps: int
) -> None:
    """Norms on a logarithmic axis, a line for each state."""
    x, y, width, height = box
    dark, soft = pen.dark, SOFT[pen.dark]
    left, right, above, below = x + 34, x + width, y + 12, y + height - 14
    low, high = axis(found)
    for power in range(low, high + 1, max(1, (high - low) // 4)):
        level = below - (power - low) / (high - low) * (below - above)
        pen.figure.strokes.append(Stroke(left, level, right, level, 1.0, FAINT[dark]))
        pen.words(left - 5, level + 4, f"1e{shown_number(power, 'd')}", 10, soft, False, "end")

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
    pen: Pen, one: tuple[float, float], other: tuple[float, float], colour: str, number: int
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


def _dot(pen: Pen, at: tuple[float, float], colour: str, number: int) -> None:
    """A round point of the first line, a square one of the second."""
    x, y = at
    if number == 0:
        pen.figure.strokes.append(Stroke(x, y, x + 0.1, y, 5.0, colour))
    elif number == 1:
        pen.figure.boxes.append(Box(x - 2.5, y - 2.5, 5, 5, colour))


def _eigenvalues(pen: Pen, seen: Spectrum, x: float, y: float, radius: float) -> None:
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
    pen: Pen, x: float, y: float, radius: float, colour: str, corners: int, width: float = 1.0
) -> None:
    angles = np.linspace(0, 2 * np.pi, corners)
    xs, ys = x + radius * np.cos(angles), y + radius * np.sin(angles)
    pen.lines([*zip(xs.tolist(), ys.tolist(), strict=True)], colour, width)


def _key(pen: Pen, seen: Spectrum, x: float, y: float) -> None:
    """Which points of the circle are whose."""
    pen.words(x, y, "eigenvalues", 11, SOFT[pen.dark], True)
    if seen.matrix is not None:
        pen.figure.strokes.append(Stroke(x + 5, y + 15, x + 5.1, y + 15, 6.0, FORWARD[pen.dark]))
        add_formula(pen.figure, x + 16, y + 19, "W_{hh}", 14, SOFT[pen.dark])
        y += 18
    _ring(pen, x + 5, y + 15, 4.0, FORWARD[pen.dark], 13, 1.5)
    add_formula(pen.figure, x + 16, y + 19, seen.jacobian, 14, SOFT[pen.dark])
