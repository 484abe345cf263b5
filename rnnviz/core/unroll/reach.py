"""How far gradients reach: norms of the last loss's gradient at every state, and why.

A curve on a logarithmic axis, and around the unit circle the eigenvalues of what the gradient
passes at a step: those of W_hh, where it is the only matrix, and those of the step's Jacobian.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.architectures import facts_of
from rnnviz.core.unroll.equations import index, states_of
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.states import jacobian, left_of_the_state, product_of_jacobians
from rnnviz.core.unroll.trace import Numbers, Trace

Complex = npt.NDArray[np.complex128]


class Curve(NamedTuple):
    """Norms of a gradient at the states of all steps."""

    name: str
    """`hidden state`."""
    norms: Numbers
    """(T,) 0 where the gradient does not reach."""


class Spectrum(NamedTuple):
    """What the gradient is multiplied by at a step."""

    jacobian: str
    """As a formula `∂h₃/∂h₂`, or of all states together `∂(h, c)₃/∂(h, c)₂`."""
    eigenvalues: Complex
    """(D,) complex, of the Jacobian."""
    stretch: float
    """Its largest singular value."""
    product: float
    """The largest singular value of the product of the Jacobians from this step to the last one of
    its row; NaN where a state begins anew in between."""
    matrix: Complex | None
    """(U,) complex, the eigenvalues of W_hh; None where there is not exactly one such matrix."""
    matrix_stretch: float
    """The largest singular value of W_hh; NaN without it."""


def reaching_row(plan: Plan) -> int:
    """The row that the last loss reaches: the uppermost one that reads on."""
    return plan.rows_of(plan.layers - 1)[0]


def curves(trace: Trace, row: int) -> tuple[Curve, ...]:
    """The norms at each state of a row, and along the way that no matrix touches."""
    facts = facts_of(trace.plan.architecture)
    found = [
        Curve(facts.channel(state).title, np.linalg.norm(trace[f"{row}/last/{state}"], axis=1))
        for state in facts.states
    ]
    along = _untouched(trace, row)
    return (*found, along) if along is not None else tuple(found)


def _untouched(trace: Trace, row: int) -> Curve | None:
    """What is left of the gradient at the last state on the way without a matrix alone."""
    plan = trace.plan
    order = plan.order(row)
    way = left_of_the_state(trace, row, order[-1])
    if way is None:
        return None
    gradient = trace[f"{row}/last/{way[0]}"][order[-1]]
    norms = np.zeros(plan.steps)
    norms[order[-1]] = np.linalg.norm(gradient)
    for step in reversed(order[1:]):
        found = left_of_the_state(trace, row, step)
        assert found is not None
        if plan.chunk_starts(step):
            break
        gradient = gradient * found[1]
        last = plan.before(row, step)
        assert last is not None
        norms[last] = np.linalg.norm(gradient)
    return Curve(f"along the {facts_of(plan.architecture).channel(way[0]).title} alone", norms)


def spectrum(trace: Trace, row: int, step: int) -> Spectrum | None:
    """What a gradient passes on its way from a step to the one before it.

    Args:
        step: of the first one, which has none before it, the next is taken.

    Returns:
        None where nothing is known: states of many numbers, or one step alone.
    """
    plan = trace.plan
    last = plan.before(row, step)
    if last is None and plan.steps > 1:
        step, last = plan.after(row, step)[0], step
    passed = jacobian(trace, row, step)
    if passed is None or last is None:
        return None
    product = product_of_jacobians(trace, row, last)
    name = "decoder" if plan.decodes(step) else "layers"
    matrix = trace.weights.get(f"{name}.{row}.weight_hh_l0")
    if matrix is not None and matrix.shape[0] != matrix.shape[1]:
        matrix = None
    letters = states_of(plan)
    return Spectrum(
        f"\\partial {letters}{index(step + 1)}/\\partial {letters}{index(last + 1)}",
        np.linalg.eigvals(passed).astype(np.complex128),
        float(np.linalg.norm(passed, 2)),
        float("nan") if product is None else float(np.linalg.norm(product, 2)),
        None if matrix is None else np.linalg.eigvals(matrix).astype(np.complex128),
        float("nan") if matrix is None else float(np.linalg.norm(matrix, 2)),
    )


def sentences(found: Spectrum) -> tuple[str, ...]:
    """What the circle shows: which number decides what; formulas stand between `$`."""
    radius = float(np.abs(found.eigenvalues).max())
    said = []
    if found.matrix is not None:
        largest = float(np.abs(found.matrix).max())
        said = [
            f"spectral radius {largest:.2f}: how $W_{{hh}}$ grows or shrinks over many steps",
            f"largest singular value {found.matrix_stretch:.2f}: the most one step can stretch",
            (
                f"with $\\tanh'$ it is ${found.jacobian}$: radius {radius:.2f}, stretch "
                f"{found.stretch:.2f}"
            ),
        ]
    else:
        said = [
            f"${found.jacobian}$: spectral radius {radius:.2f}, over many such steps",
            f"largest singular value {found.stretch:.2f}: the most that this step can stretch",
        ]
    if np.isfinite(found.product):
        said.append(f"all steps to the last multiplied: stretch {found.product:.3g}")
    said.append(
        "they differ: what stretches most in one step need not come back to be stretched again"
    )
    return tuple(said)


def points(norms: Numbers, low: float, high: float) -> list[tuple[float, float] | None]:
    """(T,) share of the width, of the height from below, on a log axis; None where nothing is."""
    steps = len(norms)
    return [
        ((step + 0.5) / steps, (float(np.log10(norm)) - low) / (high - low)) if norm > 0 else None
        for step, norm in enumerate(norms.tolist())
    ]


def axis(found: tuple[Curve, ...]) -> tuple[int, int]:
    """The powers of ten between which all curves lie, at least one apart."""
    known = np.concatenate([curve.norms[curve.norms > 0] for curve in found])
    if not len(known):
        return -1, 0
    low = int(np.floor(np.log10(known.min())))
    high = int(np.ceil(np.log10(known.max())))
    return low, max(high, low + 1)


def runs(found: list[tuple[float, float] | None]) -> list[tuple[tuple[float, float], ...]]:
    """Neighbouring points, two by two, that a line joins."""
    return [(a, b) for a, b in pairwise(found) if a is not None and b is not None]
