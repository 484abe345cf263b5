"""A plot by keyboard: the arrows move a pointer that does what the mouse's does.

Enter clicks, + and - zoom about it, 0 shows everything again, Esc puts it away; Shift takes ten
steps at once. What stands where it is, is said to screen readers.
"""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from rnnviz.views.shared.theme import Theme
from rnnviz.views.shared.words.speaking import speak

if TYPE_CHECKING:
    from rnnviz.views.plots.base import Plot

_WAYS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_LEAST_PIXELS = 4.0
"""A unit of an axis is a step where it is as wide as that; else so many pixels are one."""
_ZOOM = 1.5
_SEVERAL = 10


class KeyPointer(QObject):
    """Watches the keys of one plot's canvas."""

    def __init__(self, plot: Plot, canvas: pg.PlotWidget) -> None:
        super().__init__(canvas)
        # Weak: in a cycle the parts of a plot would go one after the other, some while painted.
        self._weak = weakref.ref(plot)
        self.place: tuple[float, float] | None = None
        """Where it is, in the units of the axes; None while the keys did not move it."""
        self._ring: pg.ScatterPlotItem | None = None
        self._colour = ""
        canvas.installEventFilter(self)

    @property
    def _plot(self) -> Plot:
        plot = self._weak()
        assert plot is not None
        return plot

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that are for the plot."""
        if self._weak() is None:
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        if event.type() == QEvent.Type.FocusOut:
            self.put_away()
        return False

    def recolour(self, theme: Theme) -> None:
        """The colours of the ring."""
        self._colour = theme.accent
        if self._ring is not None:
            self._ring.setPen(pg.mkPen(theme.accent, width=2))

    def put_away(self) -> None:
        """Nothing is pointed at."""
        if self.place is None:
            return
        self.place = None
        if self._ring is not None:
            self._ring.setData([], [])
        self._plot.left.emit()

    def _key(self, event: QKeyEvent) -> bool:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held & ~Qt.KeyboardModifier.ShiftModifier:
            return False
        if event.key() in _WAYS:
            way = _WAYS[event.key()]
            count = _SEVERAL if held & Qt.KeyboardModifier.ShiftModifier else 1
            self._move(way[0] * count, way[1] * count)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.place is not None:
            self._plot.clicked.emit(*self.place)
        elif event.key() == Qt.Key.Key_Escape and self.place is not None:
            self.put_away()
        elif event.text() in ("+", "-"):
            self._zoom(1 / _ZOOM if event.text() == "+" else _ZOOM)
        elif event.text() == "0":
            self._plot.reset_zoom()
        else:
            return False
        return True

    def _move(self, right: int, up: int) -> None:
        (x_low, x_high), (y_low, y_high) = self._plot.view.viewRange()
        if self.place is None:
            x, y = (x_low + x_high) / 2, (y_low + y_high) / 2
        else:
            x, y = self.place
            wide, high = self._plot.view.viewPixelSize()
            up = -up if self._plot.view.yInverted() else up
            x, y = x + right * _step(wide), y + up * _step(high)
        # Half a step inside the edges: what lies on them is half outside.
        self.place = (_within(x, x_low, x_high), _within(y, y_low, y_high))
        self._show()

    def _show(self) -> None:
        assert self.place is not None
        if self._ring is None:
            self._ring = pg.ScatterPlotItem(size=13, pxMode=True, brush=None)
            self._ring.setPen(pg.mkPen(self._colour, width=2))
            self._ring.setZValue(20)
            self._plot.view.addItem(self._ring, ignoreBounds=True)
        self._ring.setData([self.place[0]], [self.place[1]])
        self._plot.hovered.emit(*self.place)
        speak(self._plot.canvas, self._plot.words_at(*self.place))

    def _zoom(self, factor: float) -> None:
        across, up = self._plot.view.mouseEnabled()
        if not (across or up):
            return
        (x_low, x_high), (y_low, y_high) = self._plot.view.viewRange()
        at = self.place or ((x_low + x_high) / 2, (y_low + y_high) / 2)
        self._plot.view.scaleBy((factor if across else 1.0, factor if up else 1.0), center=at)


def _step(pixel: float) -> float:
    """One unit where it can be seen, else a few pixels; whole units where it is several."""
    if not math.isfinite(pixel) or pixel <= 0:
        return 1.0
    if 1 / pixel >= _LEAST_PIXELS and 1 / pixel <= 200:
        return 1.0
    few = _LEAST_PIXELS * pixel
    return float(math.ceil(few)) if few > 1 else few


def _within(value: float, low: float, high: float) -> float:
    low, high = sorted((low, high))
    edge = (high - low) * 1e-6
    return min(max(value, low + edge), high - edge)
