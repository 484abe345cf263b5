"""The gated recurrent unit of Cho et al. (2014), in the variant that torch and cuDNN compute."""

from __future__ import annotations

from collections.abc import Callable
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
    channels: tuple[str, ...] = ("hidden", "reset", "update", "new")
    blocks = 3
    module: Callable[[int, int], nn.RNNBase] = nn.GRU

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
        module: nn.RNNBase, from_input: Tensor, hidden: Tensor, state: LayerState
    ) -> dict[str, Tensor]:
        """`reset`, `update` and `new`, each (T, U), from one product for all."""
        units = hidden.shape[1]
        _, weight, _, bias = module.all_weights[0]
        from_hidden = torch.addmm(bias, previous(hidden, state), weight.t())
        rows = from_input[:, : 2 * units].add_(from_hidden[:, : 2 * units])
        reset, update = rows.sigmoid_().chunk(2, dim=1)
        new = from_input[:, 2 * units :].addcmul_(reset, from_hidden[:, 2 * units :]).tanh_()
        return {"reset": reset, "update": update, "new": new}
