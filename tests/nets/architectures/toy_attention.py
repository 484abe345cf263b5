"""A layer whose state grows: causal attention with one head over all that was read.

It is no network that anybody would train. It is here so that a Transformer needs no other protocol:
its cache is a state like any other, and everything that is done with states is done with it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rnnviz.core.architectures import ArchitectureFacts, Channel
from rnnviz.nets.architectures.base import Change, Layer, LayerState, Stepped, unchanged

ATTENTION = ArchitectureFacts(
    name="toy-attention",
    title="attention",
    short="attention",
    article="an",
    about="Looks at everything that was read so far.",
    channels=(
        Channel("hidden", "output", "unbounded", "What was looked at, and what entered."),
        Channel("looked", "share of itself", "share", "How much a step looks at itself."),
    ),
    states=("hidden",),
    row_gates=("hidden",),
    runs=frozenset({"step", "parallel"}),
    parameters={
        "query": ("units", "inputs"), "key": ("units", "inputs"), "value": ("units", "inputs"),
    },
    grows=True,
)  # fmt: skip


class Attention(Layer):
    """softmax(q·k / sqrt(U)) v over the steps so far; keys and values are the state."""

    facts = ATTENTION

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__(inputs, units)
        for name in ("query", "key", "value"):
            self.register_parameter(name, nn.Parameter(torch.randn(units, inputs)))

    def _look(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, Tensor, LayerState]:
        """For inputs (T, B, I): outputs (T, B, U), weights (B, T, S + T), and the larger cache."""
        query, key, value = (self.get_parameter(name) for name in ("query", "key", "value"))
        streams = inputs.transpose(0, 1)  # (B, T, I)
        keys = torch.cat([state[0], streams @ key.t()], dim=1)
        values = torch.cat([state[1], streams @ value.t()], dim=1)
        energies = (streams @ query.t()) @ keys.transpose(1, 2) / math.sqrt(self.units)
        steps, before = inputs.shape[0], state[0].shape[1]
        later = torch.ones(steps, before + steps, dtype=torch.bool).triu(before + 1)
        weights = energies.masked_fill(later, -torch.inf).softmax(dim=2)
        return (weights @ values).transpose(0, 1), weights, (keys, values)

    def zero_state(self, batch: int) -> LayerState:
        """Nothing to look at."""
        like = self.get_parameter("key")
        return like.new_zeros(batch, 0, self.units), like.new_zeros(batch, 0, self.units)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """One more place to look at."""
        found, weights, after = self._look(inputs.unsqueeze(0), state)
        looked = weights[:, 0, -1:].expand(-1, self.units)
        return Stepped({"hidden": change("hidden", found[0]), "looked": looked}, after)

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """All steps at once."""
        found, _, after = self._look(inputs, state)
        return found, after
