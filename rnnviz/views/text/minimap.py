"""The whole text as a narrow strip of tiny cells, coloured by the same unit as the text.

The strip reads like the text: left to right, then down. Each cell stands for the same number of
characters, so a place in the strip is a place in the text.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from rnnviz.core.colours.colour import MISSING, Bytes, Scale
from rnnviz.views.shared.theme import Theme, theme_of
from rnnviz.views.text.painting.text_painter import words

CELL = 2
"""The side of a tiny cell, in pixels."""
WIDTH = 72
"""So that lines of a book, some 72 letters, fit beside it in a window 1280 pixels wide."""
_MARGIN = 8
_LANE = 6
_WHOLE, _RUN = 64, 32
"""Of a cell of up to so many characters all are looked at, as in texts of some 200,000; of a larger
one so many."""


class Minimap(QWidget):
    """Shows where in the whole text a unit is on, and scrolls there.

    Signals:
        scrolled_to(int): the person points at this character; it wants to be in the middle.
    """

    scrolled_to = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Map of the whole text")
        self.setToolTip("The whole text in the same colours; click or drag to go there")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.length = 0
        self._values: npt.NDArray[np.floating] | None = None
        self._walked = 0
        self._scale: Scale | None = None
        self._labels: npt.NDArray[np.generic] | None = None
        self._matches = np.zeros(0, np.int64)
        self._visible = (0, 0)
        self._drawn: QImage | None = None
        self._lane: QImage | None = None

    def sizeHint(self) -> QSize:
        """Narrow, and as tall as there is room."""
        return QSize(WIDTH, 200)

    # what is shown

    def set_length(self, length: int) -> None:
        """How many characters the text has."""
        self.length = length
        self._forget()

    def set_values(self, values: npt.NDArray[np.floating] | None, walked: int) -> None:
        """Colour by `values` (T,), of which the first `walked` are there."""
        self._values, self._walked = values, walked
        if values is not None:
            self.length = len(values)
        self._forget()

    def set_scale(self, scale: Scale | None) -> None:
        """How values become colours."""
        if scale != self._scale:
            self._scale = scale
            self._forget()

    def set_labels(self, labels: npt.NDArray[np.generic] | None) -> None:
        """Show labels (T,) in a lane of their own beside the strip."""
        self._labels = labels
        self._forget()

    def set_matches(self, matches: npt.NDArray[np.int64] | None) -> None:
        """Tick where a search found something, (M, 2) of start and stop."""
        found = np.zeros((0, 2), np.int64) if matches is None else np.asarray(matches, np.int64)
        self._matches = found.reshape(-1, 2)[:, 0]
        self.update()

    def set_visible(self, visible: tuple[int, int]) -> None:
        """Frame what the text view shows, (start, stop)."""
        if visible != self._visible:
            self._visible = visible
            self.update()

    # where things are

    @property
    def columns(self) -> int:
        """Tiny cells side by side."""
        return (WIDTH - 2 * _MARGIN - _LANE - 2) // CELL

    @property
    def per_cell(self) -> int:
        """How many characters share a cell."""
        rows = max(1, (self.height() - 2 * _MARGIN) // CELL)
        return max(1, ceil(self.length / (rows * self.columns)))

    def y_of(self, character: int) -> int:
        """The height of the row of cells that holds a character."""
        return _MARGIN + character // (self.per_cell * self.columns) * CELL

    def character_at(self, y: float) -> int:
        """The middle character of the row of cells at a height, within the text."""
        row = int(y - _MARGIN) // CELL
        place = int((row + 0.5) * self.per_cell * self.columns)
        return max(0, min(self.length - 1, place))

    # painting

    def _forget(self) -> None:
        self._drawn = self._lane = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the strip, the lane, the ticks and the frame."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.background))
            painter.setPen(QColor(theme.border))
            painter.drawLine(0, 0, 0, self.height())
            if self.length == 0:
                return
            if self._drawn is None and self._values is not None and self._scale is not None:
                self._drawn = self._strip(self._values, self._scale, theme)
            if self._drawn is not None:
                self._blit(painter, self._drawn, _MARGIN, CELL)
            self._hatch_unwalked(painter, theme)
            if self._lane is None and self._labels is not None:
                self._lane = self._label_lane(self._labels, theme)
            if self._lane is not None:
                self._blit(painter, self._lane, WIDTH - _MARGIN - _LANE, _LANE)
            for y in np.unique(self._matches // (self.per_cell * self.columns)).tolist():
                painter.fillRect(
                    WIDTH - _MARGIN + 1, _MARGIN + y * CELL, _MARGIN - 2, CELL, QColor(theme.match)
                )
            self._paint_frame(painter, theme)

    def _blit(self, painter: QPainter, image: QImage, x: int, cell: int) -> None:
        target = QRect(x, _MARGIN, image.width() * cell, image.height() * CELL)
        painter.drawImage(target, image)

    def _paint_frame(self, painter: QPainter, theme: Theme) -> None:
        start, stop = self._visible
        top, bottom = self.y_of(start), self.y_of(max(start, stop - 1)) + CELL
        more = max(0, 8 - (bottom - top)) // 2
        frame = QRectF(_MARGIN - 4, top - more, WIDTH - 2 * _MARGIN + 7, bottom - top + 2 * more)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((theme.background, 3.6), (theme.text, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawRoundedRect(frame, 3, 3)

    def _hatch_unwalked(self, painter: QPainter, theme: Theme) -> None:
        """Hatch what is not walked yet."""
        if self._values is None or self._walked >= self.length:
            return
        top, bottom = self.y_of(self._walked), self.y_of(self.length - 1) + CELL
        colour = QColor(theme.faint)
        colour.setAlpha(90)
        area = QRect(_MARGIN, top, self.columns * CELL, bottom - top)
        painter.fillRect(area, QBrush(colour, Qt.BrushStyle.BDiagPattern))

    def _strip(self, values: npt.NDArray[np.floating], scale: Scale, theme: Theme) -> QImage:
        zero = int(scale.index(np.zeros(1, np.float32))[0])
        cells = _summary(values[: self._walked], scale, self.per_cell, zero)
        table = words(scale.colours(theme.dark), theme.background)
        return _image(cells, self.columns, table)

    def _label_lane(self, labels: npt.NDArray[np.generic], theme: Theme) -> QImage:
        part = labels[:: max(1, len(labels) >> 16)].astype(np.float32)
        part = part[np.isfinite(part)]
        high = max(float(part.max()), 1e-6) if part.size else 1.0
        scale = Scale(0.0, high, "label")
        cells = _summary(labels, scale, self.per_cell * self.columns, 0)
        return _image(cells, 1, words(scale.colours(theme.dark), theme.background))

    # events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton and self.length:
            self.scrolled_to.emit(self.character_at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along."""
        if event.buttons() & Qt.MouseButton.LeftButton and self.length:
            self.scrolled_to.emit(self.character_at(event.position().y()))

    def resizeEvent(self, event: QEvent) -> None:
        """Another height holds other cells."""
        self._forget()

    def changeEvent(self, event: QEvent) -> None:
        """Another palette has other colours."""
        if event.type() == QEvent.Type.PaletteChange:
            self._forget()
        super().changeEvent(event)


