"""Tasks about trainings that have not begun: how long one would take here, and how much room."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import torch
from torch import Tensor

from rnnviz.core.runs.config import TrainingConfig
from rnnviz.nets.base import count_parameters
from rnnviz.nets.training import training_task
from rnnviz.nets.training.characters import VALIDATION_STREAMS, CharacterTask
from rnnviz.nets.training.corpus import held_out_loss
from rnnviz.nets.training.loop import STAGES, steps_of
from rnnviz.nets.training.optimising import clip_gradient, make_optimiser
from rnnviz.nets.training.task import TrainingTask
from rnnviz.work.messages import Context, Task

WARM_UP = 2
MOST_STEPS = 12
MOST_SECONDS = 2.5
"""Measuring ends after so many steps or seconds, whichever comes first, but never before three."""
PROGRAM_BYTES = 320_000_000
"""What Python and torch take themselves."""
EVENT_BYTES = 300
_COPIES = {"adam": 4, "adamw": 4, "rmsprop": 3, "sgd": 2}
"""Of every weight: itself, its gradient, and what the optimiser remembers."""


def estimate(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Train a few steps of `config`, and say what the whole would take.

    Returns:
        `seconds` for all, `seconds_a_step`, `steps`, `tokens_per_second`, `parameters`,
        `memory_bytes`, `disk_bytes`.
    """
    config = msgspec.convert(arguments["config"], TrainingConfig, strict=False)
    config.check()
    context.progress(0, MOST_STEPS)
    threads = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        task = training_task(config)
        step_s, tokens, kept_bytes = _measure(task, config, context)
        judging_s = _judging_seconds(task, config)
    finally:
        torch.set_num_threads(threads)
    steps, weights = steps_of(config, task), 4 * count_parameters(task.model)
    copies = _COPIES[config.optimiser]
    return {
        "seconds": steps * step_s + judging_s,
        "seconds_a_step": step_s,
        "steps": steps,
        "tokens_per_second": tokens / step_s,
        "parameters": weights // 4,
        # Gradients are there while what the forward pass kept is let go of.
        "memory_bytes": PROGRAM_BYTES + copies * weights + kept_bytes + _data_bytes(task),
        "disk_bytes": (len(STAGES) + 2 + 2 * (copies - 1)) * weights + steps * EVENT_BYTES,
    }


def _measure(
    task: TrainingTask, config: TrainingConfig, context: Context
) -> tuple[float, int, int]:
    """The median step in seconds, its tokens, and the bytes that its forward pass keeps."""
    parameters = list(task.model.parameters())
    optimiser = make_optimiser(parameters, config)
    task.model.train()
    times: list[float] = []
    tokens = kept_bytes = 0
    while len(times) < WARM_UP + 3 or (
        len(times) < WARM_UP + MOST_STEPS and sum(times[WARM_UP:]) < MOST_SECONDS
    ):
        began = time.perf_counter()
        batch = task.next_batch()
        if times:
            loss = task.loss(task.model, batch)
        else:
            kept: dict[int, int] = {}
            with torch.autograd.graph.saved_tensors_hooks(*_counting(kept)):
                loss = task.loss(task.model, batch)
            kept_bytes = sum(kept.values())
        optimiser.zero_grad()
        loss.nats.backward()
        clip_gradient(parameters, config)
        optimiser.step()
        tokens = loss.tokens
        times.append(time.perf_counter() - began)
        context.progress(min(len(times), MOST_STEPS), MOST_STEPS + 1)
    return statistics.median(times[WARM_UP:]), tokens, kept_bytes


def _counting(
    kept: dict[int, int],
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Hooks that note the size of everything that is kept for the way back."""

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    return pack, lambda tensor: tensor


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


TASKS: dict[str, Task] = {"estimate": estimate}
