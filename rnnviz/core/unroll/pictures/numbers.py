"""The numbers of a step: input, states, their gradients, scores with the answer, attention."""

from __future__ import annotations

import unicodedata

import numpy as np

from rnnviz.core.colours.colour import Scale
from rnnviz.core.export.figure import SOFT, Box
from rnnviz.core.export.mathematics import add_formula
from rnnviz.core.unroll.moments import Moment, top_step
from rnnviz.core.unroll.pictures.layout import READABLE, SIDE, Layout
from rnnviz.core.unroll.pictures.pen import Pen, scale_around_zero
from rnnviz.core.unroll.pictures.picture import (
    BACK,
    FAINT,
    FORWARD,
    RIGHT,
    WRONG,
    Kind,
    Place,
    shown_symbol,
)
from rnnviz.core.unroll.pictures.ways import put_arrows
from rnnviz.core.unroll.trace import Numbers, Trace


def put_step(pen: Pen, trace: Trace, layout: Layout, shown: Moment, step: int, marked: str) -> None:
    """What moves as one as the network is rolled up: the numbers of a step, and its own arrows."""
    plan = trace.plan
    x = layout.middle(step)
    left = x - layout.vector / 2
    symbol = plan.inputs[step]
    entering = shown_symbol(symbol) if symbol is not None else "–"
    pen.words(x, layout.symbols, entering, layout.symbol_size, "", True, "middle")
    read = any(shown.computed(plan, row, step) for row in plan.rows_of(0))
    inputs = trace["inputs"][step] if read else np.full(plan.width, np.nan)
    _cells(pen, layout, left, layout.inputs, inputs, ("input", "inputs", step))
    put_arrows(pen, trace, layout, shown, step, marked)
    for row in range(plan.rows):
        key, done = f"{row}/hidden", shown.computed(plan, row, step)
        values = trace[key][step] if done else np.full(plan.units, np.nan)
        _cells(pen, layout, left, layout.hidden(row), values, ("hidden", key, step))
        if shown.gone_back(plan, row, step):
            _gradients(pen, trace, layout, row, step)
    _answer(pen, trace, layout, step, x, shown.answered(plan, step))


def _answer(pen: Pen, trace: Trace, layout: Layout, step: int, x: float, done: bool) -> None:
    """Scores, softmax, target and loss; the target's numbers are green, heavy and pointed at."""
    plan, dark = trace.plan, pen.dark
    target = plan.answered(step)
    left = x - layout.vector / 2
    if target is None:
        return
    if not done:
        nothing = np.full(len(plan.vocabulary), np.nan)
        _cells(pen, layout, left, layout.scores, nothing, ("score", "scores", step))
        if not plan.drawn:
            pen.words(x, layout.scores - 14, shown_symbol(target), 15, SOFT[dark], True, "middle")
        return
    wanted = plan.vocabulary.index(target)
    inks: tuple[str, ...] = ()
    if not plan.drawn:
        inks = tuple(
            RIGHT[dark] if row == wanted else WRONG[dark] for row in range(len(plan.vocabulary))
        )
    for offset, key, kind, scale in (
        (0.0, "scores", "score", _pale(pen.scale_of("scores"))),
        (layout.vector + 3, "probabilities", "probability", Scale(0.0, 1.0, "gate")),
    ):
        values = trace[key][step]
        place: tuple[Kind, str, int] = (kind, key, step)  # type: ignore[assignment]
        own = inks if key == "scores" else ()
        pen.column(
            left + offset, layout.scores, layout.vector, layout.cell, values, scale, place, own,
            wanted,
        )  # fmt: skip
    longest = max(len(shown_symbol(symbol)) for symbol in plan.vocabulary)
    fits = 0.56 * 12 * longest <= layout.column - 2 * layout.vector - 10
    first = all(plan.answered(one) is None for one in range(step))
    if layout.cell >= READABLE and layout.column > 70 and (fits or first):
        for row, symbol in enumerate(plan.vocabulary):
            mine = BACK[dark] if plan.drawn else RIGHT[dark]
            ink = mine if row == wanted else SOFT[dark]
            y = layout.scores + row * layout.cell + layout.cell * 0.72
            pen.words(left - 4, y, shown_symbol(symbol), 12, ink, row == wanted, "end")
    if plan.drawn:
        pen.words(x, layout.scores - 14, shown_symbol(target), 15, BACK[dark], True, "middle")
        return
    _right_or_wrong(pen, trace, layout, step, target)


def _onwards(said: str) -> str:
    """A symbol behind which words stand at the right, whichever way its letters are written."""
    backwards = any(unicodedata.bidirectional(one) in ("R", "AL") for one in said)
    return f"\u200e{said}" if backwards else said


