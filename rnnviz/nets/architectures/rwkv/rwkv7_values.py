"""The values of RWKV-7's first block, for all blocks above it."""

from __future__ import annotations

from torch import Tensor

from rnnviz.core.architectures.rwkv.rwkv7_values import RWKV7_VALUES as FACTS
from rnnviz.nets.architectures.base import Change, Channels, LayerState, Ran, Stepped, unchanged
from rnnviz.nets.architectures.rwkv.token_shift import TokenShift


class RWKV7Values(TokenShift):
    """W_v of the stream, mixed with the step before it."""

    facts = FACTS

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """One step of the block."""
        hidden, after = self(inputs.unsqueeze(0), state)
        return Stepped({"hidden": change("hidden", hidden[0])}, after)

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """All steps at once."""
        now, before, last = self.shifted(inputs, state)
        return self.product("value", now + (before - now) * self.weight("mix_v")), last

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """The same: there is nothing to scan, and nothing else to show."""
        hidden, after = self(inputs, state)
        return Ran(inputs, state, hidden, after, Channels(hidden=hidden))
