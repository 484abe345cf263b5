"""The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.core.architectures.lstm import LSTM as FACTS
from rnnviz.nets.architectures.base import (
    Change,
    Layer,
    LayerState,
    Ran,
    Stepped,
    previous,
    unchanged,
)
from rnnviz.nets.architectures.fused_lstm import Gates, step_with_gates
from rnnviz.nets.architectures.mixed_lstm import mixed_lstm
from rnnviz.nets.architectures.torch_layer import TorchLayer, whole

_SHUT = 100.0
"""A gate that is given this, or less than minus this, is 1, or 0, to the last bit of float32."""


class _Standing(NamedTuple):
    """What the input and the forget gate of one unit would say, did they not stand still."""

    unit: int
    into: Tensor
    """(2, I)."""
    again: Tensor
    """(2, U)."""
    bias: Tensor
    """(2,)."""

    def gates(self, ran: Ran) -> Tensor:
        """(T, B, 2) the input gate and the forget gate of a block."""
        last = previous(ran.hidden, ran.before[0])
        return (ran.inputs @ self.into.t() + last @ self.again.t() + self.bias).sigmoid()


class LSTM(TorchLayer, nn.LSTM):
    """i, f, o = sigmoid(...), g = tanh(...); c = f * c + i * g; h = o * tanh(c).

    Torch orders the blocks of rows i, f, g, o.
    """

    facts = FACTS
    standing: _Standing | None = None
    """Where the cell of a unit is held."""

    def __init__(
        self,
        inputs: int,
        units: int,
        projection: int = 0,
        gates: str = "sigmoid",
        activation: str = "tanh",
    ) -> None:
        nn.LSTM.__init__(self, inputs, units, proj_size=projection if projection != units else 0)
        self.inputs, self.units = inputs, units
        self.vary(gates, activation, usual=not self.proj_size)

    @property
    def given(self) -> int:
        """U, or the width of the projection."""
        return self.proj_size or self.units

    def zero_state(self, batch: int) -> LayerState:
        """Zeros: the hidden state as wide as what it gives, and the cell."""
        like = self.weights[1]
        return like.new_zeros(batch, self.given), like.new_zeros(batch, self.units)

    def forward(  # type: ignore[override]
        self, inputs: Tensor, state: LayerState
    ) -> tuple[Tensor, LayerState]:
        """Torch's own module, or our own in mixed precision."""
        if not self.usual:
            return TorchLayer.forward(self, inputs, state)
        before = (whole(state[0]), whole(state[1]))
        if self.mixed_precision and self.usual:
            hidden, (last, cell) = mixed_lstm(self, inputs, before)
        else:
            hidden, (last, cell) = nn.LSTM.forward(self, inputs, before)
        return hidden, (last[0], cell[0])

    def advance(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """Torch's own cell."""
        if not self.usual:
            return super().advance(inputs, state)
        after = torch.lstm_cell(inputs, state, *self.weights)
        return after[0], tuple(after)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """The equations, as they stand."""
        _, weight, _, bias = self.weights
        rows = self.project(inputs) + torch.addmm(bias, state[0], weight.t())
        into, forget, candidate, output = rows.chunk(4, dim=1)
        into, forget, output = (self.gate_squash(gate) for gate in (into, forget, output))
        candidate = self.squash(candidate)
        cell = change("cell", forget * state[1] + into * candidate)
        hidden = output * self.squash(cell)
        if self.proj_size:
            hidden = hidden @ self.get_parameter("weight_hr_l0").t()
        hidden = change("hidden", hidden)
        channels = {
            "hidden": hidden, "cell": cell, "input": into, "forget": forget, "output": output,
            "candidate": candidate,
        }  # fmt: skip
        return Stepped(channels, (hidden, cell))

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """The fused kernel, read for the gates that it leaves.

        Also where no gate is wanted, so that rounding is the same whatever is kept.
        """
        if not self.usual:
            return super().run(inputs, state)
        hidden, after, gates = step_with_gates(self, inputs, state)
        return Ran(inputs, state, hidden, after, gates)

    def channels(self, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """From the gates that were left, or else from one product for all of them."""
        if isinstance(ran.kept, Gates):
            found = {"hidden": ran.hidden, **self._with_cell(ran.kept.rows, ran.before)}
        else:
            found = dict(super().channels(ran, projected))
        if self.standing is not None:
            into, forget = self.standing.gates(ran).unbind(2)
            found["input"][..., self.standing.unit] = into
            found["forget"][..., self.standing.unit] = forget
        return found

    def holding(self, unit: int, value: float, state: str = "hidden") -> Layer | None:
        """A cell is held by its gates: nothing comes in, and of what is there all stays.

        The kernel runs as ever; what the two gates would say is found beside it.
        """
        if state != "cell" or not self.usual:
            return super().holding(unit, value, state)
        held = copy.deepcopy(self)
        held.held = self.facts.states.index(state), unit, value
        into, again, bias_into, bias = (part.detach() for part in held.weights)
        rows = [unit, self.units + unit]
        held.standing = _Standing(unit, into[rows], again[rows], bias_into[rows] + bias[rows])
        into[rows], again[rows], bias_into[rows] = 0, 0, 0
        bias[rows] = bias.new_tensor([-_SHUT, _SHUT])
        return held

    def gates(self, projected: Tensor, hidden: Tensor, before: LayerState) -> dict[str, Tensor]:
        """`cell` and the four gates, each (T, B, U), from one product for all."""
        _, weight, _, bias = self.weights
        last = previous(hidden, before[0]).flatten(0, 1)
        rows = projected.flatten(0, 1).add_(bias).addmm_(last, weight.t())
        into, forget, candidate, output = rows.chunk(4, dim=1)
        for gate in (into, forget, output):
            gate.sigmoid_()
        candidate.tanh_()
        return self._with_cell(rows.unflatten(0, hidden.shape[:2]), before)

    def _with_cell(self, rows: Tensor, before: LayerState) -> dict[str, Tensor]:
        """`cell` and the four gates, from the gates i, f, g, o (T, B, 4 * U), squashed.

        The cell states need only c = f * c + i * g, a short recurrence element by element, which
        numpy steps through with the least overhead.
        """
        into, forget, candidate, output = rows.chunk(4, dim=2)
        cell = (into * candidate).cpu()
        carried = before[1].cpu().numpy()
        for entering, keep in zip(cell.numpy(), forget.cpu().numpy(), strict=True):
            carried = np.add(entering, keep * carried, out=entering)
        return {
            "cell": cell.to(rows.device),
            "input": into,
            "forget": forget,
            "output": output,
            "candidate": candidate,
        }

    def slopes(self, channels: Mapping[str, Tensor], before: LayerState) -> dict[str, Tensor]:
        """Of the gates by c_t or h_t, of c_t by h_t, and what c_{t-1} keeps of it."""
        into, forget, output = channels["input"], channels["forget"], channels["output"]
        candidate, cell = channels["candidate"], channels["cell"]
        seen = torch.tanh(cell)
        return {
            "input": candidate * into * (1 - into),
            "forget": previous(cell, before[1]) * forget * (1 - forget),
            "candidate": into * (1 - candidate**2),
            "output": seen * output * (1 - output),
            "cell": output * (1 - seen**2),
            "keep": forget,
        }

    @staticmethod
    def step_back(
        weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState
    ) -> tuple[LayerState, LayerState, Tensor]:
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
        return (hidden, cell), (rows @ weight, cell * slopes["keep"]), rows