def _right_or_wrong(pen: Pen, trace: Trace, layout: Layout, step: int, target: str) -> None:
    """The answer that is asked, told right or wrong by colour and mark, and the loss."""
    dark, x = pen.dark, layout.middle(step)
    left = x - layout.vector / 2
    right = trace.likeliest[step] == target
    ink = RIGHT[dark] if right else WRONG[dark]
    mark = "✓" if right else "✗"
    said = shown_symbol(target)
    if layout.column >= 8 * (len(said) + 2):
        pen.words(x, layout.scores - 14, f"{_onwards(said)} {mark}", 15, ink, True, "middle")
    else:
        pen.words(x, layout.scores - 8, mark, 12, ink, True, "middle")
        pen.words(x, layout.scores - 21, said[:2], 12, ink, True, "middle")
    loss = trace["losses"][step]
    size = min(13, int((layout.column - 4) / 2.3))
    if size >= 8:
        pen.words(x, layout.scores - 34, f"{loss:.2f}", size, "", True, "middle")
    y = layout.scores - 48
    pen.picture.places.append(Place(left, y, layout.vector, 18, "loss", "losses", step, 0))


def put_attention(pen: Pen, trace: Trace, layout: Layout, shown: Moment, step: int) -> None:
    """Of the step that was computed last: weights as bars over the encoder's states, and their sum.

    The arrows are as thick as the weights; c stands beside the state until the way back needs its
    place for gradients.
    """
    plan, dark = trace.plan, pen.dark
    if not (plan.decodes(step) and shown.computed(plan, 0, step)):
        return
    top = layout.hidden(plan.rows - 1)
    left = layout.gradients(step)
    if not shown.gone_back(plan, plan.rows - 1, step):
        width = min(layout.vector, layout.column - layout.vector - 6)
        values = trace["context"]
        pen.column(
            left, top, width, layout.cell, values[step], scale_around_zero(np.nan_to_num(values)),
            ("context", "context", step),
        )  # fmt: skip
        pen.words(left + width / 2, top - 4, "c", 12, FORWARD[dark], True, "middle")
    if step != top_step(shown, plan) or layout.rolled > 0.5:
        return
    weights = trace["attention"][step]
    foot, high = top - 26, min(0.8 * (top - 26 - layout.scores + 20), 150.0)
    wide = min(layout.vector, 40.0)
    for place, weight in enumerate(weights.tolist()):
        if place not in layout.seen:
            continue
        middle = layout.middle(place)
        tall = max(1.0, high * weight)
        pen.figure.boxes.append(Box(middle - wide / 2, foot - tall, wide, tall, FORWARD[dark]))
        pen.words(middle, foot - tall - 4, f"{weight:.2f}", 12, "", True, "middle")
        reached = max(tall, 10.0)
        at = middle - wide / 2, foot - reached, wide, reached
        pen.picture.places.append(Place(*at, "attention", "attention", step, place))
        level = top - 8 - 12 * (place + 1) / (plan.source + 1)
        way = [(middle, top - 3), (middle, level), (left + 6, level)]
        pen.lines(way, FORWARD[dark], 0.6 + 5.0 * weight)
    pen.words(SIDE, foot - 4, "attention", 12, SOFT[dark], bold=True)


def _gradients(pen: Pen, trace: Trace, layout: Layout, row: int, step: int) -> None:
    """Beside a hidden state: what its own step asks of it, and what comes from later ones."""
    left, y, width = layout.gradients(step), layout.hidden(row), layout.gradient
    scale = pen.scale_of_gradients(f"{row}/own/hidden", f"{row}/later/hidden")
    for place, part in enumerate(("own", "later")):
        key = f"{row}/{part}/hidden"
        kind: Kind = "own" if part == "own" else "later"
        pen.column(
            left + place * (width + 2), y, width, layout.cell, trace[key][step], scale,
            (kind, key, step),
        )  # fmt: skip
        if layout.labelled:
            middle = left + place * (width + 2) + width / 2
            pen.words(middle, y - 4, part, 11, BACK[pen.dark], False, "middle")
    if layout.labelled and trace.plan.rows == 1:
        norm = float(np.linalg.norm(trace[f"{row}/last/hidden"][step]))
        number = trace.plan.last_answer + 1
        said = f"\\Vert\\partial L_{{{number}}}/\\partial h_{{{step + 1}}}\\Vert\\,"
        size, y = 11 if layout.column > 130 else 10, layout.foot(row) + 23
        # Apart: the letters are laid out once, the number changes with every update.
        letters = add_formula(pen.figure, left, y, said, size, BACK[pen.dark])
        add_formula(pen.figure, left + letters.width, y, f"{norm:.2g}", size, BACK[pen.dark])


def _cells(
    pen: Pen,
    layout: Layout,
    x: float,
    y: float,
    values: Numbers,
    place: tuple[Kind, str, int],
) -> None:
    """A vector; an empty frame where it was not computed yet."""
    if np.isnan(values).all():
        pen.frame(x, y, layout.vector, layout.cell * len(values) - 1, FAINT[pen.dark])
        return
    pen.column(x, y, layout.vector, layout.cell, values, pen.scale_of(place[1]), place)


def _pale(scale: Scale) -> Scale:
    """The same colours at a third of their strength: coloured numbers stay readable on them."""
    return Scale(3 * scale.low, 3 * scale.high, scale.palette)
