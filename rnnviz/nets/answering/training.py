"""Tasks about trainings that have not begun: how long one would take here, and how much room."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.answering.shared.priority import short_first
from rnnviz.nets.language.model import count_parameters
from rnnviz.nets.opened import by_request
from rnnviz.nets.training.loop import STAGES, steps_of
from rnnviz.nets.training.measuring import Measured, measure, with_threads
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training_tasks.characters import VALIDATION_STREAMS, Batch, CharacterTask
from rnnviz.nets.training_tasks.corpus import held_out_loss
from rnnviz.nets.training_tasks.task import TrainingTask
from rnnviz.work.jobs.training import Estimate, Estimated
from rnnviz.work.messages import Context, Tasks

PROGRAM_BYTES = 320_000_000
"""What Python and torch take themselves."""
EVENT_BYTES = 300
_SECONDS = 1.0
_WORK, _PASSES, _LEAST_LENGTH = 2e9, 6, 8
"""A step that is measured computes so much at most: six operations a weight and token, there and
back; but it is never shorter than so many steps."""
_COPIES = {"adam": 4, "adamw": 4, "rmsprop": 3, "sgd": 2}
"""Of every weight: itself, its gradient, and what the optimiser remembers."""


def estimate(request: Estimate, context: Context[None]) -> Estimated:
    """Train a few steps, and say what the whole would take.

    It is a matter of a second or two, in which walks stand aside. Where a step is slow, only a part
    of its sequence is trained, and the rest is taken to be as slow.
    """
    config = request.config
    config.check()
    context.progress(0, 1)
    task, threads = training_task(config), torch.get_num_threads()
    context.progress(0, 1)
    with short_first:
        try:
            config = with_threads(config, lambda _: task, _measured)
            torch.set_num_threads(config.threads)
            step = _measured(task, config, context.progress)
            judging_s = _judging_seconds(task, config)
        finally:
            torch.set_num_threads(threads)
    steps, weights = steps_of(config, task), 4 * count_parameters(task.model)
    copies = _COPIES[config.optimiser]
    seconds = steps * step.seconds + judging_s
    return Estimated(
        seconds=min(seconds, 60 * config.minutes) if config.minutes else seconds,
        seconds_a_step=step.seconds,
        threads=config.threads,
        steps=steps,
        tokens_per_second=step.tokens / step.seconds,
        parameters=weights // 4,
        # Gradients are there while what the forward pass kept is let go of.
        memory_bytes=PROGRAM_BYTES + copies * weights + step.kept_bytes + _data_bytes(task),
        disk_bytes=(len(STAGES) + 2 + 2 * (copies - 1)) * weights + steps * EVENT_BYTES,
    )


def _measured(
    task: TrainingTask,
    config: TrainingConfig,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """What a step takes, measured in about a second."""
    length = config.sequence_length
    if not isinstance(task, CharacterTask):
        return measure(task, config, progress, most_seconds=_SECONDS)
    work = _PASSES * count_parameters(task.model) * config.batch * length
    short = max(min(length, _LEAST_LENGTH), min(length, int(length * _WORK / work)))

    def part(batch: Batch) -> Batch:
        return Batch(batch.inputs[:short], batch.targets[:short])

    found = measure(task, config, progress, most_seconds=_SECONDS, part=part)
    return found.times(length / short)


def _judging_seconds(task: TrainingTask, config: TrainingConfig) -> float:
    """What validations and samples take together, from a part of them."""
    if not isinstance(task, CharacterTask):
        return 0.0
    ids, model, seconds = task.corpus.held_out_ids, task.model, 0.0
    often = steps_of(config, task) // config.validation_every
    for streams, times in ((VALIDATION_STREAMS, often), (1, 1)):
        part = ids[: 512 * streams if streams == 1 else 128 * streams]
        if len(part) < 2 * streams:
            continue
        began = time.perf_counter()
        held_out_loss(model, part, streams)
        seconds += (time.perf_counter() - began) * len(ids) / len(part) * times
    return seconds


def _data_bytes(task: TrainingTask) -> int:
    """The text as ids, and once more in streams."""
    if not isinstance(task, CharacterTask):
        return 0
    return 24 * task.corpus.characters


TASKS: Tasks = by_request(estimate)
