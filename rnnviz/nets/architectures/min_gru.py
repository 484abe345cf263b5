"""minGRU, of Feng, Tung, Ahmed, Bengio and Hajimirsadegh (2024), "Were RNNs all we needed?"."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.architectures.min_gru import MIN_GRU as FACTS
from rnnviz.nets.architectures.base import Change, Layer, LayerState, Ran, Stepped, unchanged


class MinGRU(Layer):
    """z_t = sigmoid(W_z x_t + b_z); n_t = g(W_n x_t + b_n); h_t = (1 - z_t) h_{t-1} + z_t n_t.

    g(x) is x + 1/2 from 0 on and sigmoid(x) below (their appendix B): never negative, so that the
    recurrence is a running sum of logarithms. No gate sees h_{t-1}: all steps can run at once.
    """

    facts = FACTS

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__(inputs, units)
        self.weight_ih = nn.Parameter(torch.empty(2 * units, inputs))
        self.bias_ih = nn.Parameter(torch.empty(2 * units))
        for parameter in (self.weight_ih, self.bias_ih):
            nn.init.uniform_(parameter, -1 / math.sqrt(units), 1 / math.sqrt(units))

    def zero_state(self, batch: int) -> LayerState:
        """Zeros, (B, U)."""
        return (self.weight_ih.new_zeros(batch, self.units),)

    def project(self, inputs: Tensor) -> Tensor:
        """W x + b, of both blocks."""
        return functional.linear(inputs, self.weight_ih, self.bias_ih)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """The equations, as they stand."""
        update, candidate = self._gates(self.project(inputs))
        hidden = change("hidden", (1 - update) * state[0] + update * candidate)
        return Stepped({"hidden": hidden, "update": update, "candidate": candidate}, (hidden,))

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """All steps at once, in the space of logarithms (their appendix B, listing 5).

        log h_t = a_t + log(exp(log h_0) + sum_s exp(log(z_s n_s) - a_s)), with a_t the sum of
        log(1 - z_s) up to t. In double precision: a sum of some thousand logarithms has lost four
        digits in single precision, and steps would give other values.
        """
        update, candidate = self.project(inputs).double().chunk(2, dim=-1)
        kept = -functional.softplus(update).cumsum(0)  # (T, B, U), the sum of log(1 - z)
        entering = -functional.softplus(-update) + _log_g(candidate) - kept
        first = state[0].double().clamp_min(torch.finfo(torch.float64).tiny).log().unsqueeze(0)
        hidden = torch.cat([first, entering]).logcumsumexp(0)[1:].add(kept).exp()
        hidden = hidden.to(inputs.dtype)
        return hidden, (hidden[-1],)

    def channels(self, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """The gates depend on the input alone."""
        if ran.kept is not None:
            return super().channels(ran, projected)
        given = self.project(ran.inputs) if projected is None else projected
        update, candidate = self._gates(given)
        return {"hidden": ran.hidden, "update": update, "candidate": candidate}

    @staticmethod
    def _gates(projected: Tensor) -> tuple[Tensor, Tensor]:
        """Z and n."""
        update, candidate = projected.chunk(2, dim=-1)
        return update.sigmoid(), torch.where(candidate >= 0, candidate + 0.5, candidate.sigmoid())


def _log_g(x: Tensor) -> Tensor:
    """log(g(x)), whose gradient is finite on both sides."""
    return torch.where(x >= 0, (x.relu() + 0.5).log(), -functional.softplus(-x))
