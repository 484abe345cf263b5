"""The engine's tasks about gradients through time."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rnnviz.core.errors import GradientError
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.gradients.matrices import matrix_facts
from rnnviz.nets.answering.gradients.answer_steps import answer_clipping, answer_truncation
from rnnviz.nets.answering.gradients.answers import compute_answer_field
from rnnviz.nets.answering.gradients.fields import Shares, as_before_training, require_some
from rnnviz.nets.answering.gradients.known_symbols import Reading
from rnnviz.nets.answering.gradients.windows import compute_window_field
from rnnviz.nets.gradients.backprop import record, state_after, sum_norms
from rnnviz.nets.gradients.clipping import (
    clip,
    proposed_thresholds,
    step_gradient,
    total_norm,
)
from rnnviz.nets.gradients.truncation import compare
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.opened import OpenedModel
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.gradients import (
    Clipping,
    Comparison,
    ComputeField,
    FieldPart,
    RecurrentMatrices,
    StepClipped,
    Truncation,
)
from rnnviz.work.messages import Context


def _network(opened: OpenedModel, seed: int | None) -> LanguageModel:
    model: LanguageModel = opened.model
    return as_before_training(model, seed)


def compute_field(
    opened: OpenedModel, request: ComputeField, context: Context[FieldPart]
) -> Written:
    """The gradients of some losses, some steps back; with Jacobians, of a few steps t.

    What takes long is written as far as it is known, too; the progress then tells where.
    """
    if opened.model.network.windows is not None:
        return compute_window_field(opened, request, context)
    if opened.model.network.backwards:
        return compute_answer_field(opened, request, context)
    model = _network(opened, request.seed)
    reading = Reading(model, request.text.read())
    distance, count = request.distance, request.count
    require_some(request)
    first = reading.step_before(request.start)
    begin = max(0, first - distance)
    stop = min(first + count, len(reading.ids) - 1)
    wanted = request.jacobians
    share = Shares(context, (begin / 8000, stop - begin, 2 * distance * wanted))
    state = state_after(model, reading.ids[:begin], share.of(0))
    tape = record(model, reading.ids[begin : stop + 1], state)
    growing = reading.field(request, begin, stop, share)
    targets = range(first - begin, stop - begin)
    try:
        growing.take_losses(tape, targets, distance)
        sums = sum_norms(tape, targets)
        growing.arrays |= {f"{name}-sum": found for name, found in sums.items()}
        if wanted:
            growing.take_jacobians(
                targets, lambda step: (tape, [step] * len(tape.layers)), distance
            )
        return Written(str(growing.finish()))
    finally:
        growing.forget_part()


def recurrent_matrices(
    opened: OpenedModel, request: RecurrentMatrices, context: Context[None]
) -> Written:
    """Eigenvalues and singular values of W_hh, by layer and gate, as JSON in `path`."""
    model = as_before_training(opened.model, request.seed)
    weights = [
        (number, gate, weight.detach().numpy())
        for number, layer in enumerate(model.recurrent)
        for gate, weight in layer.recurrent_weights().items()
    ]
    found = []
    for number, gate, weight in weights:
        found.append(matrix_facts(weight, number, gate))
        context.progress(len(found), len(weights))
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, msgspec.json.encode(found))
    return Written(str(path))


def clipping(opened: OpenedModel, request: Clipping, context: Context[None]) -> StepClipped:
    """The gradient of a step of `count` characters from `start` on, clipped by norm and by value.

    Also the raw norm of `windows` such steps, one after the other.
    """
    if opened.model.network.from_the_end:
        return answer_clipping(opened, request, context)
    model = _network(opened, request.seed)
    reading = Reading(model, request.text.read())
    count, windows = request.count, request.windows
    first = reading.step_before(request.start)
    state = state_after(model, reading.ids[:first])
    norms, chosen = [], None
    for window in range(windows):
        begin = first + window * count
        ids = reading.ids[begin : begin + count + 1]
        if len(ids) < 2:
            break
        gradients, state = step_gradient(model, ids, state)
        norms.append(total_norm(gradients))
        chosen = chosen or gradients
        context.progress(window + 1, windows)
    assert chosen is not None
    norm, value = proposed_thresholds(request, norms, chosen)
    whole, parts = clip(chosen, norm, value)
    losses = min(count, len(reading.ids) - 1 - first)
    start = int(reading.places[first])
    return StepClipped(norm, value, whole, parts, tuple(norms), start, losses)


def truncation(opened: OpenedModel, request: Truncation, context: Context[None]) -> Comparison:
    """Memory, time and gradient of BPTT in chunks of `chunk` beside full BPTT over `steps`."""
    if (windows := opened.model.network.windows) is not None:
        raise GradientError(
            f"the network reads in windows of {windows.steps:,} steps, each from an empty state: "
            "it is never gone back through farther than that, so there is nothing to truncate"
        )
    if opened.model.network.backwards:
        return answer_truncation(opened, request, context)
    model = _network(opened, request.seed)
    reading = Reading(model, request.text.read())
    steps, chunk = request.steps, request.chunk
    if steps < 1 or chunk < 1:
        raise GradientError(f"chunks of {chunk} steps out of {steps}: both must be at least 1")
    return compare(model, reading.ids, steps, chunk, context.progress)
