"""The gated recurrent unit of Cho et al. (2014), in the variant that torch and cuDNN compute."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rnnviz.core.architectures.gru import GRU as FACTS
from rnnviz.nets.architectures.base import Change, LayerState, Stepped, previous, unchanged
from rnnviz.nets.architectures.torch_layer import TorchLayer, whole


class GRU(TorchLayer, nn.GRU):
    """r, z = sigmoid(...); n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h = (1-z) n + z h.

    The reset gate multiplies the product W_hn h, not h itself: the variant of cuDNN, and of the
    second version of Cho et al. (2014).
    """

    facts = FACTS

    def __init__(
        self,
        inputs: int,
        units: int,
        reset_after: bool = True,
        gates: str = "sigmoid",
        activation: str = "tanh",
    ) -> None:
        nn.GRU.__init__(self, inputs, units)
        self.inputs, self.units = inputs, units
        self.reset_after = reset_after
        """Else the reset gate multiplies h before the product, as in the first version of 2014."""
        self.vary(gates, activation, usual=reset_after)

    def forward(  # type: ignore[override]
        self, inputs: Tensor, state: LayerState
    ) -> tuple[Tensor, LayerState]:
        """Torch's own module."""
        if not self.usual:
            return TorchLayer.forward(self, inputs, state)
        hidden, last = nn.GRU.forward(self, inputs, whole(state[0]))
        return hidden, (last[0],)

    def advance(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """Torch's own cell."""
        if not self.usual:
            return super().advance(inputs, state)
        hidden = torch.gru_cell(inputs, state[0], *self.weights)
        return hidden, (hidden,)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """The equations, as they stand."""
        _, weight, _, bias = self.weights
        into = self.project(inputs).chunk(3, dim=1)
        again = torch.addmm(bias, state[0], weight.t()).chunk(3, dim=1)
        reset, update = self.gate_squash(into[0] + again[0]), self.gate_squash(into[1] + again[1])
        if self.reset_after:
            recalled = reset * again[2]
        else:
            rows = slice(2 * self.units, None)
            recalled = torch.addmm(bias[rows], reset * state[0], weight[rows].t())
        new = self.squash(into[2] + recalled)
        hidden = change("hidden", (1 - update) * new + update * state[0])
        return Stepped({"hidden": hidden, "reset": reset, "update": update, "new": new}, (hidden,))

    def gates(self, projected: Tensor, hidden: Tensor, before: LayerState) -> dict[str, Tensor]:
        """`reset`, `update` and `new`, each (T, B, U), from one product for all."""
        units = self.units
        _, weight, _, bias = self.weights
        last = previous(hidden, before[0])
        from_hidden = torch.addmm(bias, last.flatten(0, 1), weight.t())
        from_input = projected.flatten(0, 1)
        rows = from_input[:, : 2 * units].add_(from_hidden[:, : 2 * units])
        reset, update = rows.sigmoid_().chunk(2, dim=1)
        new = from_input[:, 2 * units :].addcmul_(reset, from_hidden[:, 2 * units :]).tanh_()
        found = {"reset": reset, "update": update, "new": new}
        return {name: part.unflatten(0, hidden.shape[:2]) for name, part in found.items()}

    def slopes(self, channels: Mapping[str, Tensor], before: LayerState) -> dict[str, Tensor]:
        """Of `new`, `reset` and `update` by h_t, and what h_{t-1} and W_hn h keep of it."""
        units = self.units
        _, weight, _, bias = self.weights
        last = previous(channels["hidden"], before[0])
        reset, update, new = channels["reset"], channels["update"], channels["new"]
        recalled = last @ weight[2 * units :].t() + bias[2 * units :]
        candidate = (1 - update) * (1 - new**2)
        return {
            "reset": candidate * recalled * reset * (1 - reset),
            "update": (last - new) * update * (1 - update),
            "new": candidate,
            "recalled": candidate * reset,
            "keep": update,
        }

    @staticmethod
    def step_back(
        weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState
    ) -> tuple[LayerState, LayerState, Tensor]:
        """dh_{t-1} = z dh_t + (what passes the gates) W_hh; r multiplies only the way through n."""
        (hidden,) = gradient
        gates = [hidden * slopes["reset"], hidden * slopes["update"]]
        again = torch.cat([*gates, hidden * slopes["recalled"]], dim=1)
        rows = torch.cat([*gates, hidden * slopes["new"]], dim=1)
        return gradient, (torch.addmm(hidden * slopes["keep"], again, weight),), rows
