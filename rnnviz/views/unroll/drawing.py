"""The small network of the session as it is painted, rolled up or unrolled."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from rnnviz.core.unroll.moments import steps_at
from rnnviz.core.unroll.pictures.inside import draw_inside
from rnnviz.core.unroll.pictures.layout import LEAST_COLUMN, least_height, scale_for, seen_steps
from rnnviz.core.unroll.pictures.moment_picture import KeptParts, Moving, draw, moving
from rnnviz.core.unroll.pictures.picture import Picture, Place
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.text.painting.text_figure import paint_figure, paint_parts
from rnnviz.views.unroll.pointed_picture import PointedPicture

_FRAME_MS = 8
_ROLL_SECONDS = 0.7
_LEAST_HEIGHT = 240


class UnrollDrawing(PointedPicture):
    """Paints the moment of the session's small network; a weight lights up in all its copies.

    Where not all steps have room for their numbers some of them are seen, the one that is computed
    among them.

    Signals:
        seen_changed: `seen`: other steps stand there.
    """

    seen_changed = Signal()

    def __init__(self, unroll: Unroll, parent: QWidget | None = None) -> None:
        super().__init__("Unrolled network", parent)
        self._unroll = unroll
        self._inside = False
        self._row = -1
        self._reach = False
        self._all = False
        self._first = 0
        self._rolled = 0.0
        self._goal = 0.0
        self._movement: _Movement | None = None
        self._kept = KeptParts()
        self._clock = QElapsedTimer()
        self._rolling = QTimer(self)
        self._rolling.setInterval(_FRAME_MS)
        self._rolling.timeout.connect(self._roll_on)
        unroll.changed.connect(self._show_other)
        unroll.moment_changed.connect(self._show_moment)

    # Which steps are seen

    @property
    def seen(self) -> range:
        """The steps that stand there."""
        return seen_steps(self._unroll.shown, self._plain_size[0], self._first, self._least)

    @property
    def _scale(self) -> float:
        """How many times as large everything is drawn: a lecture hall reads it."""
        size = float(self.width()), float(self.height())
        return scale_for(self._unroll.shown, size)

    @property
    def _plain_size(self) -> tuple[float, float]:
        """The size of the picture before it is drawn larger."""
        return self.width() / self._scale, self.height() / self._scale

    @property
    def steps(self) -> int:
        """How many there are."""
        return self._unroll.shown.steps

    @property
    def _least(self) -> float:
        return 0.0 if self._all else LEAST_COLUMN

    def show_all(self, shown: bool) -> None:
        """Show all steps, where there is no room for numbers as strips of colour; or some."""
        self._all = shown
        self._fit()
        self._show_moment()

    def show_from(self, first: int) -> None:
        """Show this step and those behind it, as many as have room."""
        first = max(0, min(first, self.steps - len(self.seen)))
        if first != self._first:
            self._first = first
            self.find_place()
            self.seen_changed.emit()

    def _follow(self) -> None:
        """See to it that the step that is computed is seen."""
        _, on, end = steps_at(self._unroll.shown, self._unroll.moment)
        seen = self.seen
        wanted = end if on in seen and end not in seen else on
        if wanted not in seen:
            back = bool(self._unroll.moment.backward)
            self._first = wanted - (len(seen) - 1 if back else 0)
        self._first = max(0, min(self._first, self.steps - len(seen)))
        self.seen_changed.emit()

    def _fit(self) -> None:
        """So high that the numbers of a step can be read; what is around scrolls."""
        high = 0 if self._all else int(least_height(self._unroll.shown)) + 1
        self.setMinimumHeight(max(_LEAST_HEIGHT, high))

    @Slot()
    def _show_other(self) -> None:
        self._fit()
        self._show_moment()

    @Slot()
    def _show_moment(self) -> None:
        self._follow()
        self.find_place()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways, or with Shift: other steps."""
        turned = event.angleDelta()
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        by = turned.x() or (turned.y() if shift else 0)
        if not by or len(self.seen) == self.steps:
            event.ignore()
            return
        self.show_from(self._first + (-1 if by > 0 else 1))

    # How it is shown

    @property
    def inside(self) -> bool:
        """Whether one step is shown from inside instead of all of them."""
        return self._inside

    def open_step(self, inside: bool) -> None:
        """Show the step of the moment from inside, in the layer pointed at; or all steps again."""
        if inside and self._place is not None and self._place.kind in ("hidden", "own", "later"):
            self._row = int(self._place.key.split("/")[0])
        self._inside = inside
        self.find_place()

    def show_reach(self, shown: bool) -> None:
        """Show how far gradients reach at the right, or the parameters again."""
        self._reach = shown
        self.draw_anew()

    @property
    def rolled(self) -> bool:
        """Whether the network is rolled up, or on its way there."""
        return self._goal > 0.5

    def roll(self, rolled: bool) -> None:
        """Roll the network up, or unroll it, in a short movement."""
        self._goal = float(rolled)
        self._clock.start()
        self._rolling.start()

    @Slot()
    def _roll_on(self) -> None:
        # By the clock: a slow machine shows fewer pictures of the movement, no longer one.
        step = self._clock.restart() / 1000 / _ROLL_SECONDS
        away = self._goal - self._rolled
        arrived = abs(away) <= step
        self.roll_to(self._goal if arrived else self._rolled + step * (1 if away > 0 else -1))
        if arrived:
            self._rolling.stop()

    def roll_to(self, rolled: float) -> None:
        """Show it so much rolled up: between 0 and 1 a picture of the movement."""
        self._rolled = rolled
        trace = self._unroll.trace
        if rolled in (0.0, 1.0) or self._inside or trace is None:
            self.draw_anew()
            return
        if self._movement is None:
            size, dark, moment = self._plain_size, theme_of(self).dark, self._unroll.moment
            parts = moving(trace, moment, size, dark, self._reach, self._first, self._least)
            self._movement = _Movement(parts, size, self._scale, self.devicePixelRatioF())
        self.update()

    # For the picture

    def make_picture(self, size: tuple[float, float], dark: bool) -> Picture | None:
        """The moment that is shown."""
        self._movement = None
        trace = self._unroll.trace
        if trace is None:
            return None
        if self._inside:
            plan = trace.plan
            _, on, end = steps_at(plan, self._unroll.moment)
            row = self._row if 0 <= self._row < plan.rows else plan.rows_of(plan.layers - 1)[0]
            return draw_inside(trace, row, end if plan.from_end(row) else on, size, dark)
        marked = ""
        if self._place is not None and self._place.kind == "weight":
            marked = self._place.key.removeprefix("gradient/")
        looked = self._place.step if self._place is not None else -1
        return draw(
            trace, self._unroll.moment, self._plain_size, dark, self._rolled, marked, self._reach,
            looked, self._first, self._least, self._scale, self._kept,
        )  # fmt: skip

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, or one of a movement."""
        if self._movement is None:
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            self._movement.paint(painter, self._rolled)

    def may_edit(self, place: Place) -> bool:
        """A weight, not its gradient."""
        return place.kind == "weight" and not place.key.startswith("gradient/")

    def marks(self, place: Place | None) -> object:
        """A weight is the same at every step; a step has a Jacobian, where these are shown."""
        if place is not None and place.kind == "weight":
            return place.key.removeprefix("gradient/")
        return place.step if place is not None and self._reach and place.step >= 0 else None


class _Movement:
    """A moment on its way: what keeps its form is painted once, and then only moved.

    A frame paints anew the arrows between the steps alone, which stretch.
    """

    def __init__(
        self, parts: Moving, size: tuple[float, float], scale: float, ratio: float
    ) -> None:
        self._parts, self._scale = parts, scale
        ratio = ratio * scale
        self._still = _pixmap(*size, ratio)
        with QPainter(self._still) as painter:
            paint_figure(painter, parts.still)
        self._steps: list[tuple[float, int, QPixmap]] = []
        for home, figure in zip(parts.homes, parts.steps, strict=True):
            left, right = int(home - 0.7 * parts.column) - 8, int(home + 1.1 * parts.column) + 30
            heights = [box.y for box in figure.boxes] + [word.y for word in figure.words]
            top = int(min(heights, default=60.0)) - 20
            drawn = _pixmap(right - left, max(1.0, size[1] - top), ratio)
            drawn.fill(Qt.GlobalColor.transparent)
            with QPainter(drawn) as painter:
                painter.translate(-left, -top)
                paint_parts(painter, figure)
            self._steps.append((left - home, top, drawn))

    def paint(self, painter: QPainter, rolled: float) -> None:
        """One picture of the movement."""
        middles, between = self._parts.moved(rolled)
        painter.scale(self._scale, self._scale)
        painter.drawPixmap(QPointF(0, 0), self._still)
        paint_parts(painter, between)
        for middle, (left, top, drawn) in zip(middles, self._steps, strict=True):
            painter.drawPixmap(QPointF(round(middle + left), top), drawn)


def _pixmap(width: float, height: float, ratio: float) -> QPixmap:
    made = QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    return made
