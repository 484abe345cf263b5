"""Tasks on small networks: one job computes everything that is shown after a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnviz.core.errors import UnrollError
from rnnviz.core.unroll.trace import Numbers, read_trace
from rnnviz.nets.opened import by_request
from rnnviz.nets.unroll.computing import compute, first_weights, train, with_radius
from rnnviz.nets.walking.threads import one_thread_each
from rnnviz.work.jobs.unroll import ComputeUnrolled, Unrolled, WeightEdit
from rnnviz.work.messages import Context, Tasks


def compute_unrolled(request: ComputeUnrolled, context: Context[None]) -> Unrolled:
    """Change the weights as asked, make the updates, and write every number."""
    plan = request.plan
    plan.check()
    context.progress(0, 1)
    with one_thread_each:
        weights = (
            dict(read_trace(Path(request.weights), plan).weights)
            if request.weights
            else first_weights(plan)
        )
        for edit in request.edits:
            weights = _edited(weights, edit)
        if request.radius:
            weights = with_radius(plan, weights, request.radius)
        made = 0
        if request.updates:
            weights, made = train(plan, weights, request.updates, request.until_learned)
        trace = compute(plan, weights, request.trained + made)
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    trace.save(path)
    return Unrolled(path=request.path, trained=request.trained + made, made=made)


def _edited(weights: dict[str, Numbers], edit: WeightEdit) -> dict[str, Numbers]:
    values = weights.get(edit.parameter)
    if values is None or values.ndim != 2 or not np.isfinite(edit.value):
        raise UnrollError(f"{edit.value} cannot be put into {edit.parameter!r}")
    if not (0 <= edit.row < values.shape[0] and 0 <= edit.column < values.shape[1]):
        raise UnrollError(f"{edit.parameter} has no row {edit.row + 1}, column {edit.column + 1}")
    changed = values.copy()
    changed[edit.row, edit.column] = edit.value
    return {**weights, edit.parameter: changed}


TASKS: Tasks = by_request(compute_unrolled)
