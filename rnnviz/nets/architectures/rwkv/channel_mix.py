"""Channel mixing of RWKV, of all versions: with a gate up to version 6, without in version 7."""

from __future__ import annotations

from torch import Tensor

from rnnviz.core.architectures.rwkv.channel_mix import CHANNEL_MIX as FACTS
from rnnviz.nets.architectures.base import Change, Channels, LayerState, Ran, Stepped, unchanged
from rnnviz.nets.architectures.rwkv.token_shift import TokenShift


class ChannelMix(TokenShift):
    """W_v relu(W_k x)², times sigmoid(W_r x) where it is gated (Peng et al. 2023, equation 22)."""

    facts = FACTS

    def _both(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, Tensor, LayerState]:
        """What it gives, how active its units are, and the state."""
        now, before, last = self.shifted(inputs, state)
        active = self.product("key", self.mixed(now, before, "mix_k")).relu().square()
        given = self.product("output", active)
        if FACTS.has("receptance", self.variant):
            gate = self.product("receptance", self.mixed(now, before, "mix_r")).sigmoid()
            given = gate * given
        return given, active, last

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """One step of the block."""
        given, active, after = self._both(inputs.unsqueeze(0), state)
        return Stepped({"hidden": change("hidden", given[0]), "active": active[0]}, after)

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """All steps at once."""
        given, _, after = self._both(inputs, state)
        return given, after

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """The same, with what its units did."""
        given, active, after = self._both(inputs, state)
        return Ran(inputs, state, given, after, Channels(hidden=given, active=active))
