"""Paints a picture over the one before it: only where parts of it are others."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPixmap, QRegion

from rnnviz.core.export.figure import Figure
from rnnviz.core.unroll.pictures.picture import Picture
from rnnviz.views.text.painting.text_figure import paint_figure, reach_of

_MOST = 0.4
"""Where more of the parts are others, all is painted: that takes no longer."""


class PaintedParts:
    """Knows where the parts of a picture lie, so that others can be painted in their place."""

    def __init__(self) -> None:
        self._reach: dict[Picture, QRect] = {}

    def paint(self, pixmap: QPixmap, before: Picture | None, now: Picture) -> QRegion:
        """Paint a picture; what is painted already is `before`, or nothing.

        Returns:
            Where anything was painted.
        """
        with QPainter(pixmap) as painter:
            region = None if before is None else self._changed(before, now)
            if region is None:
                paint_figure(painter, now.figure)
                return QRegion(pixmap.rect())
            drawn = Figure(now.figure.width, now.figure.height, now.figure.ground)
            for part in now.parts:
                if region.intersects(self._reach[part]):
                    drawn.put(part.figure)
            painter.setClipRegion(region)
            paint_figure(painter, drawn)
            return region

    def _changed(self, before: Picture, now: Picture) -> QRegion | None:
        """Where anything is to be painted; None for everywhere."""
        old, new = before.figure, now.figure
        if (old.width, old.height, old.ground) != (new.width, new.height, new.ground):
            return None
        gone, come = set(before.parts) - set(now.parts), set(now.parts) - set(before.parts)
        if len(come) > _MOST * len(now.parts):
            return None
        region = QRegion()
        for part in gone:
            region += self._of(part)
        self._reach = {part: self._of(part) for part in now.parts}
        for part in come:
            region += self._reach[part]
        return region

    def _of(self, part: Picture) -> QRect:
        """Where a part lies, in whole pixels."""
        known = self._reach.get(part)
        return reach_of(part.figure).toAlignedRect() if known is None else known
