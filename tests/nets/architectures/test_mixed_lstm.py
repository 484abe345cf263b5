"""The mixed-precision LSTM against torch's own, in values and gradients."""

from __future__ import annotations

import torch
from torch import nn

from rnnviz.nets.architectures.mixed_lstm import mixed_lstm

STEPS, BATCH, WIDTH, UNITS = 12, 3, 5, 8


def relative(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """The largest difference, relative to the largest number."""
    return float((found.detach() - wanted.detach()).abs().max() / wanted.detach().abs().max())


def test_values_and_gradients_are_those_of_the_fused_module_up_to_rounding() -> None:
    torch.manual_seed(0)
    module = nn.LSTM(WIDTH, UNITS)
    parameters = [*module.parameters()]
    inputs = torch.randn(STEPS, BATCH, WIDTH, requires_grad=True)
    state = (
        torch.randn(1, BATCH, UNITS, requires_grad=True),
        torch.randn(1, BATCH, UNITS, requires_grad=True),
    )
    seen = torch.randn(STEPS, BATCH, UNITS)
    results = []
    for run in (module, lambda x, s: mixed_lstm(module, x, s)):
        hidden, (h, c) = run(inputs, state)
        loss = (hidden * seen).sum() + (2 * h).sum() + (c * c).sum()
        gradients = torch.autograd.grad(loss, [inputs, *state, *parameters])
        results.append([hidden, h, c, *gradients])
    for fused, mixed in zip(*results, strict=True):
        assert mixed.dtype == torch.float32
        assert relative(mixed, fused) < 0.02


def test_the_cell_counts_further_than_eight_bits() -> None:
    """A cell that adds a hundredth at every step: in bfloat16 it would stop near 4."""
    module = nn.LSTM(1, 1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.get_parameter("bias_ih_l0").copy_(torch.tensor([20.0, 20.0, 0.01, 20.0]))
    zero = torch.zeros(1, 1, 1)
    _, (_, c) = mixed_lstm(module, torch.zeros(2000, 1, 1), (zero, zero))
    assert 19.5 < c.item() < 20.5
