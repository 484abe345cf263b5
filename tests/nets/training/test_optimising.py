"""Learning rates, clipping, and NaN that is found where it arose."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.alignments.networks.attention import MultiplicativeAttention
from rnnviz.nets.training.optimising import (
    BadNumber,
    Clipped,
    clip_gradient,
    find_bad_number,
    learning_rate,
    loss_and_norm,
    make_optimiser,
    set_rate,
)
from tests.nets.training.small_runs import settings


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 1, 1, 1]),
        ("linear", [0.5, 0.9, 0.5, 0.1]),
        (
            "cosine",
            [0.5, 0.5 + 0.5 * math.cos(math.pi / 10), 0.5, 0.5 - 0.5 * math.cos(math.pi / 10)],
        ),
        ("inverse-root", [0.5, 1, math.sqrt(2 / 6), math.sqrt(2 / 10)]),
    ],
)
def test_learning_rates(schedule: str, expected: list[float]) -> None:
    config = settings(schedule=schedule, warmup_steps=2, learning_rate=3.0)
    rates = [learning_rate(config, step, 10) / 3 for step in (0, 1, 5, 9)]
    assert rates == pytest.approx(expected)


def test_the_matrix_of_general_attention_learns_more_slowly() -> None:
    model = nn.ModuleDict(
        {"attention": MultiplicativeAttention(3, 4, general=True), "below": nn.Linear(2, 3)}
    )
    optimiser = make_optimiser(model, settings())
    set_rate(optimiser, 0.1)
    rates = {p: group["lr"] for group in optimiser.param_groups for p in group["params"]}
    assert {name: rates[p] for name, p in model.named_parameters()} == pytest.approx(
        {"below.weight": 0.1, "below.bias": 0.1, "attention.key.weight": 0.003}
    )
    order = [p for group in optimiser.param_groups for p in group["params"]]
    assert all(a is b for a, b in zip(order, model.parameters(), strict=True))


def gradients(*numbers: list[float]) -> list[nn.Parameter]:
    """Parameters that have these gradients."""
    parameters = [nn.Parameter(torch.zeros(len(part))) for part in numbers]
    for parameter, part in zip(parameters, numbers, strict=True):
        parameter.grad = torch.tensor(part)
    return parameters


def gradient(parameters: list[nn.Parameter]) -> list[float]:
    return [x for p in parameters if p.grad is not None for x in p.grad.tolist()]


def clipped(parameters: list[nn.Parameter], config: TrainingConfig) -> Clipped:
    """What the loop does: measure, then clip."""
    _, norm = loss_and_norm(torch.zeros(()), parameters)
    return clip_gradient(parameters, config, norm)


def test_the_loss_and_the_norm_are_read_together() -> None:
    parameters = gradients([3.0, 0.0], [0.0, 4.0])
    assert loss_and_norm(torch.tensor(1.5), parameters) == (1.5, 5.0)


def test_clips_by_norm() -> None:
    parameters = gradients([3.0, 0.0], [0.0, 4.0])
    assert clipped(parameters, settings(clip="norm", clip_threshold=2.0)) == (5.0, True, 2.0)
    assert gradient(parameters) == pytest.approx([1.2, 0, 0, 1.6], rel=1e-5)
    assert clipped(parameters, settings(clip="norm", clip_threshold=2.5)).clipped is False
    assert gradient(parameters) == pytest.approx([1.2, 0, 0, 1.6], rel=1e-5)


def test_clips_by_value() -> None:
    parameters = gradients([3.0, -0.5], [0.0, -4.0])
    norm, was_clipped, after = clipped(parameters, settings(clip="value", clip_threshold=2.0))
    assert norm == pytest.approx(math.sqrt(25.25))
    assert was_clipped
    assert after == pytest.approx(math.sqrt(8.25))
    assert gradient(parameters) == [2, -0.5, 0, -2]
    assert clipped(parameters, settings(clip="value", clip_threshold=2.0))[1] is False


def test_leaves_the_gradient_alone() -> None:
    parameters = gradients([30.0, 40.0])
    assert clipped(parameters, settings(clip="none")) == Clipped(50.0, False, 50.0)
    assert gradient(parameters) == [30, 40]


def test_a_bad_number_is_found_where_it_arose() -> None:
    model = nn.Linear(2, 1)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    assert find_bad_number(model, 7, 1.0, 1.0) is None
    assert find_bad_number(model, 7, math.nan, 1.0) == BadNumber(7, "loss")
    assert model.bias.grad is not None
    model.bias.grad[0] = math.inf
    assert find_bad_number(model, 7, 1.0, math.inf) == BadNumber(7, "gradient", "bias")
    with torch.no_grad():
        model.weight[0, 1] = math.nan
    # The update of the step before made it so.
    assert find_bad_number(model, 7, math.nan, math.nan) == BadNumber(6, "weight", "weight")
