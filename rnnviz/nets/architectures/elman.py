"""The vanilla recurrent network of Elman (1990), with tanh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from torch import Tensor, nn

from rnnviz.core.architectures.elman import ELMAN as FACTS
from rnnviz.nets.architectures.base import LayerState, StepBack


class Elman:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)."""

    facts = FACTS
    module: Callable[[int, int], nn.RNNBase] = nn.RNN

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
        """A vanilla network has no gates: empty."""
        return {}

    @staticmethod
    def slopes(
        module: nn.RNNBase, channels: Mapping[str, Tensor], state: LayerState
    ) -> dict[str, Tensor]:
        """The slope of tanh, 1 - h²."""
        return {"hidden": 1 - channels["hidden"] ** 2}

    @staticmethod
    def step_back(weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState) -> StepBack:
        """dh_{t-1} = (dh_t * (1 - h_t²)) W_hh."""
        rows = gradient[0] * slopes["hidden"]
        return StepBack(gradient, (rows @ weight,), rows)
