"""Names in a plane, each at its point; those that there is room for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.plane import PlanePlot
from rnnviz.views.plots.scatter import Points
from rnnviz.views.shared.theme import Theme, theme_of

_ANCHOR = (0.5, 1.1)
"""Where in a name its point lies: in the middle, a little below it."""
_APART = 1.0
"""Pixels between two names."""


class NamesPlot(PlanePlot):
    """A plane whose points carry their names.

    Where names would lie over each other the more important one is drawn; the others are their dots
    until one zooms in or points at them. The first of the strong ones, and the one under the
    pointer, are always there.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._names: list[pg.TextItem] = []
        self._words: tuple[str, ...] = ()
        self._places = np.zeros((0, 2))
        self._strong: tuple[int, ...] = ()
        self._pointed: int | None = None
        super().__init__(name, parent)
        # Names need room more than circles need to be round; each axis has its own numbers.
        self.view.setAspectLocked(False)
        self.view.sigRangeChanged.connect(self._declutter)
        self.view.sigResized.connect(self._declutter)
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
        for item in self._names:
            self.item.removeItem(item)
        self._names, self._strong, self._pointed = [], tuple(strong), None
        self._words, self._places = tuple(names), np.asarray(points, float)
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
        for name, (x, y) in zip(names, points.tolist(), strict=True):
            item = pg.TextItem(name, anchor=_ANCHOR)
            item.setPos(x, y)
            self._names.append(item)
            self.item.addItem(item, ignoreBounds=True)
        self.recolour(theme_of(self))
        self._declutter()

    @property
    def named(self) -> tuple[str, ...]:
        """The names that are drawn."""
        pairs = zip(self._words, self._names, strict=True)
        return tuple(word for word, item in pairs if item.isVisible())

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
        for place, item in enumerate(self._names):
            item.setColor(theme.accent if place in self._strong else theme.text)
            # What is always there may lie over others, and is read all the same.
            item.fill = pg.mkBrush(theme.background if place in self._always else None)

    @property
    def _always(self) -> tuple[int, ...]:
        """The places of the names that are drawn in any case."""
        pointed = () if self._pointed is None else (self._pointed,)
        return (*pointed, *self._strong[:1])

    @Slot(int, int)
    def _point_at(self, group: int, place: int) -> None:
        pointed = place if group == 0 and place < len(self._names) else None
        if pointed != self._pointed:
            self._pointed = pointed
            self.recolour(theme_of(self))
            self._declutter()

    @Slot()
    def _declutter(self) -> None:
        """Draw the names that fit, the more important first."""
        if not self._names:
            return
        width, height = self.view.viewPixelSize()
        if not (width > 0 and height > 0):
            return
        sizes = np.array(
            [
                (rect.width(), rect.height())
                for rect in (item.textItem.boundingRect() for item in self._names)
            ]
        )
        corners = self._places / (width, -height) - sizes * _ANCHOR
        ends = corners + sizes + _APART
        always = self._always
        drawn: list[int] = []
        for place in dict.fromkeys((*always, *self._strong, *range(len(self._names)))):
            over = (corners[place] < ends[drawn]) & (corners[drawn] < ends[place])
            fits = not over.all(axis=1).any()
            item = self._names[place]
            item.setVisible(bool(fits or place in always))
            item.setZValue(20 if place in always else 0)
            if item.isVisible():
                drawn.append(place)
