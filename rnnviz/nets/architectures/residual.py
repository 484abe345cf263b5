"""h_t = h_{t-1} + F(x_t): the residual network of He, Zhang, Ren and Sun (2016), over time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.architectures.residual import RESIDUAL as FACTS
from rnnviz.nets.architectures.base import Change, Layer, LayerState, Ran, Stepped, unchanged


class Residual(Layer):
    """h_t = h_{t-1} + tanh(W x_t + b).

    dh_t/dh_{t-1} is 1: no gradient vanishes or explodes on its way back, and nothing is forgotten.
    """

    facts = FACTS

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__(inputs, units)
        self.weight_ih = nn.Parameter(torch.randn(units, inputs) / inputs**0.5)
        self.bias_ih = nn.Parameter(torch.zeros(units))

    def zero_state(self, batch: int) -> LayerState:
        """Zeros, (B, U)."""
        return (self.weight_ih.new_zeros(batch, self.units),)

    def project(self, inputs: Tensor) -> Tensor:
        """W x + b."""
        return functional.linear(inputs, self.weight_ih, self.bias_ih)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """The equation, as it stands."""
        added = self.project(inputs).tanh()
        hidden = change("hidden", state[0] + added)
        return Stepped({"hidden": hidden, "added": added}, (hidden,))

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """All steps at once: a running sum."""
        hidden = state[0] + self.project(inputs).tanh().cumsum(0)
        return hidden, (hidden[-1],)

    def channels(self, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """What is added depends on the input alone."""
        if ran.kept is not None:
            return super().channels(ran, projected)
        given = self.project(ran.inputs) if projected is None else projected
        return {"hidden": ran.hidden, "added": given.tanh()}
