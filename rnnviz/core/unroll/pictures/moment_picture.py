"""An unrolled computation as a figure, as the lecture draws it, and what lies where in it.

From the bottom up: the symbol that enters and its numbers, a row of hidden states for each layer,
the scores and their softmax, the answer that is asked, the loss. Steps run from left to right. At
the right the parameters, which all steps share. Every number is one of the trace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rnnviz.core.colours.colour import PAPER
from rnnviz.core.export.figure import Figure, hex_colour
from rnnviz.core.unroll.moments import Moment, top_step
from rnnviz.core.unroll.pictures.layout import Layout, Settings
from rnnviz.core.unroll.pictures.numbers import put_attention, put_step
from rnnviz.core.unroll.pictures.parameters import below_matrices, put_sums, put_weights
from rnnviz.core.unroll.pictures.pen import Pen
from rnnviz.core.unroll.pictures.picture import Picture
from rnnviz.core.unroll.pictures.reach_curves import put_reach
from rnnviz.core.unroll.pictures.ways import put_joints, put_loop
from rnnviz.core.unroll.pictures.words_around import put_head, put_labels
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.trace import Trace


def draw(
    trace: Trace,
    shown: Moment,
    size: tuple[float, float] = (1180.0, 640.0),
    dark: bool = False,
    rolled: float = 0.0,
    marked: str = "",
    reach: bool = False,
    looked: int = -1,
    first: int = 0,
    least: float = 0.0,
    larger: float = 1.0,
    kept: KeptParts | None = None,
) -> Picture:
    """The picture of a moment.

    Args:
        trace: whose numbers.
        shown: what later moments compute is not drawn yet.
        size: pixels.
        rolled: 0 unrolled, 1 all steps in one place with the loop of the recurrence.
        marked: a parameter that lights up in all its copies.
        reach: how far gradients reach instead of the parameters, at the right.
        looked: the step whose Jacobian that shows; -1 for the one that is computed.
        first: the step that stands at the left, where not all have room.
        least: no step is narrower than so many pixels; 0 shows all.
        larger: so many times as large as `size` says, everything in it.
        kept: the parts of the picture before; what shows the same is not laid out again.
    """
    settings = Settings(size, dark, marked, reach, looked, first, least, larger)
    return (kept or KeptParts()).picture(trace, shown, settings, rolled)


class KeptParts:
    """The parts of a picture; of the next one only those are laid out that show something else.

    From moment to moment little changes: a step, the words above, the sums at the right.
    """

    def __init__(self) -> None:
        self._pen: Pen | None = None
        self._of: tuple[Layout, float] | None = None
        self._parts: dict[tuple[str, int], tuple[object, Picture]] = {}
        self._gone: tuple[Moment, list[tuple[bool, ...]]] | None = None

    def picture(self, trace: Trace, shown: Moment, settings: Settings, rolled: float) -> Picture:
        """The picture of a moment, put together from its parts."""
        layout = self._laid_out(trace, settings, rolled)
        parts = self._still(trace, shown, settings, layout)
        parts += self._between(trace, shown, settings, layout)
        steps = layout.drawn(shown)
        parts += [self._step(trace, shown, settings, layout, step) for step in steps]
        return _joined(settings, parts)

    def moving(self, trace: Trace, shown: Moment, settings: Settings) -> Moving:
        """A moment in parts that move."""
        layout = self._laid_out(trace, settings, 0.0)
        still = _joined(settings, self._still(trace, shown, settings, layout))
        steps = [self._step(trace, shown, settings, layout, step).figure for step in layout.seen]
        between = KeptParts()

        def moved(rolled: float) -> tuple[tuple[float, ...], Figure]:
            at = between._laid_out(trace, settings, rolled)
            parts = between._between(trace, shown, settings, at)
            return tuple(map(at.middle, at.seen)), _joined(settings, parts).figure

        homes = tuple(map(layout.middle, layout.seen))
        return Moving(still.figure, tuple(steps), homes, layout.column, moved)

    def _laid_out(self, trace: Trace, settings: Settings, rolled: float) -> Layout:
        """The places of a drawing; parts of other numbers or places are forgotten."""
        layout = settings.layout(trace.plan, rolled)
        of, pen = (layout, settings.larger), self._pen
        if pen is None or pen.trace is not trace or pen.dark != settings.dark or of != self._of:
            if pen is None or pen.trace is not trace or pen.dark != settings.dark:
                self._pen = Pen(Picture(Figure(0.0, 0.0, "")), settings.dark, trace)
            self._of, self._parts, self._gone = of, {}, None
        return layout

    def _part(
        self, name: str, number: int, shows: object, settings: Settings, put: _Put, *given: Any
    ) -> Picture:
        """A part, put anew with what is given if it shows something else than before."""
        known = self._parts.get((name, number))
        if known is not None and known[0] == shows:
            return known[1]
        assert self._pen is not None
        pen = self._pen.on(Picture(Figure(*settings.size, "")))
        put(pen, *given)
        larger = settings.larger
        made = pen.picture if larger == 1 else pen.picture.scaled(larger)
        self._parts[name, number] = shows, made
        return made

    def _still(
        self, trace: Trace, shown: Moment, settings: Settings, layout: Layout
    ) -> list[Picture]:
        """What does not move: words above, names at the left, parameters at the right."""
        plan, marked, at = trace.plan, settings.marked, settings.at(shown, trace.plan)
        parts = [
            self._part("head", 0, shown, settings, put_head, trace, layout, shown),
            self._part("labels", 0, None, settings, put_labels, layout),
        ]
        if not settings.side:
            return parts
        below: tuple[float, float, float, float] | None = layout.beside
        if not settings.reach or plan.drawn:
            parts.append(
                self._part("weights", 0, marked, settings, put_weights, trace, layout, marked)
            )
            if not shown.backward:
                return parts
            sums = shown.backward, shown.updated
            parts.append(self._part("sums", 0, sums, settings, put_sums, trace, layout, shown))
            below = below_matrices(trace, layout)
        if below is not None:
            parts.append(self._part("reach", 0, (at, below), settings, put_reach, trace, below, at))
        return parts

    def _between(
        self, trace: Trace, shown: Moment, settings: Settings, layout: Layout
    ) -> list[Picture]:
        """What leads from step to step, and the loop of the rolled network."""
        plan, marked, steps = trace.plan, settings.marked, layout.drawn(shown)
        gone, parts = self._gone_at(shown, plan), []
        for step in steps:
            shows = _led(shown, plan, step), shown.forward >= step, marked
            parts.append(
                self._part("joints", step, shows, settings, put_joints, layout, shown, step, marked)
            )
        for step in steps if plan.attends else ():
            looks = gone[step], step == top_step(shown, plan)
            given = trace, layout, shown, step
            parts.append(self._part("looking", step, looks, settings, put_attention, *given))
        if layout.rolled > 0.5:
            parts.append(self._part("loop", 0, marked, settings, put_loop, layout, marked))
        return parts

    def _step(
        self, trace: Trace, shown: Moment, settings: Settings, layout: Layout, step: int
    ) -> Picture:
        """What moves as one: the numbers of a step, and its own arrows."""
        shows = self._gone_at(shown, trace.plan)[step], settings.marked
        given = trace, layout, shown, step, settings.marked
        return self._part("step", step, shows, settings, put_step, *given)

    def _gone_at(self, shown: Moment, plan: Plan) -> list[tuple[bool, ...]]:
        """How far a moment shows what is computed at each step; found once."""
        if self._gone is None or self._gone[0] != shown:
            self._gone = shown, [_gone(shown, plan, step) for step in range(plan.steps)]
        return self._gone[1]


_Put = Callable[..., None]
"""Draws a part with a pen and what it is given."""


def _gone(shown: Moment, plan: Plan, step: int) -> tuple[bool, ...]:
    """How far a moment shows what is computed at a step, there and back."""
    top = plan.rows_of(plan.layers - 1)
    return (
        *(shown.computed(plan, row, step) for row in range(plan.rows)),
        *(shown.gone_back(plan, row, step) for row in range(plan.rows)),
        *(shown.gone_back(plan, row, plan.read_at(row, step)) for row in top),
        shown.answered(plan, step),
    )


def _led(shown: Moment, plan: Plan, step: int) -> tuple[bool, ...]:
    """How far a moment shows what leads to a step from others, and back."""
    found = [shown.answered(plan, step), shown.gone_back(plan, plan.rows - 1, 0)]
    if not plan.joins_ends:
        found = []
    for row in range(plan.rows):
        last = plan.before(row, step)
        found += shown.computed(plan, row, step), shown.gone_back(plan, row, step)
        if last is not None:
            found += shown.computed(plan, row, last), shown.gone_back(plan, row, last)
    return tuple(found)


def _joined(settings: Settings, parts: list[Picture]) -> Picture:
    """One picture of parts, on its ground."""
    width, height = settings.size
    figure = Figure(
        width * settings.larger, height * settings.larger, hex_colour(PAPER[settings.dark])
    )
    whole = Picture(figure, parts=tuple(parts))
    for part in parts:
        figure.put(part.figure)
        whole.places += part.places
    return whole


class Moving(NamedTuple):
    """A moment in parts, for the movement between rolled up and unrolled."""

    still: Figure
    """What stays where it is."""
    steps: tuple[Figure, ...]
    """The numbers of each step that is seen, where they are unrolled."""
    homes: tuple[float, ...]
    """The middle of each of them,"""
    column: float
    """and how wide one is."""
    moved: Callable[[float], tuple[tuple[float, ...], Figure]]
    """For so much rolled up: the middles, and what leads from step to step."""


def moving(
    trace: Trace,
    shown: Moment,
    size: tuple[float, float],
    dark: bool = False,
    reach: bool = False,
    first: int = 0,
    least: float = 0.0,
) -> Moving:
    """The parts of a moment's picture: `draw` puts them together."""
    settings = Settings(size, dark, "", reach, -1, first, least)
    return KeptParts().moving(trace, shown, settings)
