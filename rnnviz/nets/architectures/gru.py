"""The gated recurrent unit of Cho et al. (2014), in the variant that torch and cuDNN compute."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from rnnviz.nets.architectures.base import LayerState, previous


class GRU:
    """r, z = sigmoid(...); n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h = (1-z) n + z h.

    The reset gate multiplies the product W_hn h, not h itself: the variant of cuDNN, and of the
    second version of Cho et al. (2014).
    """

    name = "gru"
    title = "GRU"
    channels = ("hidden", "reset", "update", "new")
    blocks = 3
    module = nn.GRU

    @staticmethod
    def zero_state(batch: int, units: int, like: Tensor) -> LayerState:
        """Zeros, (B, U)."""
        return (like.new_zeros(batch, units),)

    @staticmethod
    def to_torch(state: LayerState) -> Tensor:
        """The hidden state, (1, B, U)."""
        return state[0].unsqueeze(0)

    @staticmethod
    def from_torch(state: Tensor | tuple[Tensor, Tensor]) -> LayerState:
        """The hidden state, (B, U)."""
        return (cast(Tensor, state)[0],)

    @staticmethod
    def gates(
        module: nn.RNNBase, inputs: Tensor, hidden: Tensor, state: LayerState
    ) -> dict[str, Tensor]:
        """`reset`, `update` and `new`, each (T, U), from one product each for x and for h."""
        from_input = torch.addmm(module.bias_ih_l0, inputs, module.weight_ih_l0.t())
        from_hidden = torch.addmm(
            module.bias_hh_l0, previous(hidden, state), module.weight_hh_l0.t()
        )
        input_reset, input_update, input_new = from_input.chunk(3, dim=1)
        hidden_reset, hidden_update, hidden_new = from_hidden.chunk(3, dim=1)
        reset = torch.sigmoid(input_reset + hidden_reset)
        update = torch.sigmoid(input_update + hidden_update)
        return {
            "reset": reset,
            "update": update,
            "new": torch.tanh(input_new + reset * hidden_new),
        }