def _summary(values: npt.NDArray[np.generic], scale: Scale, size: int, zero: int) -> Bytes:
    """One palette entry for every `size` values: halfway from their mean to their extreme.

    The mean alone would lose a unit that is seldom on, the extreme alone one that is mostly on.
    """
    whole, run = len(values) // size, size if size <= _WHOLE else _RUN
    looked = values[: whole * size].reshape(whole, size)[:, :run]
    found = _reduced(looked, scale, zero)
    if whole * size < len(values):
        rest = values[whole * size :][None, :run]
        found = np.concatenate([found, _reduced(rest, scale, zero)])
    return found


def _reduced(values: npt.NDArray[np.generic], scale: Scale, zero: int) -> Bytes:
    """The entry of each row of values (cells, run); NaN counts as nothing."""
    if values.size == 0:
        return np.zeros(0, np.uint8)
    across = np.ascontiguousarray(values.T)  # reducing over the first axis is many times faster
    half = across.dtype == np.float16
    entries = scale.index(across if half else across.astype(np.float32))
    entries[entries == MISSING] = zero
    high, low = entries.max(axis=0).astype(np.int32), entries.min(axis=0).astype(np.int32)
    extreme = np.where(high - zero >= zero - low, high, low)
    mean = entries.sum(axis=0, dtype=np.uint16).astype(np.int32) // len(entries)
    return ((mean + extreme) // 2).astype(np.uint8)


def _image(cells: Bytes, columns: int, table: npt.NDArray[np.uint32]) -> QImage:
    rows = ceil(len(cells) / columns)
    grid = np.full(rows * columns, MISSING, np.uint8)
    grid[: len(cells)] = cells
    pixels = table[grid]
    stride = columns * 4
    return QImage(pixels.data, columns, rows, stride, QImage.Format.Format_RGB32).copy()
