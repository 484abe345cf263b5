"""The layers inside a module of torch, one by one: run as torch runs them, and all their gates.

Torch gives the states of the top layer alone. A stack is therefore run here layer by layer, with
the same kernels; gates follow from what entered a layer and from its hidden states, by the
equations in the documentation of `torch.nn.LSTM`, `GRU` and `RNN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

State = tuple[Tensor, ...]
"""(hidden,) or (hidden, cell), each (layers * directions, B, ...)."""

ARCHITECTURES: Mapping[str, str] = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "rnn"}
"""What a mode of torch is called here; nothing for a vanilla RNN of rectified units."""
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "LSTM": ("hidden", "cell", "input", "forget", "output", "candidate"),
    "GRU": ("hidden", "reset", "update", "new"),
    "RNN_TANH": ("hidden",),
    "RNN_RELU": ("hidden",),
}


Stack = nn.RNNBase
"""Layers of torch, one upon the other."""
Cell = nn.RNNCellBase
"""One step of a layer of torch."""


def has_cell_state(stack: Stack) -> bool:
    """Whether its state is two tensors."""
    return stack.mode == "LSTM"


def unbounded_channels(mode: str) -> tuple[str, ...]:
    """Those whose values lie anywhere though their names do not say so."""
    return ("hidden",) if mode == "RNN_RELU" else ()


@dataclass(frozen=True)
class LayerRun:
    """What one layer did, in both directions where it has two."""

    inputs: Tensor
    """(T, B, I), or (places, I) packed."""
    hidden: Tensor
    """(T, B, W), or (places, W) packed; forwards, then backwards."""


@dataclass(frozen=True)
class Weights:
    """Those of one direction of one layer."""

    mode: str
    input_weight: Tensor
    hidden_weight: Tensor
    input_bias: Tensor | None
    hidden_bias: Tensor | None

    @property
    def units(self) -> int:
        """U."""
        return self.hidden_weight.shape[0] // {"LSTM": 4, "GRU": 3}.get(self.mode, 1)

    @property
    def given(self) -> int:
        """How wide what the layer gives is: U without a projection."""
        return self.hidden_weight.shape[1]


def weights_of(module: nn.RNNBase, layer: int, direction: int) -> Weights:
    """The weights of a layer of a module, forwards (0) or backwards (1)."""
    ending = f"_l{layer}{'_reverse' * direction}"

    def named(name: str) -> Any:
        found = getattr(module, name + ending, None)
        return None if found is None else found.detach()

    return Weights(
        module.mode,
        named("weight_ih"),
        named("weight_hh"),
        named("bias_ih"),
        named("bias_hh"),
    )


def weights_of_cell(cell: nn.RNNCellBase) -> Weights:
    """The weights of a cell."""
    mode = {"LSTMCell": "LSTM", "GRUCell": "GRU"}.get(_kind(cell), "")
    if not mode:
        mode = f"RNN_{getattr(cell, 'nonlinearity', 'tanh').upper()}"
    found: Any = cell
    biases = (found.bias_ih, found.bias_hh) if found.bias else (None, None)
    return Weights(
        mode,
        found.weight_ih.detach(),
        found.weight_hh.detach(),
        *(None if bias is None else bias.detach() for bias in biases),
    )


def _kind(cell: nn.Module) -> str:
    for kind in (nn.LSTMCell, nn.GRUCell, nn.RNNCell):
        if isinstance(cell, kind):
            return kind.__name__
    return ""


def run_stack(
    module: nn.RNNBase, data: Tensor, batch_sizes: Tensor | None, before: State
) -> tuple[Tensor, State, list[LayerRun]]:
    """Run a module layer by layer, as its own `forward` does.

    Args:
        data: (T, B, I), or (places, I) with `batch_sizes`, as in a packed sequence.
        before: the first states of all layers.

    Returns:
        What it gives, the last states of all layers, and what each layer did.
    """
    directions = 2 if module.bidirectional else 1
    mode = module.mode
    kernel: Any = {
        "LSTM": torch._VF.lstm,
        "GRU": torch._VF.gru,
        "RNN_TANH": torch._VF.rnn_tanh,
        "RNN_RELU": torch._VF.rnn_relu,
    }[mode]
    each = len(module._flat_weights) // (module.num_layers * directions)
    runs: list[LayerRun] = []
    last: list[State] = []
    below = data
    for layer in range(module.num_layers):
        if layer and module.dropout and module.training:
            below = functional.dropout(below, module.dropout, True)
        rows = slice(layer * directions, (layer + 1) * directions)
        own = tuple(part[rows].contiguous() for part in before)
        given: Any = own if mode == "LSTM" else own[0]
        flat = module._flat_weights[rows.start * each : rows.stop * each]
        shape = (module.bias, 1, 0.0, module.training, module.bidirectional)
        if batch_sizes is None:
            hidden, *after = kernel(below, given, flat, *shape, False)
        else:
            hidden, *after = kernel(below, batch_sizes, given, flat, *shape)
        runs.append(LayerRun(below, hidden))
        last.append(tuple(after))
        below = hidden
    states = tuple(torch.cat([one[part] for one in last]) for part in range(len(before)))
    return below, states, runs


@torch.no_grad()
def gates_of(
    weights: Weights, inputs: Tensor, hidden: Tensor, before: State
) -> tuple[dict[str, Tensor], State]:
    """Every channel of T steps of B streams, (T, B, U) each, and the state after them.

    Args:
        inputs: (T, B, I).
        hidden: (T, B, P) what the layer gave; P is U without a projection.
        before: the state before the first step, (B, P) and for an LSTM the cell (B, U).
    """
    after_hidden = hidden[-1]
    if weights.mode.startswith("RNN"):
        return {"hidden": hidden}, (after_hidden,)
    previous = torch.cat([before[0].unsqueeze(0), hidden[:-1]])
    from_input = functional.linear(inputs, weights.input_weight, weights.input_bias)
    from_hidden = functional.linear(previous, weights.hidden_weight, weights.hidden_bias)
    if weights.mode == "GRU":
        units = weights.units
        both = (from_input[..., : 2 * units] + from_hidden[..., : 2 * units]).sigmoid_()
        reset, update = both.chunk(2, dim=-1)
        new = (from_input[..., 2 * units :] + reset * from_hidden[..., 2 * units :]).tanh_()
        found = {"hidden": hidden, "reset": reset, "update": update, "new": new}
        return found, (after_hidden,)
    rows = from_input.add_(from_hidden)
    into, forget, candidate, output = rows.chunk(4, dim=-1)
    for gate in (into, forget, output):
        gate.sigmoid_()
    candidate.tanh_()
    cell, carried = into * candidate, before[1]
    for step, keep in enumerate(forget):
        carried = cell[step].addcmul_(keep, carried)
    channels = {
        "hidden": hidden,
        "cell": cell,
        "input": into,
        "forget": forget,
        "output": output,
        "candidate": candidate,
    }
    return channels, (after_hidden, carried)
