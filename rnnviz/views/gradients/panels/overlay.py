"""Several curves over distance in one plot: what they are called, and how far down it goes."""

from __future__ import annotations

from collections.abc import Sequence

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


def reach(curves: Sequence[Banded]) -> tuple[float, float] | None:
    """The least and the greatest norm that are drawn; None if all can be."""
    parts = [part for curve in curves for part in (curve.y, curve.high) if part is not None]
    known = np.concatenate([np.asarray(part, float) for part in parts] or [np.zeros(0)])
    known = known[np.isfinite(known) & (known > 0)]
    if not known.size or known.min() * 10.0**DECADES >= known.max():
        return None
    return float(known.max()) / 10.0**DECADES, 2 * float(known.max())
