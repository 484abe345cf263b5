"""The vanilla recurrent network of Elman (1990), with tanh."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rnnviz.core.architectures.elman import ELMAN as FACTS
from rnnviz.nets.architectures.base import Change, LayerState, Stepped, unchanged
from rnnviz.nets.architectures.torch_layer import TorchLayer, whole


class Elman(TorchLayer, nn.RNN):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)."""

    facts = FACTS

    def __init__(self, inputs: int, units: int, activation: str = "tanh") -> None:
        nn.RNN.__init__(self, inputs, units)
        self.inputs, self.units = inputs, units
        self.vary(activation=activation)

    def forward(  # type: ignore[override]
        self, inputs: Tensor, state: LayerState
    ) -> tuple[Tensor, LayerState]:
        """Torch's own module."""
        if not self.usual:
            return TorchLayer.forward(self, inputs, state)
        hidden, last = nn.RNN.forward(self, inputs, whole(state[0]))
        return hidden, (last[0],)

    def advance(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """Torch's own cell."""
        if not self.usual:
            return super().advance(inputs, state)
        hidden = torch.rnn_tanh_cell(inputs, state[0], *self.weights)
        return hidden, (hidden,)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """The equation, as it stands."""
        _, weight, _, bias = self.weights
        rows = self.project(inputs) + torch.addmm(bias, state[0], weight.t())
        hidden = change("hidden", self.squash(rows))
        return Stepped({"hidden": hidden}, (hidden,))

    def gates(self, projected: Tensor, hidden: Tensor, before: LayerState) -> dict[str, Tensor]:
        """A vanilla network has no gates: empty."""
        return {}

    def slopes(self, channels: Mapping[str, Tensor], before: LayerState) -> dict[str, Tensor]:
        """The slope of tanh, 1 - h²."""
        return {"hidden": 1 - channels["hidden"] ** 2}

    @staticmethod
    def step_back(
        weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState
    ) -> tuple[LayerState, LayerState, Tensor]:
        """dh_{t-1} = (dh_t * (1 - h_t²)) W_hh."""
        rows = gradient[0] * slopes["hidden"]
        return gradient, (rows @ weight,), rows
