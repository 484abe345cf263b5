"""Gradient clipping as what it is: the raw gradient of a training step, and what is left of it.

By norm (Pascanu et al. 2013, algorithm 1) the whole gradient is scaled, so that only the length of
the step changes. By value every number is cut by itself, which also turns the step; "clip at 5" in
char-rnn and its descendants is that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.nets.language.model import LanguageModel, State
from rnnviz.nets.sequence.states import detached
from rnnviz.work.jobs.gradients import Clipped, Clipping


def step_gradient(
    model: LanguageModel, ids: Tensor, state: State
) -> tuple[dict[str, Tensor], State]:
    """The gradient of the mean loss over ids (T,), by the parameter's name, and the state after."""
    parameters = dict(model.named_parameters())
    logits, after = model(ids[:-1].unsqueeze(1), detached(state))
    loss = functional.cross_entropy(logits.flatten(0, 1), ids[1:])
    found = torch.autograd.grad(loss, list(parameters.values()))
    return dict(zip(parameters, found, strict=True)), detached(after)


def total_norm(gradients: dict[str, Tensor]) -> float:
    """The length of the whole gradient, all parameters together."""
    return float(nn.utils.get_total_norm(list(gradients.values())).double())


def proposed_thresholds(
    request: Clipping, norms: Sequence[float], gradients: dict[str, Tensor]
) -> tuple[float, float]:
    """Those that were asked for; else half of the usual norm, and what one number in 100 passes."""
    norm = request.norm or float(np.median(norms)) / 2
    return norm, request.value or _typical_value(gradients)


def _typical_value(gradients: dict[str, Tensor]) -> float:
    """A threshold that one number in a hundred passes; rounded to one digit."""
    numbers = torch.cat([part.flatten().abs() for part in gradients.values()])
    level = float(np.quantile(numbers.numpy(), 0.99))
    if not level > 0 or not math.isfinite(level):
        return 1.0
    digit = 10.0 ** math.floor(math.log10(level))
    return round(level / digit) * digit


def clip(
    gradients: dict[str, Tensor], norm: float, value: float
) -> tuple[Clipped, dict[str, Clipped]]:
    """The whole gradient clipped at these thresholds, and its part for each parameter."""
    total = total_norm(gradients)
    scale = min(1.0, norm / total) if total > 0 and math.isfinite(total) else 1.0
    parts = {name: _clipped(part.double(), scale, value) for name, part in gradients.items()}
    whole = torch.cat([part.double().flatten() for part in gradients.values()])
    return _clipped(whole, scale, value), parts


def _clipped(raw: Tensor, scale: float, value: float) -> Clipped:
    length = float(raw.norm())
    cut = raw.clamp(-value, value)
    return Clipped(
        raw=length,
        by_norm=scale * length,
        by_value=float(cut.norm()),
        angle=angle_degrees(raw, cut),
        cut=int((raw.abs() > value).sum()),
        numbers=raw.numel(),
        largest=float(raw.abs().max()),
    )


def angle_degrees(one: Tensor, two: Tensor) -> float:
    """The angle between two vectors; NaN if either is zero or not finite.

    >>> round(angle_degrees(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])), 6)
    45.0
    """
    one, two = one.flatten().double(), two.flatten().double()
    lengths = float(one.norm()), float(two.norm())
    if not all(0 < length < math.inf for length in lengths):
        return math.nan
    one, two = one / lengths[0], two / lengths[1]
    # By the chord: the arc cosine of a number near 1 has lost half of its digits.
    return math.degrees(2 * math.asin(min(1.0, float((one - two).norm()) / 2)))
