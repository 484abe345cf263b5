"""The gates that the fused LSTM leaves are those of its equations, or there are none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from rnnviz.nets.architectures import fused_lstm
from rnnviz.nets.architectures.fused_lstm import readable, step_with_gates


def _layer(
    inputs: int, units: int, streams: int = 1
) -> tuple[nn.LSTM, tuple[torch.Tensor, torch.Tensor]]:
    torch.manual_seed(units)
    state = (torch.rand(streams, units) - 0.5, torch.randn(streams, units))
    return nn.LSTM(inputs, units), state


@torch.inference_mode()
@pytest.mark.parametrize("steps", [1, 2, 50])
@pytest.mark.parametrize("streams", [1, 3, 64])
@pytest.mark.parametrize(("inputs", "units"), [(3, 1), (5, 37), (16, 64), (9, 100), (20, 128)])
def test_gates_follow_the_equations(inputs: int, units: int, steps: int, streams: int) -> None:
    layer, state = _layer(inputs, units, streams)
    x = 2 * torch.randn(steps, streams, inputs)
    hidden, (last, cell), gates = step_with_gates(layer, x, state)
    if not readable(layer):
        pytest.skip("torch does not run LSTMs in oneDNN here")
    assert gates is not None, "oneDNN keeps its gates elsewhere now: walks are slower, not wrong"
    h, c = state
    into, recurrent, bias_in, bias = layer.all_weights[0]
    for t in range(steps):
        rows = torch.addmm(bias_in, x[t], into.t()) + torch.addmm(bias, h, recurrent.t())
        i, f, g, o = rows.chunk(4, dim=1)
        wanted = torch.cat([i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()], dim=1)
        torch.testing.assert_close(gates.rows[t], wanted, atol=1e-5, rtol=0)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        torch.testing.assert_close(hidden[t], h, atol=1e-5, rtol=0)
    torch.testing.assert_close(last, h, atol=1e-5, rtol=0)
    torch.testing.assert_close(cell, c, atol=1e-5, rtol=0)
    assert not hidden.requires_grad


@torch.inference_mode()
def test_rows_that_are_not_the_gates_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, state = _layer(5, 8)
    rows: Any = fused_lstm._rows
    monkeypatch.setattr(fused_lstm, "_rows", lambda *given: torch.roll(rows(*given), 1, 1))
    x = torch.randn(6, 1, 5)
    hidden, _, gates = step_with_gates(layer, x, state)
    assert gates is None
    expected, _ = layer(x, tuple(part[None] for part in state))
    torch.testing.assert_close(hidden, expected)


def test_a_layer_of_another_kind_is_not_read() -> None:
    assert not readable(nn.GRU(2, 3))
    assert not readable(nn.LSTM(2, 3, bias=False))
    assert not readable(nn.LSTM(2, 3).double())
