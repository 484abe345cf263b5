"""Clipping, by hand and against torch's own."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from rnnviz.nets.gradients.clipping import angle_degrees, clip, step_gradient, total_norm
from tests.nets.small import small_model


def test_three_and_four_by_hand() -> None:
    whole, parts = clip({"a": torch.tensor([3.0]), "b": torch.tensor([4.0, 0.0])}, 2.5, 3.0)
    assert (whole.raw, whole.by_norm) == (5, 2.5)
    assert whole.by_value == pytest.approx(math.hypot(3, 3))
    assert whole.angle == pytest.approx(45 - math.degrees(math.atan2(3, 4)))
    assert (whole.cut, whole.numbers, whole.largest) == (1, 3, 4)
    assert (parts["a"].by_norm, parts["b"].by_norm) == (1.5, 2)
    assert parts["a"].angle == 0


def test_below_the_thresholds_nothing_changes() -> None:
    whole, _ = clip({"a": torch.tensor([3.0, 4.0])}, 6.0, 5.0)
    assert (whole.raw, whole.by_norm, whole.by_value, whole.angle, whole.cut) == (5, 5, 5, 0, 0)


def test_infinity_and_zero_have_no_angle() -> None:
    whole, _ = clip({"a": torch.tensor([math.inf, 1.0])}, 1.0, 1.0)
    assert math.isinf(whole.raw)
    assert math.isnan(whole.angle)
    assert math.isnan(angle_degrees(torch.zeros(2), torch.ones(2)))


def test_small_angles_keep_their_digits() -> None:
    one, two = torch.tensor([1.0, 0.0]).double(), torch.tensor([1.0, 1e-9]).double()
    assert angle_degrees(one, two) == pytest.approx(math.degrees(1e-9), rel=1e-6)


def test_it_is_what_torch_does_to_a_training_step() -> None:
    model = small_model("gru")
    ids = torch.randint(0, 7, (20,), generator=torch.Generator().manual_seed(0))
    gradients, _ = step_gradient(model, ids, model.zero_state(1))
    norm, value = total_norm(gradients) / 3, 0.01
    whole, parts = clip(gradients, norm, value)
    for clipper, field in (
        (nn.utils.clip_grad_norm_, "by_norm"),
        (nn.utils.clip_grad_value_, "by_value"),
    ):
        other = copy.deepcopy(model)
        logits, _ = other(ids[:-1].unsqueeze(1), other.zero_state(1))
        functional.cross_entropy(logits.flatten(0, 1), ids[1:]).backward()
        clipper(other.parameters(), norm if field == "by_norm" else value)
        for name, parameter in other.named_parameters():
            assert parameter.grad is not None
            found = getattr(parts[name], field)
            assert found == pytest.approx(float(parameter.grad.norm()), rel=1e-4)
    assert whole.cut == sum(part.cut for part in parts.values()) > 0
    assert 0 < whole.angle < 90
