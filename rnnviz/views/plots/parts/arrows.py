"""Vectors from one point, as arrows: lengths and the angles between them are true."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.shared.theme import Theme, theme_of


@dataclass(frozen=True)
class Arrow:
    """A vector by its length and its angle to the horizontal."""

    name: str
    length: float
    degrees: float
    ink: Ink
    width: float = 3.0


class ArrowPlot(Plot):
    """Arrows from the origin, both axes in the same unit."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._arrows: tuple[Arrow, ...] = ()
        self._shafts: list[pg.PlotCurveItem] = []
        super().__init__(name, parent=parent)
        self.view.setMouseEnabled(x=False, y=False)
        self.view.setAspectLocked(True)

    def set_arrows(self, arrows: tuple[Arrow, ...]) -> None:
        """Draw these; a length that is not finite is left out."""
        self._arrows = arrows
        while len(self._shafts) < len(arrows):
            shaft = pg.PlotCurveItem(antialias=True)
            self._shafts.append(shaft)
            self.item.addItem(shaft, ignoreBounds=True)
        while len(self._shafts) > len(arrows):
            self.item.removeItem(self._shafts.pop())
        longest = max((a.length for a in arrows if math.isfinite(a.length)), default=0.0) or 1.0
        for arrow, shaft in zip(arrows, self._shafts, strict=True):
            shaft.setData(*_outline(arrow, longest))
        tallest = max(
            (
                a.length * math.sin(math.radians(a.degrees))
                for a in arrows
                if a.degrees == a.degrees and math.isfinite(a.length)
            ),
            default=0.0,
        )
        room = 0.06 * longest
        top = max(tallest + room, 0.3 * longest)
        self.view.setLimits(xMin=None, xMax=None, yMin=None, yMax=None)
        self.view.setRange(xRange=(-room, longest + room), yRange=(-room, top), padding=0)
        self.recolour(theme_of(self))

    def columns(self) -> Columns:
        """Name, length and angle of each."""
        return {
            "vector": [arrow.name for arrow in self._arrows],
            "length": [arrow.length for arrow in self._arrows],
            "angle in degrees": [arrow.degrees for arrow in self._arrows],
        }

    def reset_zoom(self) -> None:
        """The arrows fit at any time."""
        self.set_arrows(self._arrows)

    def recolour(self, theme: Theme) -> None:
        """Arrows in their inks."""
        for arrow, shaft in zip(self._arrows, self._shafts, strict=True):
            shaft.setPen(pg.mkPen(ink_colour(arrow.ink, theme), width=arrow.width))


def _outline(arrow: Arrow, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """The shaft and the head as one line."""
    if not math.isfinite(arrow.length) or arrow.length == 0:
        return np.zeros(0), np.zeros(0)
    angle = math.radians(0.0 if math.isnan(arrow.degrees) else arrow.degrees)
    tip = arrow.length * np.array([math.cos(angle), math.sin(angle)])
    head = min(0.05 * longest, arrow.length / 2)
    points = [np.zeros(2), tip]
    for turn in (155, -155):
        direction = angle + math.radians(turn)
        points += [tip + head * np.array([math.cos(direction), math.sin(direction)]), tip]
    both = np.array(points)
    return both[:, 0], both[:, 1]
