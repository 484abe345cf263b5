"""The words of the picture: what happens, what the network is, and what each row is."""

from __future__ import annotations

from rnnviz.core.architectures import facts_of
from rnnviz.core.export.captions import fitted
from rnnviz.core.export.figure import SOFT
from rnnviz.core.export.mathematics import add_formula
from rnnviz.core.unroll.equations import formula_of
from rnnviz.core.unroll.moments import Moment, caption
from rnnviz.core.unroll.pictures.layout import LEAST_COLUMN, READABLE, SIDE, TOP, Layout
from rnnviz.core.unroll.pictures.pen import Pen
from rnnviz.core.unroll.pictures.picture import shown_symbol
from rnnviz.core.unroll.trace import Trace


def put_head(pen: Pen, trace: Trace, layout: Layout, shown: Moment) -> None:
    """What happens, what the network is, and the formula of what is computed."""
    room = layout.width - 2 * SIDE
    pen.words(SIDE, 26, *fitted(caption(trace, shown), room, 15, bold=True), bold=True)
    pen.words(SIDE, 46, *fitted(_subtitle(trace, layout), room, 12), SOFT[pen.dark])
    if layout.scores - 60 > TOP + 44:
        # There is room above the losses.
        formula = formula_of(trace.plan, shown)
        add_formula(pen.figure, SIDE, TOP + 30, formula, 19, pen.ink)


def _subtitle(trace: Trace, layout: Layout) -> str:
    plan = trace.plan
    facts = facts_of(plan.architecture)
    made = f"after {trace.trained:,} updates" if trace.trained else "before any update"
    if plan.drawn:
        wrote = " ".join(shown_symbol(one) for one in plan.drawn if one is not None)
        return f"{facts.title}, {plan.units} units, {made}, at test time: it writes “{wrote}”"
    said = " ".join(
        shown_symbol(symbol) if target is not None else "·"
        for symbol, target in zip(trace.likeliest, plan.targets, strict=True)
    )
    learned = "; learned" if trace.learned else ""
    back = min(plan.chunk or plan.steps, plan.steps)
    kept = back * plan.rows * plan.units * len(facts.channels)
    bptt = f"BPTT goes back {_many(back, 'step')} at most and holds {kept:,} numbers of states"
    both = {"both": ", reading from both ends", "backward": ", reading from the end"}.get(
        plan.direction, ""
    )
    title = f"{facts.title}, {plan.units} units{both}"
    if layout.column < LEAST_COLUMN or layout.cell < READABLE:
        # Why there are colours instead of numbers.
        bptt = "colours alone: no room for numbers, point at one to read it"
    elif layout.count < plan.steps:
        seen = layout.seen
        bptt = f"steps {seen[0] + 1} to {seen[-1] + 1} of {plan.steps} have room here"
    return f"{title}, {made}: it says “{said}”{learned}; {bptt}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def put_labels(pen: Pen, layout: Layout) -> None:
    """What each row is, at the left."""
    plan = layout.plan
    soft = SOFT[pen.dark]
    half = layout.cell / 2

    def label(y: float, text: str, more: str = "") -> None:
        pen.words(SIDE, y, text, 12, soft, bold=True)
        if more:
            pen.words(SIDE, y + 15, more, 11, soft)

    if plan.drawn:
        label(layout.scores - 14, "writes")
    else:
        label(layout.scores - 34, "loss, nats")
        label(layout.scores - 14, "target")
    label(layout.scores + half + 6, "scores,", "softmax")
    for row in range(plan.rows):
        number = f"layer {plan.layer_of(row) + 1}" if plan.layers > 1 else ""
        if plan.direction != "forward":
            number += f"{number and ' '}{'← from end' if plan.from_end(row) else '→'}"
        label(layout.hidden(row) + half + 6, "hidden", number)
    entering = "embedding" if plan.embedding else "one-hot"
    label(layout.inputs + half + 6, "input", entering)
    label(layout.symbols, "symbol")
