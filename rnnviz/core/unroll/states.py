"""What a step finds and what it leaves: the states before it, and how later ones move with them."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import numpy as np

from rnnviz.core.architectures import facts_of
from rnnviz.core.architectures.facts import ArchitectureFacts
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.trace import Numbers, Trace


def begins_anew(plan: Plan, row: int, step: int) -> bool:
    """Whether a row comes to a step with a state of zeros: at its first, and at fresh chunks."""
    return plan.before(row, step) is None or (plan.chunk_starts(step) and not plan.carried)


def state_before(trace: Trace, row: int, state: str, step: int) -> Numbers:
    """(U,) what a step begins with: zeros at the first one, and where a chunk starts anew."""
    plan = trace.plan
    last = plan.before(row, step)
    if last is None or begins_anew(plan, row, step):
        return np.zeros(plan.units)
    before: Numbers = trace[f"{row}/{state}"][last]
    return before


def entering(trace: Trace, row: int, step: int) -> Numbers:
    """What a row reads at a step: the input, or what the layer below gives, both directions."""
    plan = trace.plan
    below = plan.rows_of(plan.layer_of(row) - 1)
    if not below:
        first: Numbers = trace["inputs"][step]
        return first
    return np.concatenate([trace[f"{one}/hidden"][step] for one in below])


def left_of_the_state(trace: Trace, layer: int, step: int) -> tuple[str, Numbers] | None:
    """What a step leaves of the state before it on the way that no matrix touches.

    Returns:
        The state's name and (U,) factors; None for a layer that has no such way. Zeros where the
        state begins anew.
    """
    facts, plan = facts_of(trace.plan.architecture), trace.plan
    for state in reversed(facts.states):
        formula = facts.made.get(state, "")
        if f"before_{state}" not in formula:
            continue
        if begins_anew(plan, layer, step):
            return state, np.zeros(plan.units)
        at = [_value(trace, facts, layer, formula, step, state, given) for given in (0.0, 1.0)]
        return state, at[1] - at[0]
    return None


def _value(
    trace: Trace,
    facts: ArchitectureFacts,
    layer: int,
    formula: str,
    step: int,
    state: str,
    before: float,
) -> Numbers:
    """A formula of the facts with this in place of the state before; it is linear in that."""
    names = {channel.name: trace[f"{layer}/{channel.name}"][step] for channel in facts.channels}
    names[f"before_{state}"] = np.full(trace.plan.units, before)
    return np.asarray(_worked_out(ast.parse(formula, mode="eval").body, names))


_SUMS = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}


def _worked_out(part: ast.expr, names: Mapping[str, Numbers]) -> Numbers | float:
    """The number of a part of a formula: names, constants, sums, products, the activation."""
    if isinstance(part, ast.BinOp):
        work = _SUMS[type(part.op)]
        found: Numbers = work(_worked_out(part.left, names), _worked_out(part.right, names))
        return found
    if isinstance(part, ast.Name):
        return names[part.id]
    if isinstance(part, ast.Call):
        squashed: Numbers = np.tanh(_worked_out(part.args[0], names))
        return squashed
    return float(ast.literal_eval(part))


def jacobian(trace: Trace, row: int, step: int) -> Numbers | None:
    """(D, D) how all states of a row after a step move with those before.

    Measured by autograd where the trace has it (`R/jacobian`), else of a vanilla row diag(1 - h²)
    W_hh. None where a state begins anew, and where it is not known.
    """
    plan, key = trace.plan, f"{row}/jacobian"
    if begins_anew(plan, row, step):
        return None
    if key in trace:
        measured: Numbers = trace[key][step]
        return measured if np.isfinite(measured).all() else None
    name = f"{'decoder' if plan.decodes(step) else 'layers'}.{row}.weight_hh_l0"
    if facts_of(plan.architecture).made or name not in trace.weights:
        return None
    slopes = 1 - trace[f"{row}/hidden"][step] ** 2
    product: Numbers = slopes[:, None] * trace.weights[name]
    return product


def product_of_jacobians(trace: Trace, row: int, step: int) -> Numbers | None:
    """(D, D) how the states of a row after its last step move with those after this one.

    None at the last step, where a state begins anew in between, or where they are not known.
    """
    found = None
    for later in trace.plan.after(row, step):
        one = jacobian(trace, row, later)
        if one is None:
            return None
        found = one if found is None else one @ found
    return found
