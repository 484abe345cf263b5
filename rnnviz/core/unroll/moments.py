"""The moments in which a computation is shown: forwards, the loss, backwards, the update."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from rnnviz.core.unroll.plan import END, Plan
from rnnviz.core.unroll.trace import Trace


class Moment(Struct, frozen=True):
    """How far the computation was shown; fractions are on the way between two steps."""

    forward: float
    """Steps that were computed, 0 to T."""
    summed: bool
    """Whether the losses were added up."""
    backward: float
    """Steps that the gradient went back through, 0 to T, from the last one on."""
    updated: bool


def count(steps: int) -> int:
    """How many moments T steps have: nothing yet, T forwards, the loss, T backwards, the update."""
    return 2 * steps + 3


def count_of(plan: Plan) -> int:
    """How many moments a plan has; at test time there is neither loss nor way back."""
    return plan.steps + 1 if plan.drawn else count(plan.steps)


def moment(index: int, steps: int) -> Moment:
    """The moment of this index, from 0.

    >>> moment(5, 4)
    Moment(forward=4, summed=True, backward=0, updated=False)
    """
    index = max(0, min(index, count(steps) - 1))
    return Moment(
        forward=min(index, steps),
        summed=index > steps,
        backward=max(0, min(index - steps - 1, steps)),
        updated=index == count(steps) - 1,
    )


def caption(trace: Trace, shown: Moment) -> str:
    """What happens at this moment, in a sentence."""
    step = int(shown.forward) - 1
    return _written(trace, step) if trace.plan.drawn else _taught(trace, shown)


def _taught(trace: Trace, shown: Moment) -> str:
    """What happens at a moment of the pass over the targets."""
    plan = trace.plan
    steps = plan.steps
    if shown.updated:
        return _updated(trace)
    if shown.backward:
        step = steps - int(shown.backward)
        reach = (
            "its own loss alone: nothing comes later"
            if step == steps - 1
            else "its own loss, and what comes from later steps: the gradients are added"
        )
        if step + 1 < steps and plan.chunk_starts(step + 1):
            reach = "its own loss alone: what would come from later steps is cut"
        elif plan.targets[step] is None and step < steps - 1:
            reach = "what comes from later steps: no answer is asked here"
        return f"Backwards, step {step + 1}: the gradient at its hidden state is that of {reach}."
    if shown.summed:
        return f"The loss of the sequence is the sum of its steps: {trace.loss:.3f} nats."
    if not shown.forward:
        return "Nothing was read yet: the state is zero. → reads the first symbol."
    step = int(shown.forward) - 1
    symbol, target = plan.inputs[step], plan.targets[step]
    entering = f"“{symbol}” enters" if symbol is not None else "nothing enters"
    if plan.source:
        part = "decoder" if plan.decodes(step) else "encoder"
        entering = f"“{symbol}” enters the {part}"
    if plan.attends and plan.decodes(step):
        weights = trace["attention"][step]
        most = int(weights.argmax())
        entering += f", which looks at “{plan.inputs[most]}” with {weights[most]:.2f}"
    if target is None:
        return f"Forwards, step {step + 1}: {entering}; no answer is asked."
    chance = trace["probabilities"][step, plan.vocabulary.index(target)]
    return (
        f"Forwards, step {step + 1}: {entering}, “{target}” should come out; "
        f"it has {100 * chance:.0f} %, a loss of {trace['losses'][step]:.2f} nats."
    )


def _updated(trace: Trace) -> str:
    plan = trace.plan
    if plan.clip != "none":
        return f"The update: {_clipped(trace)}; every weight moves by -{plan.rate:g} times that."
    return (
        f"The update: every weight moves by -{plan.rate:g} times its gradient, the sum of what "
        f"all {plan.steps} copies give. Then the same word again."
    )


def _clipped(trace: Trace) -> str:
    """What clipping does to the gradient."""
    plan = trace.plan
    gradients = np.concatenate([trace[f"gradient/{name}"].ravel() for name in trace.parameters])
    if plan.clip == "norm":
        norm = float(np.linalg.norm(gradients))
        if norm <= plan.threshold:
            return f"the gradient's norm of {norm:.3g} is below {plan.threshold:g} and stays"
        return f"the gradient's norm of {norm:.3g} is clipped to {plan.threshold:g}, its way kept"
    beyond = int((np.abs(gradients) > plan.threshold).sum())
    return (
        f"{beyond:,} of the gradient's {gradients.size:,} numbers lie beyond "
        f"±{plan.threshold:g} and are clipped to that"
    )


def _written(trace: Trace, step: int) -> str:
    """What happens at a step of test time."""
    plan = trace.plan
    if step < 0:
        return "At test time nobody says what should come out: it goes on from what it wrote."
    symbol, wrote = plan.inputs[step], plan.drawn[step]
    entering = f"“{symbol}” enters" if symbol is not None else "nothing enters"
    if plan.goes_back_in(step):
        entering = f"“{symbol}”, which it wrote itself, goes back in"
    if wrote is None:
        return f"Test time, step {step + 1}: {entering}; nothing is written yet."
    chance = 100 * trace["probabilities"][step, plan.vocabulary.index(wrote)]
    writes = f"it writes “{wrote}”, which it gave {chance:.0f} %"
    said = f"Test time, step {step + 1}: {entering}; {writes}"
    if wrote == END:
        return f"{said}: the end mark, a symbol like others. So it stops."
    if step == plan.steps - 1:
        stops = "does not know that it should stop" if END not in plan.vocabulary else "goes on"
        return f"{said}; it {stops}, and is stopped here."
    return f"{said}."
