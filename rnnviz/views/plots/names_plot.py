"""Names in a plane, each at its point."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.plane import PlanePlot
from rnnviz.views.plots.scatter import Points
from rnnviz.views.shared.theme import Theme, theme_of


class NamesPlot(PlanePlot):
    """A plane whose points carry their names."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._names: list[pg.TextItem] = []
        self._strong: Collection[int] = ()
        super().__init__(name, parent)

    def set_named(
        self,
        names: Sequence[str],
        points: npt.NDArray[np.floating],
        strong: Collection[int] = (),
        others: npt.NDArray[np.floating] | None = None,
    ) -> None:
        """Put names at points (P, 2), with a dot each; others (Q, 2) are faint dots without.

        Args:
            strong: the places of those that stand out.
        """
        for item in self._names:
            self.item.removeItem(item)
        self._names, self._strong = [], strong
        groups = [Points("named", points[:, 0], points[:, 1], "accent")]
        if others is not None and len(others):
            groups.append(Points("others", others[:, 0], others[:, 1], "tint"))
        self.set_points(tuple(groups))
        if others is not None and len(points):
            # What is named fills the plane: of thousands of others it is a corner.
            low, high = points.min(axis=0), points.max(axis=0)
            room = 0.15 * np.maximum(high - low, 1e-6)
            (left, foot), (right, top) = (low - room).tolist(), (high + room).tolist()
            self.set_range((left, right), (foot, top))
        for name, (x, y) in zip(names, points.tolist(), strict=True):
            item = pg.TextItem(name, anchor=(0.5, 1.1))
            item.setPos(x, y)
            self._names.append(item)
            self.item.addItem(item, ignoreBounds=True)
        self.recolour(theme_of(self))

    def recolour(self, theme: Theme) -> None:
        """Names in the colours of text."""
        super().recolour(theme)
        for place, item in enumerate(self._names):
            item.setColor(theme.accent if place in self._strong else theme.text)
