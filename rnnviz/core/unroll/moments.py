"""The moments in which a computation is shown: forwards, the loss, backwards, the update."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from rnnviz.core.unroll.plan import END, Plan
from rnnviz.core.unroll.trace import Trace


class Moment(Struct, frozen=True):
    """How far the computation was shown; fractions are on the way between two steps."""

    forward: float
    """Moves that were made, 0 to M: T steps, or T for each layer that reads from both ends."""
    summed: bool
    """Whether the losses were added up."""
    backward: float
    """Moves that the gradient went back through, 0 to M, from the last one on."""
    updated: bool

    def computed(self, plan: Plan, row: int, step: int) -> bool:
        """Whether the state of a row at a step was computed.

        Layers that read from both ends are gone through one after the other, both rows of a layer
        at once: one begins at the first step and one at the last.
        """
        made = self.forward
        if plan.directions == 2:
            made -= plan.layer_of(row) * plan.steps
        return made >= (plan.steps - step if plan.from_end(row) else step + 1)

    def answered(self, plan: Plan, step: int) -> bool:
        """Whether the scores of a step were computed: all states that they are made of are."""
        top = plan.rows_of(plan.layers - 1)
        return all(self.computed(plan, row, plan.read_at(row, step)) for row in top)

    def gone_back(self, plan: Plan, row: int, step: int) -> bool:
        """Whether the gradient at the state of a row at a step was computed."""
        made = self.backward
        if plan.directions == 2:
            made -= (plan.layers - 1 - plan.layer_of(row)) * plan.steps
        return made >= (step + 1 if plan.from_end(row) else plan.steps - step)

    def copies_gone(self, plan: Plan, parameter: str) -> list[bool]:
        """(T,) of which steps the copy of a parameter has given its share of the gradient."""
        head, _, rest = parameter.partition(".")
        if head in ("layers", "decoder"):
            rows = range(int(rest.partition(".")[0]), int(rest.partition(".")[0]) + 1)
        else:
            rows = plan.rows_of(plan.layers - 1 if head == "output" else 0)
        steps = range(plan.steps)
        if head == "output":
            return [any(self.gone_back(plan, r, plan.read_at(r, t)) for r in rows) for t in steps]
        return [all(self.gone_back(plan, row, step) for row in rows) for step in steps]


def count(moves: int) -> int:
    """How many moments M moves have: nothing yet, M there, the loss, M back, the update."""
    return 2 * moves + 3


def count_of(plan: Plan) -> int:
    """How many moments a plan has; at test time there is neither loss nor way back."""
    return plan.steps + 1 if plan.drawn else count(plan.moves)


def moment(index: int, moves: int) -> Moment:
    """The moment of this index, from 0, where there are so many moves: `Plan.moves`.

    >>> moment(5, 4)
    Moment(forward=4, summed=True, backward=0, updated=False)
    """
    index = max(0, min(index, count(moves) - 1))
    return Moment(
        forward=min(index, moves),
        summed=index > moves,
        backward=max(0, min(index - moves - 1, moves)),
        updated=index == count(moves) - 1,
    )


def steps_at(plan: Plan, shown: Moment) -> tuple[int, int, int]:
    """Where the computation is: the layer, the step of its first row, and that of the other one.

    Both steps are the same where a layer has one row.
    """
    made = max(0, int(np.ceil(shown.backward or shown.forward)) - 1)
    passed, number = divmod(min(made, plan.moves - 1), plan.steps)
    layer = plan.layers - 1 - passed if shown.backward else plan.layers - plan.passes + passed
    there = plan.order(0)
    step = there[-1 - number] if shown.backward else there[number]
    return layer, step, plan.steps - 1 - step if plan.directions == 2 else step


def top_step(shown: Moment, plan: Plan) -> int:
    """The step that is being computed; of two rows, that of the one that reads on."""
    return steps_at(plan, shown)[1]


def caption(trace: Trace, shown: Moment) -> str:
    """What happens at this moment, in a sentence."""
    plan = trace.plan
    if plan.drawn:
        return _written(trace, int(shown.forward) - 1)
    on_its_way = (shown.forward and not shown.summed) or (shown.backward and not shown.updated)
    if plan.directions == 2 and on_its_way:
        return _from_both_ends(trace, shown)
    return _taught(trace, shown)


def _taught(trace: Trace, shown: Moment) -> str:
    """What happens at a moment of the pass over the targets."""
    plan, step = trace.plan, top_step(shown, trace.plan)
    if shown.updated:
        return _updated(trace)
    if shown.backward:
        later = plan.after(0, step)
        reach = (
            "its own loss, and what comes from later steps: the gradients are added"
            if later
            else "its own loss alone: nothing comes later"
        )
        if later and plan.chunk_starts(step + 1):
            reach = "its own loss alone: what would come from later steps is cut"
        elif later and not plan.answers_of(0, step):
            reach = "what comes from later steps: no answer is asked here"
        return f"Backwards, step {step + 1}: the gradient at its hidden state is that of {reach}."
    if shown.summed:
        return f"The loss of the sequence is the sum of its steps: {trace.loss:.3f} nats."
    if not shown.forward:
        which = "last" if plan.from_end(0) else "first"
        return f"Nothing was read yet: the state is zero. → reads the {which} symbol."
    symbol, answers = plan.inputs[step], plan.answers_of(0, step)
    entering = f"“{symbol}” enters" if symbol is not None else "nothing enters"
    if plan.source:
        part = "decoder" if plan.decodes(step) else "encoder"
        entering = f"“{symbol}” enters the {part}"
    if plan.attends and plan.decodes(step):
        weights = trace["attention"][step]
        most = int(weights.argmax())
        entering += f", which looks at “{plan.inputs[most]}” with {weights[most]:.2f}"
    if not answers:
        return f"Forwards, step {step + 1}: {entering}; no answer is asked."
    target = plan.targets[answers[0]]
    assert target is not None
    chance = trace["probabilities"][answers[0], plan.vocabulary.index(target)]
    return (
        f"Forwards, step {step + 1}: {entering}, “{target}” should come out; "
        f"it has {100 * chance:.0f} %, a loss of {trace['losses'][answers[0]]:.2f} nats."
    )


def _from_both_ends(trace: Trace, shown: Moment) -> str:
    """What happens at a moment where each layer reads on and from the end."""
    plan = trace.plan
    layer, on, end = steps_at(plan, shown)
    of = f" of layer {layer + 1}" if plan.layers > 1 else ""
    if shown.backward:
        return (
            f"Backwards{of}: the gradient of the row that reads on comes to step {on + 1}, that of "
            f"the row that reads from the end to step {end + 1}: each goes against its reading."
        )
    said = (
        f"From both ends{of}: “{plan.inputs[on]}” (step {on + 1}) enters the row that reads on, "
        f"“{plan.inputs[end]}” (step {end + 1}) the one that reads from the end"
    )
    before = Moment(shown.forward - 1, False, 0, False)
    new = [
        step
        for step in range(plan.steps)
        if plan.targets[step] is not None
        and shown.answered(plan, step)
        and not before.answered(plan, step)
    ]
    if not new:
        return f"{said}."
    chances = ", ".join(_chance(trace, step) for step in new[:2])
    return f"{said}. Joined, they answer: {chances}."


def _chance(trace: Trace, step: int) -> str:
    target = trace.plan.targets[step]
    assert target is not None
    chance = trace["probabilities"][step, trace.plan.vocabulary.index(target)]
    return f"“{target}” at step {step + 1} has {100 * chance:.0f} %"


def _updated(trace: Trace) -> str:
    plan = trace.plan
    if plan.clip != "none":
        return f"The update: {_clipped(trace)}; every weight moves by −{plan.rate:g} times that."
    return (
        f"The update: every weight moves by −{plan.rate:g} times its gradient, the sum of what "
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
