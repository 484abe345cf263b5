"""A line that is painted in time, however often it goes up and down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

_LONG, _DENSE = 20_000, 60_000
"""A line of more pixels is drawn piece by piece; of still more in plain strokes, whose edges nobody
sees in the crowd."""


class Strokes(pg.PlotCurveItem):
    """A curve of pyqtgraph. One path of wide smooth strokes takes seconds where it fills a plot."""

    opts: dict[str, Any]

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint it: a long one piece by piece, one that fills the plot without smooth edges."""
        usual, along = self.opts, self._pixels_along()
        if along > _LONG:
            smooth = usual["antialias"] and along <= _DENSE
            self.opts = {**usual, "antialias": smooth, "segmentedLineMode": "on"}
        try:
            super().paint(painter, option, widget)
        finally:
            self.opts = usual

    def _pixels_along(self) -> float:
        """How far it goes up and down on the screen."""
        view = self.getViewBox()
        if view is None or self.yData is None or len(self.yData) < 2:
            return 0.0
        low, high = view.viewRange()[1]
        shown = np.clip(self.yData, low, high)
        return float(np.nansum(np.abs(np.diff(shown)))) / (high - low) * view.height()
