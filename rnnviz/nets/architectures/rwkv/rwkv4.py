"""Time mixing of RWKV-4: Peng et al. (2023), "RWKV: Reinventing RNNs for the Transformer era"."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnviz.core.architectures.rwkv.rwkv4 import RWKV4 as FACTS
from rnnviz.nets.architectures.base import Change, LayerState
from rnnviz.nets.architectures.block import Prepared, Scanned
from rnnviz.nets.architectures.rwkv.token_shift import TokenShift

_NOTHING = -1e38
"""The logarithm of no weight at all."""


class RWKV4(TokenShift):
    """m_t = sum_s exp(k_s + (t - s) w) v_s / sum_s exp(k_s + (t - s) w); w = -exp(decay).

    What is read counts this step's value with exp(k_t + first) (their equations 16 to 21). The
    memory is numerator, denominator and the logarithm of their common factor, (B, U) each (their
    appendix D), so that no exponential leaves the range of numbers.
    """

    facts = FACTS

    def empty(self, batch: int) -> LayerState:
        """No weight yet."""
        zeros = self.weight("decay").new_zeros(batch, self.units)
        return zeros, zeros.clone(), zeros.clone()

    def prepare(self, inputs: Tensor, state: LayerState) -> tuple[dict[str, Tensor], LayerState]:
        """Keys, values and receptances of all steps."""
        now, before, last = self.shifted(inputs, state)
        key = self.product("key", self.mixed(now, before, "mix_k"))
        value = self.product("value", self.mixed(now, before, "mix_v"))
        receptance = self.product("receptance", self.mixed(now, before, "mix_r")).sigmoid()
        return {"key": key, "value": value, "receptance": receptance}, last

    def scan(self, now: Prepared, memory: LayerState, change: Change | None) -> Scanned:
        """Read with this step's bonus, then take the step in."""
        key, value = now["key"], now["value"]
        upper, lower, factor = memory
        factor = torch.where(lower > 0, factor, _NOTHING)
        once = self.weight("first") + key
        top = torch.maximum(factor, once)
        old, new = (factor - top).exp(), (once - top).exp()
        read = (old * upper + new * value) / (old * lower + new)
        faded = factor - self.weight("decay").exp()
        top = torch.maximum(faded, key)
        old, new = (faded - top).exp(), (key - top).exp()
        upper, lower = old * upper + new * value, old * lower + new
        held = upper / lower
        if change is not None:
            held = change("memory", held)
            upper = held * lower
        return Scanned((upper, lower, top), read, held)

    def finish(self, prepared: Prepared, read: Tensor) -> Tensor:
        """W_o (sigma(r) * what was read)."""
        return self.product("output", prepared["receptance"] * read)

    def shown(self, prepared: Prepared, read: Tensor, held: Tensor) -> dict[str, Tensor]:
        """See the facts."""
        receptance, key = prepared["receptance"], prepared["key"]
        return {"memory": held, "read": read, "receptance": receptance, "key": key}
