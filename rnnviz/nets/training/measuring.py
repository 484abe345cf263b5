"""How long a step takes here: a few steps of a training that is thrown away."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import torch
from torch import Tensor

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.device import training_device
from rnnviz.nets.training.optimising import clip_gradient, loss_and_norm, make_optimiser
from rnnviz.nets.training_tasks.task import TrainingTask

WARM_UP = 2
LEAST_STEPS, MOST_STEPS = 3, 12
MOST_SECONDS = 2.5
"""Measuring ends after so many steps or seconds, but never before three steps."""
_HASTE = 3
"""Where steps are slow, one of so many is enough."""


class Measured(NamedTuple):
    """What a step takes."""

    seconds: float
    """The median."""
    tokens: int
    kept_bytes: int
    """What the forward pass keeps for the way back."""
    update_seconds: float = 0.0
    """Of `seconds`, what clipping and the optimiser take, however many tokens there were."""

    def times(self, longer: float) -> Measured:
        """What a step would take whose batch is so many times longer."""
        passes = self.seconds - self.update_seconds
        return Measured(
            self.update_seconds + longer * passes,
            round(longer * self.tokens),
            round(longer * self.kept_bytes),
            self.update_seconds,
        )


def measure(
    task: TrainingTask,
    config: TrainingConfig,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    most_seconds: float = MOST_SECONDS,
    part: Callable[[Any], Any] = lambda batch: batch,
) -> Measured:
    """Train a few steps in so many threads as now; the task's model is changed by it.

    Args:
        progress: told how many steps of how many are done; what it raises ends the measuring.
        most_seconds: when it is to end; steps that are slow to begin with are measured fewer times.
        part: gives the part of a batch that is trained on.
    """
    parameters = list(task.model.parameters())
    optimiser = make_optimiser(task.model, config)
    task.model.train()
    times: list[float] = []
    updates: list[float] = []
    tokens, total = 0, 0.0
    kept: dict[int, int] = {}
    warm_up, least = WARM_UP, LEAST_STEPS
    while len(times) < warm_up + least or (
        len(times) < warm_up + MOST_STEPS and total < most_seconds
    ):
        began = time.perf_counter()
        batch = part(task.next_batch())
        if times:
            loss = task.loss(task.model, batch)
        else:
            with torch.autograd.graph.saved_tensors_hooks(*_counting(kept)):
                loss = task.loss(task.model, batch)
        optimiser.zero_grad()
        loss.minimised.backward()
        passed = time.perf_counter()
        _, norm = loss_and_norm(loss.nats, parameters)
        clip_gradient(parameters, config, norm)
        optimiser.step()
        tokens = loss.tokens
        ended = time.perf_counter()
        times.append(ended - began)
        updates.append(ended - passed)
        # What is imported and laid out once says nothing of a step.
        total = sum(times[1:])
        if len(times) == 2 and total > most_seconds / _HASTE:
            warm_up, least = 1, 1
        progress(min(len(times), MOST_STEPS), MOST_STEPS + 1)
    return Measured(
        statistics.median(times[warm_up:]),
        tokens,
        sum(kept.values()),
        statistics.median(updates[warm_up:]),
    )


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
    config: TrainingConfig,
    make: Callable[[TrainingConfig], TrainingTask],
    measured: Callable[[TrainingTask, TrainingConfig], Measured] | None = None,
) -> TrainingConfig:
    """The configuration with as many threads as train fastest here, where it leaves that open.

    One thread, half of the cores and all of them are tried. What is chosen goes to `run.json`: a
    resumed run keeps it, since sums in another order would round otherwise.

    Args:
        make: makes the task, on which a few steps are trained,
        measured: and says how long one took.
    """
    if config.threads > 0:
        return config
    cores = os.cpu_count() or 1
    chosen = msgspec.structs.replace(config, threads=1)
    if cores == 1 or training_device(config.device).type != "cpu":
        return chosen
    task, before = make(chosen), torch.get_num_threads()
    fastest = float("inf")
    try:
        for threads in sorted({1, max(1, cores // 2), cores}):
            torch.set_num_threads(threads)
            seconds = (measured or measure)(task, config).seconds
            # Twice the threads for a few per cent are better left to other programs.
            if seconds < 0.9 * fastest:
                fastest, chosen = seconds, msgspec.structs.replace(config, threads=threads)
    finally:
        torch.set_num_threads(before)
    return chosen
