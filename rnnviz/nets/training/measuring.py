"""How long a step takes here: a few steps of a training that is thrown away."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import torch
from torch import Tensor

from rnnviz.core.runs.config import TrainingConfig
from rnnviz.nets.training.optimising import clip_gradient, make_optimiser
from rnnviz.nets.training.task import TrainingTask

WARM_UP = 2
LEAST_STEPS, MOST_STEPS = 3, 12
MOST_SECONDS = 2.5
"""Measuring ends after so many steps or seconds, but never before three steps."""


class Measured(NamedTuple):
    """What a step takes."""

    seconds: float
    """The median."""
    tokens: int
    kept_bytes: int
    """What the forward pass keeps for the way back."""


def measure(
    task: TrainingTask,
    config: TrainingConfig,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Train a few steps in so many threads as now; the task's model is changed by it.

    Args:
        progress: told how many steps of how many are done; what it raises ends the measuring.
    """
    parameters = list(task.model.parameters())
    optimiser = make_optimiser(parameters, config)
    task.model.train()
    times: list[float] = []
    tokens = 0
    kept: dict[int, int] = {}
    while len(times) < WARM_UP + LEAST_STEPS or (
        len(times) < WARM_UP + MOST_STEPS and sum(times[WARM_UP:]) < MOST_SECONDS
    ):
        began = time.perf_counter()
        batch = task.next_batch()
        if times:
            loss = task.loss(task.model, batch)
        else:
            with torch.autograd.graph.saved_tensors_hooks(*_counting(kept)):
                loss = task.loss(task.model, batch)
        optimiser.zero_grad()
        loss.nats.backward()
        clip_gradient(parameters, config)
        optimiser.step()
        tokens = loss.tokens
        times.append(time.perf_counter() - began)
        progress(min(len(times), MOST_STEPS), MOST_STEPS + 1)
    return Measured(statistics.median(times[WARM_UP:]), tokens, sum(kept.values()))


def _counting(
    kept: dict[int, int],
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Hooks that note the size of everything that is kept for the way back."""

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    return pack, lambda tensor: tensor


def with_threads(
    config: TrainingConfig, make: Callable[[TrainingConfig], TrainingTask]
) -> TrainingConfig:
    """The configuration with as many threads as train fastest here, where it leaves that open.

    One thread, half of the cores and all of them are tried. What is chosen goes to `run.json`: a
    resumed run keeps it, since sums in another order would round otherwise.

    Args:
        make: makes the task, on which a few steps are trained.
    """
    if config.threads > 0:
        return config
    cores = os.cpu_count() or 1
    chosen = msgspec.structs.replace(config, threads=1)
    if cores == 1:
        return chosen
    task, before = make(chosen), torch.get_num_threads()
    fastest = float("inf")
    try:
        for threads in sorted({1, max(1, cores // 2), cores}):
            torch.set_num_threads(threads)
            seconds = measure(task, config).seconds
            # Twice the threads for a few per cent are better left to other programs.
            if seconds < 0.9 * fastest:
                fastest, chosen = seconds, msgspec.structs.replace(config, threads=threads)
    finally:
        torch.set_num_threads(before)
    return chosen
