"""A training step of a network that answers: clipped; and truncated beside full back-propagation.

Of what is no language model that reads forwards; those have `nets.answering.gradients.language`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import torch
from msgspec.structs import replace

from rnnviz.core.errors import GradientError, TextError
from rnnviz.core.gradients.field import Gives
from rnnviz.nets.answering.gradients.answers import Part, answers_given, parts_of, read_asked
from rnnviz.nets.answering.gradients.fields import as_before_training
from rnnviz.nets.gradients.clipping import clip, proposed_thresholds, total_norm
from rnnviz.nets.gradients.training_steps import Losses, StepGradients, cut_gradient
from rnnviz.nets.gradients.truncation import KeptBytes, compare_ways
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.work.jobs.gradients import Clipping, Comparison, StepClipped, Truncation
from rnnviz.work.messages import Context

_MOST_STEPS = 200_000
"""Steps that are read for the norms of further training steps."""
_TOLD = {"verdict": "label", "label": "labels", "numbers": "numbers that are to come out"}


def answer_clipping(opened: OpenedModel, request: Clipping, context: Context[None]) -> StepClipped:
    """The gradient of the mean of `count` losses from `start` on, clipped by norm and by value.

    Also the raw norm of further such steps, `windows` at most.

    Raises:
        GradientError: the text does not say what is true, or a document is too long.
        TextError: the text is nothing for this model.
    """
    model: SequenceNetwork = as_before_training(opened.model, request.seed)
    gives = answers_given(model.network)
    reading = read_asked(model, request.text)
    wanted = max(1, request.count) * max(1, request.windows)
    parts = parts_of(reading, request.start, wanted, gives)
    steps, read = StepGradients(model), 0
    norms, chosen, first = [], None, None
    for window, step in enumerate(_steps(parts, max(1, request.count))):
        gradients, count = steps.of([_losses(part) for part in step])
        if count:
            norms.append(total_norm(gradients))
            if chosen is None:
                chosen, first, losses = gradients, step[0], count
        context.progress(window + 1, request.windows)
        read += sum(_steps_read(part, gives) for part in step)
        if read > _MOST_STEPS:
            break
    if chosen is None or first is None:
        name = reading.sequence.name or "the text"
        raise GradientError(
            f"a training step needs what is true, and {name} says no "
            f"{_TOLD.get(gives, 'answers')} from here on; open one that does"
        )
    norm, value = proposed_thresholds(request, norms, chosen)
    whole, by_parameter = clip(chosen, norm, value)
    start = int(first.document.places[first.losses[0] if gives != "verdict" else 0])
    return StepClipped(norm, value, whole, by_parameter, tuple(norms), start, losses, gives)


def _losses(part: Part) -> Losses:
    return Losses(part.document.entering, part.document.wanted, part.losses)


def _steps_read(part: Part, gives: Gives) -> int:
    return len(part.document.entering) if gives == "verdict" else len(part.losses)


def _steps(parts: Iterable[Part], count: int) -> Iterator[list[Part]]:
    """Losses of documents, put together or parted to so many a training step."""
    step: list[Part] = []
    left = count
    for part in parts:
        losses = part.losses
        while losses:
            step.append(dataclasses.replace(part, losses=losses[:left]))
            losses = losses[left:]
            left -= len(step[-1].losses)
            if not left:
                yield step
                step, left = [], count
    if step:
        yield step


def answer_truncation(
    opened: OpenedModel, request: Truncation, context: Context[None]
) -> Comparison:
    """Memory, time and gradient of BPTT in chunks of `chunk` beside full BPTT.

    Over the documents from the beginning, `steps` steps of them at most.

    Raises:
        GradientError: some layers read from the end, or there is nothing to measure.
        TextError: the text is nothing for this model.
    """
    model: SequenceNetwork = as_before_training(opened.model, request.seed)
    network, gives = model.network, answers_given(model.network)
    if request.steps < 1 or request.chunk < 1:
        raise GradientError(
            f"chunks of {request.chunk} steps out of {request.steps}: both must be at least 1"
        )
    if network.backwards:
        raise GradientError(
            "truncated back-propagation hands the state on from one chunk to the next; a network "
            "that also reads from the end has no chunk to begin with"
        )
    reading = read_asked(model, request.text)
    documents, left = [], request.steps
    for part in parts_of(reading, 0, request.steps, gives):
        entering = part.document.entering[:left]
        at = range(len(entering))
        documents.append(
            Losses(entering, part.document.wanted, at[-1:] if gives == "verdict" else at)
        )
        left -= len(entering)
        if left <= 0:
            break
    if not documents:
        raise TextError(f"{reading.sequence.name or 'the text'} holds nothing to take a loss of")
    steps = sum(len(one.entering) for one in documents)
    longest = max(len(one.entering) for one in documents)
    first = documents[0]
    least = [first._replace(entering=first.entering[:200], at=first.at[:200])]

    def gradient(chunk: int, kept: KeptBytes | None = None) -> dict[str, torch.Tensor]:
        return cut_gradient(model, documents, chunk, kept)

    def warm_up() -> None:
        cut_gradient(model, least, request.chunk)

    found = compare_ways(
        model, gradient, warm_up, (steps, min(request.chunk, steps)), context.progress
    )
    return replace(found, sequences=len(documents), longest=longest, gives=gives)
