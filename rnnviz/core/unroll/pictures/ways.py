"""The arrows: up through a step, from step to step, back, and the loop of the rolled network."""

from __future__ import annotations

from rnnviz.core.export.figure import Stroke
from rnnviz.core.export.mathematics import add_formula, typeset
from rnnviz.core.unroll.equations import text
from rnnviz.core.unroll.moments import Moment
from rnnviz.core.unroll.pictures.layout import LABELS, SIDE, Layout
from rnnviz.core.unroll.pictures.pen import Pen
from rnnviz.core.unroll.pictures.picture import BACK, FAINT, FORWARD, Place, shown_symbol
from rnnviz.core.unroll.trace import Trace


def put_joints(pen: Pen, layout: Layout, shown: Moment, step: int, marked: str) -> None:
    """What leads from a step to another: it stretches as the network is rolled up."""
    plan = layout.plan
    if layout.rolled >= 0.5:
        return
    for row in range(plan.rows):
        part = "decoder" if plan.decodes(step) else "layers"
        lit = marked.startswith(f"{part}.{row}.weight_hh")
        _along(pen, layout, shown, step, row, 4.0 if lit else 1.6)
    _joined_ends(pen, layout, shown, step)
    if plan.goes_back_in(step) and shown.forward >= step and step - 1 in layout.seen:
        _going_back_in(pen, layout, step)
    if plan.chunk_starts(step) and step - 1 in layout.seen:
        _cut(pen, layout, step)


def _cut(pen: Pen, layout: Layout, step: int) -> None:
    """Where the gradient is cut: between the gradients of the step before and this one's state."""
    plan = layout.plan
    ends = layout.gradients(step - 1) + 2 * (layout.gradient + 2)
    cut = (ends + layout.middle(step) - layout.vector / 2) / 2
    top, bottom = layout.hidden(plan.rows - 1) - 6, layout.foot(0) + 6
    for dx in (-2.5, 2.5):
        pen.figure.strokes.append(Stroke(cut + dx, top, cut + dx, bottom, 1.6, BACK[pen.dark]))


def _going_back_in(pen: Pen, layout: Layout, step: int) -> None:
    """From what was written at the step before down to where it enters at this one."""
    colour, top, foot = BACK[pen.dark], layout.scores - 19, layout.symbols - 6
    plan = layout.plan
    wrote = len(shown_symbol(plan.drawn[step - 1] or ""))
    start, end = layout.middle(step - 1) + 8 + 4.2 * wrote, layout.middle(step)
    x = end - layout.vector / 2 - 22
    stop = end - 4 - 0.28 * layout.symbol_size * wrote
    pen.path([(start, top), (x, top), (x, foot), (max(x, stop), foot)], colour, 2.0)


def put_arrows(
    pen: Pen, trace: Trace, layout: Layout, shown: Moment, step: int, marked: str
) -> None:
    """Forwards from what enters to the answer; backwards the other way, beside it.

    Of two directions the lower row reads on. What it gives goes past the upper one at the right;
    what enters the upper one goes past the lower one at the left.
    """
    plan = trace.plan
    part = "decoder" if plan.decodes(step) else "layers"
    x, half = layout.middle(step), layout.vector / 2

    def thick(parameter: str) -> float:
        return 4.0 if marked.startswith(parameter) else 1.6

    below = layout.inputs
    for layer in range(plan.layers):
        rows = plan.rows_of(layer)
        for row in rows:
            ways = shown.computed(plan, row, step), shown.gone_back(plan, row, step)
            wide, foot = thick(f"{part}.{row}.weight_ih"), layout.foot(row)
            if row == rows[0]:
                _upwards(pen, x, below, foot, ways, wide)
                pen.place_of_arrow(x, foot, below, f"{row}/ih", step, ways[0])
                continue
            passed = layout.hidden(rows[0]) - 10
            around = [(x - half + 4, below - 3), (x - half - 5, below - 14), (x - half - 5, passed)]
            _around(pen, [*around, (x - half + 6, foot + 3)], ways, wide, -4)
            pen.place_of_arrow(x - half - 6, passed, below, f"{row}/ih", step, ways[0])
        if layer and len(rows) == 2:
            ways = shown.computed(plan, rows[0], step), shown.gone_back(plan, rows[0], step)
            _past(pen, layout, step, plan.rows_of(layer - 1)[0], layout.foot(rows[0]), ways)
        below = layout.hidden(rows[-1])
    if plan.answered(step) is None:
        return
    foot = layout.scores + layout.cell * len(plan.vocabulary)
    top = plan.rows_of(plan.layers - 1)
    done = shown.answered(plan, step)
    backs = [shown.gone_back(plan, row, plan.read_at(row, step)) for row in top]
    pen.place_of_arrow(x, foot, below, f"{top[-1]}/hy", step, done)
    if plan.read_at(top[-1], step) == step:
        _upwards(pen, x, below, foot, (done, backs[-1]), thick("output.weight"))
    if len(top) == 2:
        _past(pen, layout, step, top[0], foot, (done, backs[0]))


def _upwards(
    pen: Pen, x: float, below: float, foot: float, ways: tuple[bool, bool], width: float
) -> None:
    """A way straight up, and where it was gone back the way down beside it."""
    done, back = ways
    if back:
        pen.arrow(x + 6, foot + 3, x + 6, below - 3, BACK[pen.dark])
    colour = FORWARD[pen.dark] if done else FAINT[pen.dark]
    pen.arrow(x - 6 * back, below - 3, x - 6 * back, foot + 3, colour, width)


