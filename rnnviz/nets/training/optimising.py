"""The arithmetic between a gradient and a step: schedule, clipping, optimiser, bad numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnviz.core.runs.directory.config import TrainingConfig


def parameter_groups(model: nn.Module) -> list[dict[str, object]]:
    """The trainable parameters, by how fast they learn: `params` and their `relative_rate`.

    A module may carry a `relative_rate`; what lies in it learns at that part of the learning rate.
    Parameters stay in the model's order, by which the optimiser's memory is kept.
    """
    rates: dict[nn.Parameter, float] = {}
    for module in model.modules():
        rate = getattr(module, "relative_rate", None)
        if rate is not None:
            rates.update(dict.fromkeys(module.parameters(), float(rate)))
    trainable = (parameter for parameter in model.parameters() if parameter.requires_grad)
    return [
        {"params": list(found), "relative_rate": rate}
        for rate, found in groupby(trainable, key=lambda parameter: rates.get(parameter, 1.0))
    ]


def make_optimiser(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """The optimiser that the configuration names, for all trainable parameters."""
    parameters = parameter_groups(model)
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimiser == "adam":
        return torch.optim.Adam(parameters, rate, weight_decay=decay, fused=True)
    if config.optimiser == "adamw":
        return torch.optim.AdamW(parameters, rate, weight_decay=decay, fused=True)
    if config.optimiser == "rmsprop":
        return torch.optim.RMSprop(parameters, rate, alpha=0.95, weight_decay=decay)
    return torch.optim.SGD(parameters, rate, weight_decay=decay)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of the next step; see `parameter_groups`."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["relative_rate"]


def learning_rate(config: TrainingConfig, step: int, steps: int, time_share: float = 0.0) -> float:
    """The rate for this step: a linear warm-up, then the schedule.

    Args:
        time_share: of the time that the training may take; the schedule is as far as this or as the
            steps, whichever is further.
    """
    warmup = max(1, config.warmup_steps)
    warm = min(1.0, (step + 1) / warmup)
    done = max(step / max(1, steps), time_share)
    shape = {
        "constant": 1.0,
        "cosine": 0.5 * (1 + math.cos(math.pi * min(1.0, done))),
        "linear": max(0.0, 1 - done),
        "inverse-root": math.sqrt(warmup / max(warmup, step + 1)),
    }[config.schedule]
    return config.learning_rate * warm * shape


class Clipped(NamedTuple):
    """What clipping did to a gradient."""

    norm: float
    """Before."""
    clipped: bool
    clipped_norm: float
    """After."""


def loss_and_norm(loss_nats: Tensor, parameters: Sequence[nn.Parameter]) -> tuple[float, float]:
    """The loss and the norm of the whole gradient, read together: the one wait of a step."""
    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    nats, length = torch.stack([loss_nats.detach().float(), norm.float()]).tolist()
    return nats, length


def clip_gradient(
    parameters: Sequence[nn.Parameter], config: TrainingConfig, norm: float
) -> Clipped:
    """Clip in place, by the norm of the whole gradient or by each of its numbers.

    A gradient that is not finite is left alone: clipping would spread its NaN to all parameters.

    Args:
        norm: of the whole gradient, as `loss_and_norm` gives it.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not math.isfinite(norm):
        return Clipped(norm, False, norm)
    if config.clip == "norm" and norm > config.clip_threshold:
        nn.utils.clip_grads_with_norm_(parameters, config.clip_threshold, torch.tensor(norm))
        return Clipped(norm, True, min(norm, config.clip_threshold))
    if config.clip == "value":
        largest = float(torch.stack(torch._foreach_norm(gradients, math.inf)).max())
        if largest > config.clip_threshold:
            nn.utils.clip_grad_value_(parameters, config.clip_threshold)
            return Clipped(norm, True, float(nn.utils.get_total_norm(gradients)))
    return Clipped(norm, False, norm)


def norms(tensors: Sequence[Tensor]) -> list[float]:
    """The norm of each."""
    return torch.stack(torch._foreach_norm(list(tensors))).tolist() if tensors else []


class BadNumber(NamedTuple):
    """Where NaN or infinity came up first."""

    step: int
    where: str
    """`loss`, `gradient` or `weight`."""
    parameter: str = ""

    def in_words(self) -> str:
        """For people.

        >>> BadNumber(7, "gradient", "output.bias").in_words()
        'the gradient of output.bias was NaN or infinite at step 7'
        """
        of = f" of {self.parameter}" if self.parameter else ""
        return f"the {self.where}{of} was NaN or infinite at step {self.step:,}"


def find_bad_number(model: nn.Module, step: int, loss_nats: float, norm: float) -> BadNumber | None:
    """What is not finite at this step, after the backward pass and before the update.

    Weights that are not finite were made so by the update of the step before.
    """
    if math.isfinite(loss_nats) and math.isfinite(norm):
        return None
    named = list(model.named_parameters())
    for name, parameter in named:
        if not torch.isfinite(parameter).all():
            return BadNumber(step - 1, "weight", name)
    if not math.isfinite(loss_nats):
        return BadNumber(step, "loss")
    for name, parameter in named:
        if parameter.grad is not None and not math.isfinite(float(parameter.grad.norm())):
            return BadNumber(step, "gradient", name)
    return BadNumber(step, "gradient")
