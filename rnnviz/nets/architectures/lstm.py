"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.core.architectures.lstm import LSTM as FACTS
from rnnviz.nets.architectures.base import LayerState, StepBack, previous


class LSTM:
    """i, f, o = sigmoid(...), g = tanh(...); c = f * c + i * g; h = o * tanh(c).

    Torch orders the blocks of rows i, f, g, o.
    """

    facts = FACTS
    module: Callable[[int, int], nn.RNNBase] = nn.LSTM

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
        module: nn.RNNBase, from_input: Tensor, hidden: Tensor, state: LayerState
    ) -> dict[str, Tensor]:
        """`cell` and the four gates, each (T, U), from one product for all.

        The cell states then need only c = f * c + i * g, a short recurrence element by element,
        which numpy steps through with the least overhead.
        """
        _, weight, _, bias = module.all_weights[0]
        rows = from_input.add_(bias).addmm_(previous(hidden, state), weight.t())
        into, forget, candidate, output = rows.chunk(4, dim=1)
        for gate in (into, forget, output):
            gate.sigmoid_()
        candidate.tanh_()
        return LSTM.channels_of(rows, state)

    @staticmethod
    def channels_of(rows: Tensor, state: LayerState) -> dict[str, Tensor]:
        """`cell` and the four gates, each (T, U), from the gates i, f, g, o (T, 4 * U).

        Args:
            rows: after each sigmoid or tanh.
            state: the state before the first of these steps, each (1, U).
        """
        into, forget, candidate, output = rows.chunk(4, dim=1)
        cell = (into * candidate).cpu()
        carried = state[1][0].cpu().numpy()
        for entering, keep in zip(cell.numpy(), forget.cpu().numpy(), strict=True):
            carried = np.add(entering, keep * carried, out=entering)
        return {
            "cell": cell.to(rows.device),
            "input": into,
            "forget": forget,
            "output": output,
            "candidate": candidate,
        }

    @staticmethod
    def slopes(
        module: nn.RNNBase, channels: Mapping[str, Tensor], state: LayerState
    ) -> dict[str, Tensor]:
        """Of the gates by c_t or h_t, of c_t by h_t, and what c_{t-1} keeps of it."""
        into, forget, output = channels["input"], channels["forget"], channels["output"]
        candidate, cell = channels["candidate"], channels["cell"]
        seen = torch.tanh(cell)
        return {
            "input": candidate * into * (1 - into),
            "forget": torch.cat([state[1], cell[:-1]]) * forget * (1 - forget),
            "candidate": into * (1 - candidate**2),
            "output": seen * output * (1 - output),
            "cell": output * (1 - seen**2),
            "keep": forget,
        }

    @staticmethod
    def step_back(weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState) -> StepBack:
        """dc_t gains o (1 - tanh² c_t) dh_t; dc_{t-1} = f dc_t; dh_{t-1} = (gates) W_hh."""
        hidden, carried = gradient
        cell = torch.addcmul(carried, hidden, slopes["cell"])
        rows = torch.cat(
            [
                cell * slopes["input"],
                cell * slopes["forget"],
                cell * slopes["candidate"],
                hidden * slopes["output"],
            ],
            dim=1,
        )
        return StepBack((hidden, cell), (rows @ weight, cell * slopes["keep"]), rows)
