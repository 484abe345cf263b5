"""The small network of the session as it is painted, rolled up or unrolled."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QTimer, Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.unroll.inside import draw_inside
from rnnviz.core.unroll.moments import steps_at
from rnnviz.core.unroll.picture import Picture, Place, draw
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.views.unroll.pointed_picture import PointedPicture

_FRAME_MS = 8
_ROLL_SECONDS = 0.7


class UnrollDrawing(PointedPicture):
    """Paints the moment of the session's small network; a weight lights up in all its copies."""

    def __init__(self, unroll: Unroll, parent: QWidget | None = None) -> None:
        super().__init__("Unrolled network", parent)
        self._unroll = unroll
        self._inside = False
        self._row = -1
        self._reach = False
        self._rolled = 0.0
        self._goal = 0.0
        self._clock = QElapsedTimer()
        self._rolling = QTimer(self)
        self._rolling.setInterval(_FRAME_MS)
        self._rolling.timeout.connect(self._roll_on)
        unroll.changed.connect(self.find_place)
        unroll.moment_changed.connect(self.find_place)

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
        self._rolled = (
            self._goal if abs(away) <= step else self._rolled + step * (1 if away > 0 else -1)
        )
        if self._rolled == self._goal:
            self._rolling.stop()
        self.draw_anew()

    def make_picture(self, size: tuple[float, float], dark: bool) -> Picture | None:
        """The moment that is shown."""
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
            trace, self._unroll.moment, size, dark, self._rolled, marked, self._reach, looked
        )

    def may_edit(self, place: Place) -> bool:
        """A weight, not its gradient."""
        return place.kind == "weight" and not place.key.startswith("gradient/")

    def marks_all(self, place: Place) -> bool:
        """A weight is the same at every step; a step has a Jacobian, where these are shown."""
        return place.kind == "weight" or (self._reach and place.step >= 0)