def _around(
    pen: Pen,
    points: list[tuple[float, float]],
    ways: tuple[bool, bool],
    width: float,
    beside: float,
) -> None:
    """A way along these points, and where it was gone back the same beside it."""
    done, back = ways
    if back:
        moved = [(x + beside, y) for x, y in reversed(points)]
        pen.path(moved, BACK[pen.dark], 1.6)
    pen.path(points, FORWARD[pen.dark] if done else FAINT[pen.dark], width)


def _past(
    pen: Pen, layout: Layout, step: int, row: int, foot: float, ways: tuple[bool, bool]
) -> None:
    """From a lower row past the upper one to what reads both."""
    right = layout.middle(step) + layout.vector / 2
    start, beyond = layout.hidden(row), layout.hidden(row + 1) - 10
    points = [(right - 6, start - 3), (right + 4, start - 13), (right + 4, beyond)]
    _around(pen, [*points, (right - 8, foot + 3)], ways, 1.6, 4)


def _joined_ends(pen: Pen, layout: Layout, shown: Moment, step: int) -> None:
    """From the last state of the row that reads from the end to the one answer."""
    plan = layout.plan
    if not plan.joins_ends or plan.answered(step) is None:
        return
    top = plan.rows - 1
    x, end = max(SIDE + LABELS - 14, layout.middle(0)), layout.middle(step)
    foot = layout.scores + layout.cell * len(plan.vocabulary)
    high = foot + 9
    points = [(x, layout.hidden(top) - 3), (x, high), (end, high), (end, foot + 3)]
    ways = shown.answered(plan, step), shown.gone_back(plan, top, 0)
    if ways[1]:
        lower = [(x + 6, layout.hidden(top) - 3), (x + 6, high + 4), (end + 6, high + 4)]
        pen.path([*reversed([*lower, (end + 6, foot + 3)])], BACK[pen.dark], 1.6)
    pen.path(points, FORWARD[pen.dark] if ways[0] else FAINT[pen.dark], 1.6)


def _along(pen: Pen, layout: Layout, shown: Moment, step: int, row: int, width: float) -> None:
    """The arrow from the state read before to this one, and the gradient back along it."""
    plan, dark = layout.plan, pen.dark
    top, bottom, half = layout.hidden(row), layout.foot(row), layout.vector / 2
    last, here = plan.before(row, step), layout.middle(step)
    way = -1 if plan.from_end(row) else 1
    end = here - way * (half + 3)
    if last is not None and last in layout.seen:
        start = layout.middle(last) + way * (half + 3)
    elif way > 0:
        start = SIDE + LABELS - 14
    else:
        start = min(end + max(30.0, 0.4 * layout.column), layout.width - layout.parameters_width)
    handed_on = last is None or not plan.chunk_starts(step) or plan.carried
    shows = step if way < 0 else last
    between = shows in layout.seen and shows is not None and shown.gone_back(plan, row, shows)
    """Whether numbers stand between the two states: then the ways go around them."""
    if plan.attends and row == plan.rows - 1 and last is not None and plan.decodes(last):
        between = between or shown.computed(plan, row, last)
    done = shown.computed(plan, row, step)
    if handed_on and last is not None and done:
        left = min(start, end)
        place = Place(left, bottom - 9, abs(end - start), 20, "arrow", f"{row}/hh", step, 0)
        pen.picture.places.append(place)
    if handed_on:
        colour = FORWARD[dark] if done else FAINT[dark]
        low = bottom + 7 if between else bottom - 3
        if between:
            points = [(start - 3 * way, bottom - 4), (start + 5 * way, low), (end - 7 * way, low)]
            pen.path([*points, (end, bottom - 5)], colour, width)
        else:
            pen.arrow(start, low, end, low, colour, width)
    if last is None or plan.chunk_starts(step) or not shown.gone_back(plan, row, last):
        return
    if last not in layout.seen:
        pen.path([(end, top + 4), (end - 6 * way, top - 8), (start, top - 8)], BACK[dark], 1.6)
        return
    later, high = layout.gradients(last) + 1.5 * layout.gradient + 2, top - 22
    # Into the heading of the column where it is there, else into its first number.
    into = (later, top - (15 if layout.labelled else 2))
    if way > 0:
        points = [(end, top + 4), (end - 6, high), (later, high), into]
    else:
        points = [(here + 0.3 * half, top - 3), (here + 0.3 * half, high), (later, high), into]
    pen.path(points, BACK[dark], 1.6)


def put_loop(pen: Pen, layout: Layout, marked: str) -> None:
    """The loop of the recurrence, as the rolled network has it; at the right stand gradients."""
    plan = layout.plan
    for row in range(plan.rows):
        x = layout.middle(0) - layout.vector / 2 - (10 if plan.directions == 2 else 0)
        top, bottom = layout.hidden(row), layout.foot(row)
        colour = FORWARD[pen.dark]
        wide = 4.0 if marked.startswith(f"layers.{row}.weight_hh") else 1.8
        reach = x - 46 * layout.rolled
        way = [(x - 3, top + 6), (reach, top + 6), (reach, bottom - 6), (x - 3, bottom - 6)]
        pen.path(way, colour, wide)
        middle = (top + bottom) / 2 + 4
        again = f"layers.{row}.weight_hh_l0" in pen.trace.weights
        said = ", at every step" + (", from the end" if plan.from_end(row) else "")
        formula = f"W_{{hh}}{text(said)}" if again else text(f"the state{said}")
        length = typeset(formula, 14.0).width
        add_formula(pen.figure, reach - 6 - length, middle, formula, 14.0, colour)
