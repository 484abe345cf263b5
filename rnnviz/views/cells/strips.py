"""Rows of numbers over time: a strip for each column with its name, traces of units under them.

Behind the strips every step has the colour of the selected unit. Drag to brush steps, turn the
wheel to move, with Ctrl to see more or fewer steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from rnnviz.core.colours.colour import MISSING, Scale
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.shared.theme import theme_of

_NAMES = 118
_FOOT = 22
_SHOWN, _FEWEST = 300, 16
_MOST_STRIPS = 24
Line = npt.NDArray[np.floating]


class Strip(Struct, frozen=True):
    """What one strip shows."""

    name: str
    lines: tuple[tuple[Line, Ink], ...]
    """(T,) each, and its colour; drawn in this order."""
    low: float
    high: float
    """What lies at the foot and at the top."""


def strip_of(name: str, *lines: tuple[Line, Ink]) -> Strip:
    """A strip as high as its lines reach."""
    low, high = np.inf, -np.inf
    for values, _ in lines:
        finite = np.asarray(values, np.float32)
        finite = finite[np.isfinite(finite)]
        if len(finite):
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if not low <= high:
        low, high = 0.0, 1.0
    if low == high:
        low, high = low - 0.5, high + 0.5
    return Strip(name, lines, low, high)


class StripsView(QWidget):
    """The steps of a recording of numbers.

    Signals:
        hovered(step): the step under the pointer, or None.
        clicked(step): one was clicked.
        range_selected(start, stop): steps were brushed; empty to let go.
        visible_changed: other steps are seen.
    """

    hovered = Signal(object)
    clicked = Signal(int)
    range_selected = Signal(int, int)
    visible_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Numbers over time, coloured by the selected unit")
        self.length, self._first, self._count = 0, 0, _SHOWN
        self._inputs: tuple[Strip, ...] = ()
        self._units: tuple[Strip, ...] = ()
        self._left_out = 0
        self._values: Line | None = None
        self._scale: Scale | None = None
        self._labels: npt.NDArray[np.generic] | None = None
        self._documents: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._cursor: int | None = None
        self._range: tuple[int, int] | None = None
        self._pressed: int | None = None

    # What is shown

    def set_recording(self, recording: Recording) -> None:
        """Show the numbers of a recording, and what came out beside what was wanted."""
        assert isinstance(recording.sequence, Numbers)
        numbers, fresh = recording.sequence, self.length != recording.length
        self.length = recording.length
        self._documents = np.asarray(recording.documents.offsets[1:-1])
        strips = [
            strip_of(name, (numbers.values[:, place], "text"))
            for place, name in enumerate(numbers.columns[:_MOST_STRIPS])
        ]
        self._left_out = max(0, len(numbers.columns) - _MOST_STRIPS)
        predicted, wanted = recording.predicted, recording.wanted
        if predicted is not None and wanted is not None:
            for place, name in enumerate(recording.outputs[:_MOST_STRIPS]):
                lines = ((wanted[:, place], "muted"), (predicted[:, place], "accent"))
                strips.append(strip_of(f"{name} →", *lines))
        truth = recording.truth
        if recording.class_p is not None and truth is not None:
            for place, name in enumerate(recording.outputs[:_MOST_STRIPS]):
                here = np.equal(truth, place).astype(np.float32)
                known = np.where(np.less(truth, 0), np.nan, here)
                lines = ((known, "muted"), (recording.class_p[:, place], "accent"))
                strips.append(Strip(f"{name} →", lines, 0.0, 1.0))
        self._inputs = tuple(strips)
        if fresh:
            self._first, self._count = 0, _SHOWN
        self.visible_changed.emit()
        self.update()

    def set_units(self, strips: Sequence[Strip]) -> None:
        """Show traces of units under the numbers."""
        self._units = tuple(strips)
        self.update()

    def set_values(self, values: Line | None, scale: Scale | None) -> None:
        """Colour the steps by these, (T,)."""
        self._values, self._scale = values, scale
        self.update()

    def set_labels(self, labels: npt.NDArray[np.generic] | None) -> None:
        """Mark the steps at which a concept holds, at the foot of the strips."""
        self._labels = labels
        self.update()

    def set_cursor(self, step: int | None) -> None:
        """Mark a step."""
        if step != self._cursor:
            self._cursor = step
            self.update()

    def set_range(self, chosen: tuple[int, int] | None) -> None:
        """Mark what is brushed."""
        self._range = chosen
        self.update()

    def visible_range(self) -> tuple[int, int]:
        """The steps that are seen."""
        return self._first, min(self.length, self._first + self._count)

    def centre_on(self, step: int) -> None:
        """Bring a step into view, if it is not."""
        first, stop = self.visible_range()
        if not first <= step < stop:
            self._move_to(step - self._count // 2)

    def zoom(self, notches: int) -> None:
        """See fewer steps, or more."""
        count = round(self._count * 1.25**-notches)
        self._count = max(min(_FEWEST, self.length), min(count, self.length))
        self._move_to(self._first)

    def _move_to(self, first: int) -> None:
        self._first = max(0, min(first, self.length - self._count))
        self.visible_changed.emit()
        self.update()

    # Where things lie

    def _x(self, step: float) -> float:
        first, stop = self.visible_range()
        width = max(1, self.width() - _NAMES - 10)
        return _NAMES + (step - first) * width / max(1, stop - first)

    def _step(self, x: float) -> int | None:
        first, stop = self.visible_range()
        width = max(1, self.width() - _NAMES - 10)
        step = first + int((x - _NAMES) * (stop - first) / width)
        return step if x >= _NAMES and first <= step < stop else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Colours, strips from top to foot, marks."""
        theme = theme_of(self)
        strips = (*self._inputs, *self._units)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.background))
            if not strips or not self.length:
                return
            room = self.height() - _FOOT
            each = room / len(strips)
            self._paint_colours(painter, each * len(self._inputs))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, strip in enumerate(strips):
                self._paint_strip(painter, strip, QRectF(0, place * each, self.width(), each))
            self._paint_marks(painter, room)

    def _paint_colours(self, painter: QPainter, height: float) -> None:
        if self._values is None or self._scale is None:
            return
        first, stop = self.visible_range()
        entries = self._scale.index(np.asarray(self._values[first:stop]))
        table = self._scale.colours(theme_of(self).dark)
        for place, entry in enumerate(entries.tolist()):
            if entry != MISSING:
                left, right = self._x(first + place), self._x(first + place + 1)
                colour = QColor(*table[entry].tolist()[:3])
                painter.fillRect(QRectF(left, 0, right - left + 0.5, height), colour)

    def _paint_strip(self, painter: QPainter, strip: Strip, rect: QRectF) -> None:
        theme = theme_of(self)
        painter.setPen(QColor(theme.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(QColor(theme.text))
        name = painter.fontMetrics().elidedText(
            strip.name, Qt.TextElideMode.ElideRight, _NAMES - 12
        )
        place = QRectF(6, rect.top(), _NAMES - 12, rect.height())
        first, stop = self.visible_range()
        value = self._value_at(strip, self._cursor)
        if value and rect.height() >= 2 * painter.fontMetrics().height():
            name += f"\n{value}"
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, name)
        inner = rect.adjusted(0, 5, 0, -5)
        for values, ink in strip.lines:
            part = np.asarray(values[first:stop], np.float64)
            y = inner.bottom() - (part - strip.low) / (strip.high - strip.low) * inner.height()
            painter.setPen(QPen(ink_colour(ink, theme), 1.6))
            for run in np.split(np.arange(len(part)), np.flatnonzero(~np.isfinite(part)) + 1):
                there = run[np.isfinite(part[run])]
                points = [QPointF(self._x(first + n + 0.5), y[n]) for n in there.tolist()]
                painter.drawPolyline(QPolygonF(points))

    def _paint_marks(self, painter: QPainter, room: float) -> None:
        theme = theme_of(self)
        first, stop = self.visible_range()
        if self._labels is not None:
            part = np.asarray(self._labels[first:stop], np.float32)
            for place in np.flatnonzero(np.nan_to_num(part) > 0).tolist():
                left, right = self._x(first + place), self._x(first + place + 1)
                painter.fillRect(QRectF(left, room, right - left, 4), QColor(theme.accent))
        if self._range is not None:
            colour = QColor(theme.accent)
            colour.setAlpha(60)
            left, right = (self._x(max(first, min(stop, step))) for step in self._range)
            painter.fillRect(QRectF(left, 0, right - left, room), colour)
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
        for step in self._documents[(self._documents > first) & (self._documents < stop)].tolist():
            painter.drawLine(QPointF(self._x(step), 0), QPointF(self._x(step), room))
        painter.setPen(QColor(theme.muted))
        foot = QRectF(_NAMES, room + 5, self.width() - _NAMES - 10, _FOOT - 5)
        said = f"steps {first:,} to {stop - 1:,} of {self.length:,}"
        if self._left_out:
            said += f"; {self._left_out:,} more columns are not drawn"
        if self._cursor is not None and first <= self._cursor < stop:
            painter.setPen(QPen(QColor(theme.accent), 1.2))
            x = self._x(self._cursor + 0.5)
            painter.drawLine(QPointF(x, 0), QPointF(x, room))
            painter.setPen(QColor(theme.text))
            said = self.values_in_words(self._cursor)
        said = painter.fontMetrics().elidedText(
            said, Qt.TextElideMode.ElideRight, int(foot.width())
        )
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, said)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def values_in_words(self, step: int) -> str:
        """The values at a step, in words."""
        shown = (*self._inputs, *self._units)[:8]
        values = [(strip.name, self._value_at(strip, step)) for strip in shown]
        known = [f"{name} {value}" for name, value in values if value]
        return "   ".join([f"step {step:,}", *known])

    def _value_at(self, strip: Strip, step: int | None) -> str:
        """What came out, or what was read, at a step; nothing where that is not known."""
        if step is None or not 0 <= step < len(strip.lines[-1][0]):
            return ""
        value = float(strip.lines[-1][0][step])
        return shown_number(value) if np.isfinite(value) else ""

    # What the person does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point, or go on brushing."""
        step = self._step(event.position().x())
        if self._pressed is not None and step is not None and step != self._pressed:
            first, last = sorted((self._pressed, step))
            self.range_selected.emit(first, last + 1)
        self.hovered.emit(step)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to brush."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._step(event.position().x())
            self.range_selected.emit(0, 0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press that did not move is a click."""
        step = self._step(event.position().x())
        if step is not None and step == self._pressed:
            self.clicked.emit(step)
        self._pressed = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move, or with Ctrl see more or fewer steps."""
        notches = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(round(notches))
        else:
            self._move_to(self._first - round(notches * self._count / 8))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page keys move; with Ctrl, arrows move the cursor; + and - zoom."""
        key, control = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        moves = {Qt.Key.Key_PageUp: -0.9, Qt.Key.Key_PageDown: 0.9}
        if key in moves:
            self._move_to(self._first + round(moves[Qt.Key(key)] * self._count))
        elif key == Qt.Key.Key_Home:
            self._move_to(0)
        elif key == Qt.Key.Key_End:
            self._move_to(self.length)
        elif control and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = (self._cursor or 0) + (1 if key == Qt.Key.Key_Right else -1)
            step = max(0, min(step, self.length - 1))
            self.centre_on(step)
            self.hovered.emit(step)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self.zoom(1 if key == Qt.Key.Key_Plus else -1)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Nothing is laid out; what is seen stays."""
        self.update()
