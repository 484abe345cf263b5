"""Points on two axes; beyond some thousands their density as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.colours.colour import palette
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.plots.parts.strokes import Strokes
from rnnviz.views.shared.theme import Theme, theme_of

_MOST_POINTS = 4_000
_COLUMNS, _ROWS = 160, 96
_REACH_PIXELS = 14

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Points:
    """One group of points."""

    name: str
    x: Floats
    y: Floats
    ink: Ink


class ScatterPlot(Plot):
    """Groups of points, or one density, with a line over them and a ring round one point.

    Signals:
        point_clicked(group, place): this point of this group.
        point_hovered(group, place): or (-1, -1) for none.
    """

    point_clicked = Signal(int, int)
    point_hovered = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._groups: tuple[Points, ...] = ()
        self._items: list[pg.ScatterPlotItem] = []
        self._density = pg.ImageItem(axisOrder="row-major")
        self._line = Strokes(connect="finite", antialias=True)
        self._ring = pg.ScatterPlotItem(pxMode=True, size=14, brush=None)
        super().__init__(name, parent=parent)
        self.view.setMouseEnabled(x=True, y=True)
        for item in (self._density, self._line, self._ring):
            self.item.addItem(item, ignoreBounds=True)
        self._line.setZValue(9)
        self._ring.setZValue(10)
        self.clicked.connect(self._choose)
        self.hovered.connect(self._hover)
        self.left.connect(self._unhover)

    @property
    def dense(self) -> bool:
        """Whether there are so many points that their density is drawn."""
        return sum(len(group.x) for group in self._groups) > _MOST_POINTS

    def set_points(
        self,
        groups: tuple[Points, ...],
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        columns: int = _COLUMNS,
    ) -> None:
        """Draw these groups, within these ranges or as wide as the points lie.

        Args:
            columns: of a density; whole numbers want as many as there are, or stripes appear.
        """
        self._groups = groups
        x = x or _span([group.x for group in groups])
        y = y or _span([group.y for group in groups])
        self._density.setVisible(self.dense)
        for item in self._items:
            self.item.removeItem(item)
        self._items = []
        if self.dense:
            self._draw_density(x, y, columns)
        else:
            for group in groups:
                seen = np.isfinite(group.x) & np.isfinite(group.y)
                x_seen, y_seen = group.x[seen], group.y[seen]
                item = pg.ScatterPlotItem(x_seen, y_seen, size=7, pen=None, pxMode=True)
                self._items.append(item)
                self.item.addItem(item, ignoreBounds=True)
        self.set_range(x, y)
        self.recolour(theme_of(self))

    def set_line(self, x: Floats, y: Floats) -> None:
        """Draw a line over the points."""
        self._line.setData(np.asarray(x, float), np.asarray(y, float))

    def set_ring(self, group: int, place: int) -> None:
        """Ring a point; a group of -1 rings none."""
        if group < 0:
            self._ring.setData([], [])
        else:
            chosen = self._groups[group]
            self._ring.setData([chosen.x[place]], [chosen.y[place]])

    def words_at(self, x: float, y: float) -> str:
        """The point within reach, or the place."""
        group, place = self._nearest(x, y)
        if group < 0:
            return super().words_at(x, y)
        chosen = self._groups[group]
        return f"{chosen.name}: {super().words_at(chosen.x[place], chosen.y[place])}"

    def columns(self) -> Columns:
        """Group, x and y of every point."""
        names = [group.name for group in self._groups for _ in range(len(group.x))]
        x_name, y_name = self.labels
        return {
            "group": names,
            x_name or "x": np.concatenate([g.x for g in self._groups]) if names else (),
            y_name or "y": np.concatenate([g.y for g in self._groups]) if names else (),
        }

    def recolour(self, theme: Theme) -> None:
        """Points in their inks; the density in the palette of labels."""
        if not self.dense:
            for item, group in zip(self._items, self._groups, strict=True):
                item.setBrush(ink_colour(group.ink, theme, 0.65))
        table = palette("label", theme.dark).copy()
        table[0, 3] = 0
        self._density.setLookupTable(table)
        self._line.setPen(pg.mkPen(theme.text, width=2))
        self._ring.setPen(pg.mkPen(theme.text, width=2))

    def _draw_density(self, x: tuple[float, float], y: tuple[float, float], columns: int) -> None:
        rows = _ROWS
        points_x = np.concatenate([group.x for group in self._groups]).astype(np.float32)
        points_y = np.concatenate([group.y for group in self._groups]).astype(np.float32)
        # Comparisons with NaN are false, so that what is not a number lies outside too.
        inside = (points_x >= x[0]) & (points_x <= x[1]) & (points_y >= y[0]) & (points_y <= y[1])
        across = _bins(points_x[inside], x, columns)
        up = _bins(points_y[inside], y, rows)
        counts = np.bincount(up * columns + across, minlength=rows * columns)
        # Logarithms, so that a few points in the open still show beside a dense cloud.
        shade = np.log1p(counts.reshape(rows, columns)) / np.log1p(max(1, counts.max()))
        indices = np.where(counts.reshape(rows, columns) > 0, 24 + shade * 230, 0)
        self._density.setImage(indices.astype(np.uint8), levels=(0, 255), autoLevels=False)
        self._density.setRect(x[0], y[0], x[1] - x[0], y[1] - y[0])

    def _nearest(self, x: float, y: float) -> tuple[int, int]:
        """The group and place of the point within reach, or (-1, -1)."""
        width, height = self.view.viewPixelSize()
        best = (float(_REACH_PIXELS**2), -1, -1)
        for number, group in enumerate(self._groups if not self.dense else ()):
            if len(group.x):
                far = ((group.x - x) / width) ** 2 + ((group.y - y) / height) ** 2
                # What is not a number is near nothing.
                far = np.where(np.isfinite(far), far, np.inf)
                place = int(far.argmin())
                best = min(best, (float(far[place]), number, place))
        return best[1], best[2]

    @Slot(float, float)
    def _choose(self, x: float, y: float) -> None:
        group, place = self._nearest(x, y)
        if group >= 0:
            self.point_clicked.emit(group, place)

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        self.point_hovered.emit(*self._nearest(x, y))

    @Slot()
    def _unhover(self) -> None:
        self.point_hovered.emit(-1, -1)


def _bins(values: npt.NDArray[np.float32], span: tuple[float, float], count: int) -> Floats:
    share = (values - span[0]) / (span[1] - span[0])
    return np.clip((share * count).astype(np.int64), 0, count - 1)


def _span(values: list[Floats]) -> tuple[float, float]:
    """From the least to the greatest finite value, with a little room."""
    finite = [part[np.isfinite(part)] for part in values]
    if not any(part.size for part in finite):
        return 0.0, 1.0
    low = min(float(part.min()) for part in finite if part.size)
    high = max(float(part.max()) for part in finite if part.size)
    room = (high - low) * 0.03 or 0.5
    return low - room, high + room
