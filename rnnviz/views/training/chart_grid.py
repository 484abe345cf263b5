"""Several small plots of the same runs, each with its own axis; one x and one pointer for all."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from rnnviz.views.plots import Chart
from rnnviz.views.shared.zooming import more_points

_LEAST_WIDTH, _LEAST_HEIGHT = 236, 112
_WIDE = 1.9
"""How many times as wide as high a chart is at best."""
_EMPTY = 0.35
"""How much an empty place counts, against charts of another shape."""
_MOST_NAMED = 5
"""So many runs are named at the pointer in every chart; of more, the chosen one."""


class ChartGrid(QScrollArea):
    """Charts in as many columns as look best; those that find no room are scrolled to.

    Signals:
        log_chosen(key, log): the person wants the logarithm of a chart, or no longer.
        stale: another part along x is to be seen: every chart is drawn anew.
    """

    log_chosen = Signal(str, bool)
    stale = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._page = QWidget()
        self.setWidget(self._page)
        self.charts: dict[str, Chart] = {}
        """By their keys, in the order in which they are shown."""
        self._at: float | None = None
        self._pointing: list[Chart] = []
        """Charts in which the pointer's place is still to be marked, or to be put away."""
        self._soon = QTimer(self)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._point_in_next)
        self._more = 0.0
        """By how many points the words of charts are larger than usual; new ones begin with it."""

    def show_charts(self, wanted: dict[str, str]) -> bool:
        """Have a chart for each key, called so; those that were there stay as they are.

        Returns:
            Whether all are there: a frame has room for making one.
        """
        if [*self.charts] == [*wanted]:
            return True
        gone = [key for key in self.charts if key not in wanted]
        for key in gone:
            chart = self.charts.pop(key)
            chart.hide()
            chart.deleteLater()
        there = dict(self.charts)
        missing = next((key for key in wanted if key not in there), None)
        if missing is not None:
            there[missing] = self._made(missing, wanted[missing])
        self.charts = {key: there[key] for key in wanted if key in there}
        self._place()
        return len(self.charts) == len(wanted)

    def _made(self, key: str, name: str) -> Chart:
        chart = Chart(key, name, self._page)
        chart.hovered.connect(self._point)
        chart.left.connect(self._put_away)
        chart.zoomed.connect(self._zoom)
        chart.unzoomed.connect(self._unzoom)
        chart.log_chosen.connect(self.log_chosen)
        if self._more:
            chart.zoom(self._more)
        chart.show()
        return chart

    # One x, one pointer

    @Slot(float, float)
    def _zoom(self, low: float, high: float) -> None:
        for chart in self.charts.values():
            if chart is not self.sender():
                chart.share_zoom(low, high)
        self.stale.emit()

    @Slot()
    def _unzoom(self) -> None:
        for chart in self.charts.values():
            if chart is not self.sender():
                chart.share_zoom(None, None)
        self.stale.emit()

    @Slot(float, float)
    def _point(self, x: float, _y: float) -> None:
        self._point_soon(x)

    @Slot()
    def _put_away(self) -> None:
        self._point_soon(None)

    def _point_soon(self, x: float | None) -> None:
        """Point in the others, too: one after the other, since each paints all of its curves."""
        self._at = x
        self._pointing = [chart for chart in self.charts.values() if chart is not self.sender()]
        self._soon.start()

    @Slot()
    def _point_in_next(self) -> None:
        while self._pointing:
            chart = self._pointing.pop(0)
            if chart not in self.charts.values():
                continue  # it went meanwhile
            if self._at is None:
                chart.put_away()
            else:
                few = len(chart.traces) <= _MOST_NAMED
                chart.point_at(self._at, most=_MOST_NAMED if few else 1)
            return
        self._soon.stop()

    def zoom(self, steps: float) -> None:
        """The charts that there are zoom by themselves; those that come are to be as large."""
        self._more = more_points(self._more, steps)

    # Places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the charts where they look best."""
        super().resizeEvent(event)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """One chart."""
        return QSize(_LEAST_WIDTH, _LEAST_HEIGHT)

    def columns(self, width: int, height: int) -> int:
        """Into how many columns the charts go where there is so much room."""
        count = len(self.charts)
        most = max(1, min(count, width // _LEAST_WIDTH))

        def strange(columns: int) -> float:
            rows = -(-count // columns)
            high = max(_LEAST_HEIGHT, height / rows)
            hidden = rows * _LEAST_HEIGHT > height
            empty = rows * columns - count
            return abs(math.log(width / columns / high / _WIDE)) + hidden + _EMPTY * empty

        return min(range(1, most + 1), key=strange)

    def _place(self) -> None:
        if not self.charts:
            return
        room = self.size()
        columns = self.columns(room.width(), room.height())
        rows = -(-len(self.charts) // columns)
        height = max(_LEAST_HEIGHT, room.height() // rows)
        bar = self.verticalScrollBar().sizeHint().width() if rows * height > room.height() else 0
        width = (room.width() - bar) // columns
        self._page.resize(room.width() - bar, max(room.height(), rows * height))
        for place, chart in enumerate(self.charts.values()):
            row, column = divmod(place, columns)
            last = len(self.charts) - 1
            # The last one takes what is left of its line.
            wide = width * (columns - column) if place == last else width
            chart.setGeometry(QRect(column * width, row * height, wide, height))

    def lowest(self) -> set[str]:
        """The keys of the charts below which there is none: these say what x is."""
        columns = self.columns(self.width(), self.height()) if self.charts else 1
        return {*list(self.charts)[-columns:]}
