"""Tasks on small networks: one job computes everything that is shown after a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnviz.core.errors import UnrollError
from rnnviz.core.models.network import Symbols
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.unroll.trace import Numbers, read_trace
from rnnviz.nets.answering.reading import read_given
from rnnviz.nets.answering.shared.priority import short_first
from rnnviz.nets.classification.documents import read_text as read_documents
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Reading, read_text
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.unroll.computing import compute, first_weights, train, with_radius, write_on
from rnnviz.nets.unroll.opened import reading_of, unroll_opened
from rnnviz.nets.walking.outcomes import class_names
from rnnviz.nets.walking.threads import one_thread_each
from rnnviz.work.jobs.given import TextGiven
from rnnviz.work.jobs.unroll import (
    ComputeUnrolled,
    ModelUnrolled,
    Unrolled,
    UnrollModel,
    WeightEdit,
)
from rnnviz.work.messages import Context, Tasks


def compute_unrolled(request: ComputeUnrolled, context: Context[None]) -> Unrolled:
    """Change the weights as asked, make the updates, and write every number."""
    plan = request.plan
    plan.check()
    context.progress(0, 1)
    with one_thread_each:
        before = read_trace(Path(request.weights), plan) if request.weights else None
        weights = first_weights(plan) if before is None else before.weights
        for edit in request.edits:
            weights = _edited(weights, edit)
        if request.radius:
            weights = with_radius(plan, weights, request.radius)
        made = 0
        changed = bool(request.edits or request.radius or request.until_learned)
        if before is not None and request.same and request.updates == 1 and not changed:
            weights, made = before.updated(), 1
        elif request.updates:
            weights, made = train(plan, weights, request.updates, request.until_learned)
        trained = request.trained + made
        trace = (
            compute(plan, weights, trained, request.jacobians)
            if request.test is None
            else write_on(plan, weights, request.test.temperature, request.test.draw, trained)
        )
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    trace.save(path)
    written = None if request.test is None else trace.plan
    return Unrolled(path=request.path, trained=trained, made=made, written=written)


def _edited(weights: dict[str, Numbers], edit: WeightEdit) -> dict[str, Numbers]:
    values = weights.get(edit.parameter)
    if values is None or values.ndim != 2 or not np.isfinite(edit.value):
        raise UnrollError(f"{edit.value} cannot be put into {edit.parameter!r}")
    if not (0 <= edit.row < values.shape[0] and 0 <= edit.column < values.shape[1]):
        raise UnrollError(f"{edit.parameter} has no row {edit.row + 1}, column {edit.column + 1}")
    changed = values.copy()
    changed[edit.row, edit.column] = edit.value
    return {**weights, edit.parameter: changed}


def unroll_model(
    opened: OpenedModel, request: UnrollModel, context: Context[None]
) -> ModelUnrolled:
    """Compute some steps of a model that reads a sequence, and write every number."""
    model: SequenceNetwork = opened.model
    context.progress(0, 1)
    recording = Recording(Path(request.folder)) if request.folder else None
    if recording is not None:
        reading = reading_of(model, recording)
    elif request.text is not None:
        reading = _read(model, request.text)
    else:
        raise UnrollError("neither a text nor a recording was named")
    with short_first, one_thread_each:
        trace = unroll_opened(
            model, reading, request.at, request.steps, request.writes, recording, context.progress
        )
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    trace.save(path)
    return ModelUnrolled(path=request.path)


def _read(model: SequenceNetwork, given: TextGiven) -> Reading:
    """A text or a file of numbers as this model reads it, whatever its kind."""
    reads = model.network.reads
    if not isinstance(reads, Symbols):
        return read_given(model, given)
    if model.network.predicts_next:
        return read_text(reads, given.read())
    if model.network.answers_each:
        return read_given(model, given)
    classes = class_names(model.network.head)
    return read_documents(given.read(), SymbolReader(reads), classes).reading


TASKS: Tasks = by_request(compute_unrolled)
MODEL_JOBS = by_request(unroll_model)
"""Asked of whatever reads a sequence."""
