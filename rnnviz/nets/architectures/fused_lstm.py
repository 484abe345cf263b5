"""The gates of an LSTM as torch's fused layer leaves them, so that no product computes them again.

On processors torch runs an LSTM in oneDNN, which keeps the gates of every step in a workspace that
only training reads. Where they lie there is oneDNN's own affair: a row of 4 * U numbers i, f, g, o
for each step and stream, begun at a multiple of 16 numbers, and never of 256. Nobody promises that.
So some units' gates at the first and the last step of every call are computed beside it, and where
they differ the caller is told that there are no gates, and computes them itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnviz.nets.architectures.base import LayerState

_LSTM_MODE = 2
_LARGEST_DIFFERENCE = 1e-4
_COMPARED = 8
"""Units; all of them would take as long as 20 steps do."""


@dataclass(frozen=True)
class Gates:
    """The gates of a block, as they were left."""

    rows: Tensor
    """(T, B, 4 * U) i, f, g, o, each after its sigmoid or tanh."""


def step_with_gates(
    module: nn.LSTM, inputs: Tensor, state: LayerState
) -> tuple[Tensor, LayerState, Gates | None]:
    """Run one layer over B streams.

    Args:
        module: one layer, one direction, with biases.
        inputs: (T, B, I), T at least 1.
        state: hidden and cell before it, (B, U) each.

    Returns:
        Hidden states (T, B, U), the state after the last, and the gates; None where they cannot be
        read.
    """
    if not readable(module):
        before = (state[0][None], state[1][None])
        hidden, (last, cell) = nn.LSTM.forward(module, inputs, before)
        return hidden, (last[0], cell[0]), None
    weights = [parameter.detach() for parameter in module.all_weights[0]]
    # The kernel takes no heed of strides.
    inputs, (h, c) = inputs.contiguous(), (part.contiguous() for part in state)
    # The workspace is given to whoever might go backwards; without a parameter that wants a
    # gradient nothing else is kept.
    with torch.enable_grad():
        hidden, last, cell, workspace = torch.ops.aten.mkldnn_rnn_layer(
            inputs,
            *weights,
            h[None],
            c[None],
            False,
            [],
            _LSTM_MODE,
            module.hidden_size,
            1,
            True,
            False,
            False,
            True,
        )
    steps, batch = inputs.shape[:2]
    gates = _rows(workspace, steps * batch, 4 * module.hidden_size)
    if gates is not None:
        gates = gates.view(steps, batch, -1)
        if _agree(gates, weights, inputs, hidden, state):
            return hidden, (last[0], cell[0]), Gates(gates)
    return hidden, (last[0], cell[0]), None


def readable(module: nn.RNNBase) -> bool:
    """Whether torch runs this layer in oneDNN here, in the way that is known."""
    return bool(
        isinstance(module, nn.LSTM)
        and module.bias
        and module.weight_hh_l0.device.type == "cpu"
        and module.weight_hh_l0.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and bool(torch.backends.mkldnn.enabled)
        and hasattr(torch.ops.aten, "mkldnn_rnn_layer")
    )


def _rows(workspace: Tensor | None, steps: int, width: int) -> Tensor | None:
    """A copy of the rows of so many numbers at the start of the workspace."""
    stride = -(-width // 16) * 16
    stride += 16 if stride % 256 == 0 else 0
    if workspace is None or workspace.numel() < 4 * steps * stride:
        return None
    rows = workspace[: 4 * steps * stride].view(torch.float32).view(steps, stride)
    return rows[:, :width].clone()


def _agree(
    gates: Tensor, weights: list[Tensor], inputs: Tensor, hidden: Tensor, state: LayerState
) -> bool:
    """Whether the rows of the first and the last step hold the gates that the weights give."""
    width = gates.shape[2] // 4
    some = slice(None, None, max(1, width // _COMPARED))
    weights = [part.unflatten(0, (4, width))[:, some].flatten(0, 1) for part in weights]
    into, recurrent, bias_in, bias_recurrent = weights
    before = torch.cat([state[0], hidden[-2] if len(hidden) > 1 else state[0]])
    rows = torch.addmm(bias_in + bias_recurrent, inputs[[0, -1]].flatten(0, 1), into.t())
    i, f, g, o = rows.addmm_(before, recurrent.t()).chunk(4, dim=1)
    wanted = torch.cat([i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()], dim=1)
    found = gates[[0, -1]].unflatten(2, (4, width))[..., some].flatten(2).flatten(0, 1)
    return bool((found - wanted).abs().max() < _LARGEST_DIFFERENCE)
