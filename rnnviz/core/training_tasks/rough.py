"""How long a run might take, by counting operations; some machines are several times faster."""

from __future__ import annotations

import math

from rnnviz.core.architectures import facts_of
from rnnviz.core.runs.directory.config import TrainingConfig

_OPERATIONS_A_SECOND, _STEP_SECONDS, _TIME_STEP_SECONDS = 3e10, 2e-3, 3e-5
"""One core of a laptop."""


def stack_parameters(config: TrainingConfig, given: int) -> int:
    """The numbers that the recurrent layers learn, `given` numbers entering the first."""
    facts, total = facts_of(config.architecture), 0
    for layer in range(config.layers):
        below = given if layer == 0 else config.units + (given if config.skip else 0)
        total += sum(math.prod(shape) for shape in facts.shapes(below, config.units).values())
    return total


def seconds_of(config: TrainingConfig, steps: int, parameters: int, length: int) -> float:
    """What so many steps may take.

    Six operations a weight and token, forth and back, beside what a step and each of its time
    steps cost however small they are.

    Args:
        length: the time steps of one sequence.
    """
    work = 6.0 * parameters * config.batch * length
    small = _STEP_SECONDS + length * config.layers * _TIME_STEP_SECONDS
    found = steps * (work / _OPERATIONS_A_SECOND + small)
    return min(found, 60 * config.minutes) if config.minutes else found


def steps_in(config: TrainingConfig, examples: float) -> int:
    """How many steps a run over so many examples takes, a part of them held out."""
    if config.steps:
        return config.steps
    held = config.held_out if config.held_out > 1 else config.held_out * examples
    return max(1, round(config.epochs * math.ceil(max(1.0, examples - held) / config.batch)))
