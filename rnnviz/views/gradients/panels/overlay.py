"""Several curves over distance in one plot: what they are called, and how far down it goes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnviz.views.plots import Banded, Ink

DECADES = 12
"""What lies so many powers of ten below the largest norm, no training in single precision feels."""
_LETTER, _BESIDE = 6.4, 5
"""How wide a letter of the legend is in pixels, about, and how many letters stand around a name."""


def legend(
    curves: Sequence[tuple[int, str, Banded]], titles: Sequence[str], width: int
) -> tuple[tuple[str, Ink], ...]:
    """Network and layer of each colour; nothing if the plot is too narrow for all of them.

    Args:
        curves: place of the network, title of the layer, curve.
        titles: of the networks.
        width: of the plot, in pixels.
    """
    layers = len({layer for _, layer, _ in curves})
    names = {
        curve.ink: titles[place] + f" {layer.replace('layer ', 'L')}" * (layers > 1)
        if len(titles) > 1
        else layer
        for place, layer, curve in curves
    }
    room = width / _LETTER - 8
    fits = sum(len(name) + _BESIDE for name in names.values()) < room
    return tuple((name, ink) for ink, name in names.items()) if fits else ()


def inks_of(
    networks: Sequence[tuple[str, int]], runs: Sequence[tuple[Path, int]]
) -> list[list[int]]:
    """The colour of every layer of every network: that of its run, where it has one.

    Of several stages of a run the last has its colour, and of several layers the first.

    Args:
        networks: the file of each, empty where no run trained it, and how many layers are drawn.
        runs: the directory and the colour of each run that is open.
    """
    owners = [
        next((ink for folder, ink in runs if path and folder in Path(path).parents), None)
        for path, _ in networks
    ]
    taken = {ink for ink in owners if ink is not None}
    free = (ink for ink in itertools.count() if ink not in taken)
    inks = []
    for place, (_, layers) in enumerate(networks):
        owner = owners[place]
        mine = owner is not None and owner not in owners[place + 1 :]
        inks.append(
            [owner if mine and owner is not None and not n else next(free) for n in range(layers)]
        )
    return inks


def reach(curves: Sequence[Banded]) -> tuple[float, float] | None:
    """The least and the greatest norm that are drawn; None if all can be."""
    parts = [part for curve in curves for part in (curve.y, curve.high) if part is not None]
    known = np.concatenate([np.asarray(part, float) for part in parts] or [np.zeros(0)])
    known = known[np.isfinite(known) & (known > 0)]
    if not known.size or known.min() * 10.0**DECADES >= known.max():
        return None
    return float(known.max()) / 10.0**DECADES, 2 * float(known.max())
