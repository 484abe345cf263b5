"""Where columns, rows and what stands beside them lie in the picture of an unrolled network.

Steps run from left to right; from the bottom up lie inputs, a row of states for each layer, scores
and losses. At the right stand the parameters, which all steps share.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rnnviz.core.unroll.moments import Moment, top_step
from rnnviz.core.unroll.pictures.picture import shown_symbol
from rnnviz.core.unroll.plan import Plan

TOP, SIDE, LABELS, BOTTOM = 62.0, 20.0, 92.0, 16.0
_GAP, _LEAST_GAP = 40.0, 34.0
_LARGEST = 1.7
LEAST_COLUMN = 113.0
"""A step narrower than so many pixels has no room for its numbers and gradients."""
_NARROW = 640.0
"""In a narrower room the matrices have no place beside the steps."""
READABLE = 13.5
"""A cell lower than so many pixels shows its colour alone."""


@dataclass(frozen=True)
class Layout:
    """The places of a drawing of this size."""

    plan: Plan
    width: float
    height: float
    rolled: float
    parameters_width: float
    first: int = 0
    least: float = 0.0

    @cached_property
    def gap(self) -> float:
        """Between the rows: less where numbers would have no room."""
        return _GAP if self._cell(_GAP) >= READABLE + 3 else _LEAST_GAP

    def _cell(self, gap: float) -> float:
        rows, gaps = _height_of(self.plan, gap)
        return (self.height - gaps) / rows

    @cached_property
    def cell(self) -> float:
        """The height of a number."""
        return max(3.0, min(26.0, self._cell(self.gap)))

    @property
    def room(self) -> float:
        """How wide all steps together may be."""
        return self.width - 2 * SIDE - LABELS - self.parameters_width

    @cached_property
    def count(self) -> int:
        """How many steps stand side by side."""
        most = int(self.room / self.least) if self.least else self.plan.steps
        return max(1, min(self.plan.steps, most))

    @cached_property
    def column(self) -> float:
        """The width of a step."""
        return self.room / self.count

    @cached_property
    def seen(self) -> range:
        """The steps that stand there."""
        first = max(0, min(self.first, self.plan.steps - self.count))
        return range(first, first + self.count)

    def drawn(self, shown: Moment) -> range:
        """The steps that are drawn: rolled up there is one, the one that is computed."""
        step = top_step(shown, self.plan)
        return self.seen if self.rolled <= 0.98 else range(step, step + 1)

    @property
    def labelled(self) -> bool:
        """Whether a step has room for words above its numbers."""
        return self.column > 90

    @cached_property
    def vector(self) -> float:
        """The width of a column of numbers."""
        return max(5.0, min(54.0, self.column * 0.27))

    @property
    def lane(self) -> float:
        """How far from a state its gradients begin: past it leads what two directions join."""
        return 3.0 if self.plan.directions == 1 else 13.0

    @cached_property
    def gradient(self) -> float:
        """The width of a column of gradients."""
        return min(self.vector, (self.column - self.vector - 9 - self.lane) / 2)

    def gradients(self, step: int) -> float:
        """Where the gradients of a step begin."""
        return self.middle(step) + self.vector / 2 + self.lane

    def middle(self, step: int) -> float:
        """The middle of a step; all steps come together as the network is rolled up."""
        left = SIDE + LABELS
        # Two directions need more room at the right, past which the lower one is led.
        share = 0.36 if self.plan.directions == 1 else 0.31
        unrolled = left + (step - self.seen[0] + share) * self.column
        together = left + self.count * self.column / 2
        return unrolled + (together - unrolled) * self.rolled

    @property
    def beside(self) -> tuple[float, float, float, float]:
        """x, y, width and height of what stands at the right of the steps."""
        x = self.width - self.parameters_width - SIDE + 22
        return x, TOP + 14, self.parameters_width - 26, self.height - TOP - 14 - BOTTOM

    @cached_property
    def symbols(self) -> float:
        """The baseline of the symbols that enter."""
        return self.height - BOTTOM - 4

    @cached_property
    def symbol_size(self) -> int:
        """The size at which the longest symbol fits under a step."""
        names = [shown_symbol(one) for one in self.plan.inputs if one is not None]
        longest = max(names, key=len, default="")
        return min(17, max(8, int((self.column - 8) / (0.56 * max(1, len(longest))))))

    @cached_property
    def inputs(self) -> float:
        """The top of the vectors that enter."""
        return self.symbols - 20 - self.cell * self.plan.width

    def hidden(self, row: int) -> float:
        """The top of a row of states."""
        return self.inputs - (row + 1) * (self.gap + self.cell * self.plan.units)

    def foot(self, row: int) -> float:
        """The bottom of a row of states."""
        return self.hidden(row) + self.cell * self.plan.units

    @cached_property
    def scores(self) -> float:
        """The top of scores and softmax."""
        below = self.hidden(self.plan.rows - 1)
        return below - self.gap - self.cell * len(self.plan.vocabulary)


def _height_of(plan: Plan, gap: float) -> tuple[int, float]:
    """How many numbers stand one below the other, and what there is between them."""
    rows = len(plan.vocabulary) + plan.width + plan.rows * plan.units
    return rows, gap * (plan.rows + 1) + 78 + TOP + BOTTOM


def seen_steps(plan: Plan, width: float, first: int, least: float) -> range:
    """Which steps stand in a drawing so wide; see `draw`."""
    settings = Settings((width, 1.0), False, "", False, -1, first, least)
    return settings.layout(plan, 0.0).seen


def scale_for(plan: Plan, size: tuple[float, float]) -> float:
    """How much larger everything can be drawn where all steps and their numbers have room."""
    rows, gaps = _height_of(plan, _GAP)
    width = 2 * SIDE + LABELS + 300.0 + LEAST_COLUMN * plan.steps
    by = min(size[0] / max(1000.0, width), size[1] / (gaps + 26.0 * rows))
    return max(1.0, min(_LARGEST, by))


def readable_size(plan: Plan) -> tuple[float, float]:
    """From which size on, in pixels, all numbers of all steps can be read."""
    rows, gaps = _height_of(plan, _LEAST_GAP)
    width = 2 * SIDE + LABELS + 340.0 + LEAST_COLUMN * plan.steps
    return max(1180.0, width), max(640.0, gaps + rows * (READABLE + 0.5))


def least_height(plan: Plan) -> float:
    """From which height on the numbers of a step can be read."""
    rows, gaps = _height_of(plan, _LEAST_GAP)
    return gaps + rows * (READABLE + 0.1)


class Settings(NamedTuple):
    """How a moment is drawn."""

    size: tuple[float, float]
    dark: bool
    marked: str
    reach: bool
    looked: int
    first: int
    least: float
    larger: float = 1.0

    def layout(self, plan: Plan, rolled: float) -> Layout:
        """The places of a drawing."""
        return Layout(plan, *self.size, rolled, self.side, self.first, self.least)

    @property
    def side(self) -> float:
        """How wide the parameters are."""
        return min(340.0, self.size[0] * 0.29) if self.size[0] >= _NARROW else 0.0

    def at(self, shown: Moment, plan: Plan) -> int:
        """The step whose Jacobian is shown: one that is looked at, or the one that is computed."""
        return self.looked if 0 <= self.looked < plan.steps else top_step(shown, plan)
