"""Names in a plane, each at its point; those that there is room for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRect, QTimer, Slot
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.plane import PlanePlot
from rnnviz.views.plots.scatter import Points
from rnnviz.views.shared.theme import Theme, theme_of

_ANCHOR = (0.5, 1.1)
"""Where in a name its point lies: in the middle, a little below it."""
_MARGIN = 4.0
"""What a document of Qt leaves around its text."""
_APART = 1.0
"""Pixels between two names."""


class NamesPlot(PlanePlot):
    """A plane whose points carry their names.

    Where names would lie over each other the more important one is drawn; the others are their dots
    until one zooms in or points at them. The first of the strong ones, and the one under the
    pointer, are always there.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._names: dict[int, pg.TextItem] = {}
        """Those that were drawn so far, by their places: of most names there is never room."""
        self._words: tuple[str, ...] = ()
        self._places, self._sizes = np.zeros((0, 2)), np.zeros((0, 2))
        self._strong: tuple[int, ...] = ()
        self._pointed: int | None = None
        super().__init__(name, parent)
        # Ranges change several times in a turn, and names are slow to make: that is done once.
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._declutter)
        # Names need room more than circles need to be round; each axis has its own numbers.
        self.view.setAspectLocked(False)
        self.view.sigRangeChanged.connect(self._declutter_soon)
        self.view.sigResized.connect(self._declutter_soon)
        self.point_hovered.connect(self._point_at)

    def set_named(
        self,
        names: Sequence[str],
        points: npt.NDArray[np.floating],
        strong: Sequence[int] = (),
        others: npt.NDArray[np.floating] | None = None,
    ) -> None:
        """Put names at points (P, 2), with a dot each; others (Q, 2) are faint dots without.

        Args:
            names: the most important first.
            strong: the places of those that stand out, the one that is selected first.
        """
        for item in self._names.values():
            self.item.removeItem(item)
        self._names, self._strong, self._pointed = {}, tuple(strong), None
        self._words, self._places = tuple(names), np.asarray(points, float)
        self._sizes = np.array([_size_of(name) for name in names]).reshape(-1, 2)
        groups = [Points("named", points[:, 0], points[:, 1], "accent")]
        if others is not None and len(others):
            groups.append(Points("others", others[:, 0], others[:, 1], "tint"))
        self.set_points(tuple(groups))
        if others is not None and len(points):
            # What stands out fills the plane: of thousands of others it is a corner.
            shown = points[list(strong)] if len(strong) > 1 else points
            low, high = shown.min(axis=0), shown.max(axis=0)
            room = 0.15 * np.maximum(high - low, 1e-6)
            (left, foot), (right, top) = (low - room).tolist(), (high + room).tolist()
            self.set_range((left, right), (foot, top))
        self._declutter_soon()

    @property
    def named(self) -> tuple[str, ...]:
        """The names that are drawn, or will be in the next turn."""
        self._settle()
        return tuple(
            self._words[place] for place, item in sorted(self._names.items()) if item.isVisible()
        )

    def words_at(self, x: float, y: float) -> str:
        """The name of the point within reach, or the place."""
        group, place = self._nearest(x, y)
        if group == 0 and place < len(self._words):
            return self._words[place]
        return super().words_at(x, y)

    def columns(self) -> Columns:
        """Name, x and y of every point; points without a name have an empty one."""
        columns = dict(super().columns())
        columns.pop("group", None)
        unnamed = sum(len(group.x) for group in self._groups) - len(self._words)
        return {"name": [*self._words, *[""] * unnamed], **columns}

    def recolour(self, theme: Theme) -> None:
        """Names in the colours of text."""
        super().recolour(theme)
        for place in self._names:
            self._ink(place, theme)

    def _ink(self, place: int, theme: Theme) -> None:
        item = self._names[place]
        item.setColor(theme.accent if place in self._strong else theme.text)
        # What is always there may lie over others, and is read all the same.
        item.fill = pg.mkBrush(theme.background if place in self._always else None)

    def _name_at(self, place: int) -> pg.TextItem:
        """The name at this place, made when it is first drawn."""
        if place not in self._names:
            item = self._names[place] = pg.TextItem(self._words[place], anchor=_ANCHOR)
            item.setPos(*self._places[place].tolist())
            self.item.addItem(item, ignoreBounds=True)
            self._ink(place, theme_of(self))
        return self._names[place]

    @property
    def _always(self) -> tuple[int, ...]:
        """The places of the names that are drawn in any case."""
        pointed = () if self._pointed is None else (self._pointed,)
        return (*pointed, *self._strong[:1])

    @Slot(int, int)
    def _point_at(self, group: int, place: int) -> None:
        pointed = place if group == 0 and place < len(self._words) else None
        if pointed != self._pointed:
            self._pointed = pointed
            self.recolour(theme_of(self))
            self._declutter()

    def _paint(self, painter: QPainter, area: QRect) -> None:
        self._settle()
        super()._paint(painter, area)

    @Slot()
    def _declutter_soon(self) -> None:
        self._due.start(0)

    def _settle(self) -> None:
        if self._due.isActive():
            self._due.stop()
            self._declutter()

    @Slot()
    def _declutter(self) -> None:
        """Draw the names that fit, the more important first."""
        if not self._words:
            return
        width, height = self.view.viewPixelSize()
        if not (width > 0 and height > 0):
            return
        corners = self._places / (width, -height) - self._sizes * _ANCHOR
        ends = corners + self._sizes + _APART
        always = self._always
        drawn: list[int] = []
        for place in dict.fromkeys((*always, *self._strong, *range(len(self._words)))):
            over = (corners[place] < ends[drawn]) & (corners[drawn] < ends[place])
            fits = not over.all(axis=1).any()
            if fits or place in always:
                item = self._name_at(place)
                item.setVisible(True)
                item.setZValue(20 if place in always else 0)
                drawn.append(place)
            elif place in self._names:
                self._names[place].setVisible(False)


def _size_of(name: str) -> tuple[float, float]:
    """Width and height of a name as pyqtgraph sets it, in pixels."""
    metrics = QFontMetricsF(QApplication.font())
    lines = name.split("\n")
    around = 2 * _MARGIN
    width = max(metrics.horizontalAdvance(line) for line in lines)
    return width + around, math.ceil(metrics.lineSpacing() * len(lines) + around)
