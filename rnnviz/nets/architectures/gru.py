"""The gated recurrent unit of Cho et al. (2014), in the variant that torch and cuDNN compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from rnnviz.core.architectures.gru import GRU as FACTS
from rnnviz.nets.architectures.base import LayerState, StepBack, previous


class GRU:
    """r, z = sigmoid(...); n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h = (1-z) n + z h.

    The reset gate multiplies the product W_hn h, not h itself: the variant of cuDNN, and of the
    second version of Cho et al. (2014).
    """

    facts = FACTS
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

    @staticmethod
    def slopes(
        module: nn.RNNBase, channels: Mapping[str, Tensor], state: LayerState
    ) -> dict[str, Tensor]:
        """Of `new`, `reset` and `update` by h_t, and what h_{t-1} and W_hn h keep of it."""
        units = channels["hidden"].shape[1]
        _, weight, _, bias = module.all_weights[0]
        before = previous(channels["hidden"], state)
        reset, update, new = channels["reset"], channels["update"], channels["new"]
        recalled = torch.addmm(bias[2 * units :], before, weight[2 * units :].t())
        candidate = (1 - update) * (1 - new**2)
        return {
            "reset": candidate * recalled * reset * (1 - reset),
            "update": (before - new) * update * (1 - update),
            "new": candidate,
            "recalled": candidate * reset,
            "keep": update,
        }

    @staticmethod
    def step_back(weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState) -> StepBack:
        """dh_{t-1} = z dh_t + (what passes the gates) W_hh; r multiplies only the way through n."""
        (hidden,) = gradient
        gates = [hidden * slopes["reset"], hidden * slopes["update"]]
        again = torch.cat([*gates, hidden * slopes["recalled"]], dim=1)
        rows = torch.cat([*gates, hidden * slopes["new"]], dim=1)
        return StepBack(gradient, (torch.addmm(hidden * slopes["keep"], again, weight),), rows)
