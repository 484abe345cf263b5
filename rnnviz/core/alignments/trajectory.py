"""The states of a sentence as a way through a plane: the two directions in which they differ most.

Principal components of the states of this sentence alone; another sentence has other directions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Floats
from rnnviz.core.colours.colour import INK, PAPER
from rnnviz.core.export.figure import SOFT, Box, Figure, Stroke, Words, hex_colour

_WAY = {False: "#3452c7", True: "#8ea6ff"}
_MARKED = {False: "#b84a00", True: "#ff9a52"}
_LETTER = 0.56


class Trajectory(NamedTuple):
    """T states in two dimensions."""

    points: npt.NDArray[np.float64]
    """(T, 2)"""
    shares: tuple[float, float]
    """How much of all variance each direction has, 0 to 1."""


def trajectory(states: Floats) -> Trajectory:
    """The states (T, U) along their first two principal components.

    A direction has no sign of its own: the first state lies left of the last, and not below it.

    >>> found = trajectory(np.array([[0, 0, 1], [1, 0, 1], [2, 0, 1]], np.float32))
    >>> found.points.round(6).tolist(), [round(share, 6) for share in found.shares]
    ([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]], [1.0, 0.0])
    """
    values = np.nan_to_num(np.asarray(states, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    points = np.zeros((len(values), 2))
    if len(values) < 2 or not values.shape[1]:
        return Trajectory(points, (0.0, 0.0))
    centred = values - values.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(2, len(sizes))
    points[:, :kept] = left[:, :kept] * sizes[:kept]
    for axis in range(2):
        if points[-1, axis] < points[0, axis]:
            points[:, axis] *= -1
    points += 0.0  # no negative zeros
    whole = float((sizes**2).sum())
    parts = [float(size**2) / whole if whole > 0 else 0.0 for size in (*sizes[:2], 0.0, 0.0)]
    return Trajectory(points, (parts[0], parts[1]))


def draw_trajectory(
    names: Sequence[str],
    found: Trajectory,
    size: tuple[float, float],
    dark: bool = False,
    marked: int | None = None,
) -> tuple[Figure, list[tuple[float, float]]]:
    """The way with a word at each state, and where the states lie.

    Args:
        marked: a state that stands out.
    """
    width, height = size
    figure = Figure(width, height, hex_colour(PAPER[dark]))
    ink, soft = hex_colour(INK[dark]), SOFT[dark]
    letters = 12
    if not len(found.points):
        return figure, []
    longest = max((len(name) for name in names), default=1) * letters * _LETTER
    side, top = min(longest + 12, width / 3), 34.0
    low, high = found.points.min(axis=0), found.points.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    # One scale for both directions: distances are those of the states.
    scale = min((width - 16 - side) / span[0], (height - top - 24) / span[1])
    scale = scale if math.isfinite(scale) else 1.0
    middle = (low + high) / 2
    x0, y0 = 8 + (width - 16 - side) / 2, top + (height - top - 24) / 2
    places = [
        (x0 + (x - middle[0]) * scale, y0 - (y - middle[1]) * scale)
        for x, y in found.points.tolist()
    ]
    shares = " and ".join(f"{100 * share:.0f} %" for share in found.shares)
    said = f"{shares} of the variance"
    figure.words.append(Words(8, 18, said, 11, soft))
    for (x1, y1), (x2, y2) in pairwise(places):
        figure.strokes.append(Stroke(x1, y1, x2, y2, 1.6, _WAY[dark]))
        length = math.hypot(x2 - x1, y2 - y1)
        if length > 24:
            dx, dy = (x2 - x1) / length, (y2 - y1) / length
            at = (x1 + 0.6 * (x2 - x1), y1 + 0.6 * (y2 - y1))
            for turn in (2.6, -2.6):
                bx = at[0] + 7 * (dx * math.cos(turn) - dy * math.sin(turn))
                by = at[1] + 7 * (dy * math.cos(turn) + dx * math.sin(turn))
                figure.strokes.append(Stroke(at[0], at[1], bx, by, 1.6, _WAY[dark]))
    lefts = _beside(names, places, letters, width)
    for place, ((x, y), name) in enumerate(zip(places, names, strict=True)):
        lit = place == marked
        colour = _MARKED[dark] if lit else _WAY[dark]
        half = 5.0 if lit else 3.5
        figure.boxes.append(Box(x - half, y - half, 2 * half, 2 * half, colour))
        at = lefts[place]
        figure.words.append(Words(*at, name, letters, colour if lit else ink, bold=lit))
    return figure, places


def _beside(
    names: Sequence[str], places: Sequence[tuple[float, float]], letters: float, width: float
) -> list[tuple[float, float]]:
    """Where each name begins: at the right of its state, or where it lies over no other name.

    Where there is no such place, as on a state that has come back to where it was, the right.
    """
    taken: list[tuple[float, float, float]] = []
    for (x, y), name in zip(places, names, strict=True):
        wide = len(name) * letters * _LETTER
        right, left = x + 8, x - 8 - wide
        tried = [(right, y), (left, y)]
        tried += [
            (side, y + down) for down in (0.9 * letters, -0.9 * letters) for side in (right, left)
        ]
        free = (
            (at, level)
            for at, level in tried
            if at >= 0
            and at + wide <= width
            and all(
                at + wide <= begins or ends <= at or abs(level - beside) >= letters
                for begins, ends, beside in taken
            )
        )
        at, level = next(free, tried[0])
        taken.append((at, at + wide, level))
    return [(at, level + 4) for at, _, level in taken]
