"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from rnnviz.nets.architectures.base import LayerState, previous


class LSTM:
    """i, f, o = sigmoid(...), g = tanh(...); c = f * c + i * g; h = o * tanh(c).

    Torch orders the blocks of rows i, f, g, o.
    """

    name = "lstm"
    title = "LSTM"
    channels = ("hidden", "cell", "input", "forget", "output", "candidate")
    blocks = 4
    module = nn.LSTM

    @staticmethod
    def zero_state(batch: int, units: int, like: Tensor) -> LayerState:
        """Zeros for hidden and cell, (B, U) each."""
        return (like.new_zeros(batch, units), like.new_zeros(batch, units))

    @staticmethod
    def to_torch(state: LayerState) -> tuple[Tensor, Tensor]:
        """Hidden and cell, (1, B, U) each."""
        return state[0].unsqueeze(0), state[1].unsqueeze(0)

    @staticmethod
    def from_torch(state: Tensor | tuple[Tensor, Tensor]) -> LayerState:
        """Hidden and cell, (B, U) each."""
        hidden, cell = cast("tuple[Tensor, Tensor]", state)
        return hidden[0], cell[0]

    @staticmethod
    def gates(
        module: nn.RNNBase, inputs: Tensor, hidden: Tensor, state: LayerState
    ) -> dict[str, Tensor]:
        """`cell` and the four gates, each (T, U).

        One product gives all gates. The cell states then need only c = f * c + i * g, a short
        recurrence element by element, which numpy steps through with the least overhead.
        """
        rows = torch.addmm(module.bias_ih_l0 + module.bias_hh_l0, inputs, module.weight_ih_l0.t())
        rows.addmm_(previous(hidden, state), module.weight_hh_l0.t())
        into, forget, candidate, output = rows.chunk(4, dim=1)
        into, forget, output = (
            torch.sigmoid(into),
            torch.sigmoid(forget),
            torch.sigmoid(output),
        )
        candidate = torch.tanh(candidate)
        cell = into * candidate
        steps, kept = cell.numpy(), forget.numpy()
        carried = state[1][0].numpy()
        for step, keep in zip(steps, kept, strict=True):
            step += keep * carried
            carried = step
        return {
            "cell": cell,
            "input": into,
            "forget": forget,
            "output": output,
            "candidate": candidate,
        }
