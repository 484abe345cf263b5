"""Time mixing of RWKV-7: Peng et al. (2025), "RWKV-7 Goose with expressive dynamic state ..."."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.architectures.rwkv.rwkv7 import RWKV7 as FACTS
from rnnviz.nets.architectures.base import Change, LayerState
from rnnviz.nets.architectures.block import Prepared, Scanned, lengths, stretched
from rnnviz.nets.architectures.rwkv.token_shift import TokenShift

_SLOWEST = math.exp(-0.5)
"""No decay is below exp(-exp(-0.5)) (their equation 12)."""


class RWKV7(TokenShift):
    """S_t = S_{t-1} (diag(w) - k'(a * k')^T) + v k^T, k' being the key taken off, of length 1.

    The memory is (B, U, N), the N numbers of a unit being its row of the matrix of its head. With
    `first_values` the last U numbers that enter are the values of the first block.
    """

    facts = FACTS

    def empty(self, batch: int) -> LayerState:
        """Matrices of zeros."""
        return (self.weight("w0").new_zeros(batch, self.units, self.sizes["head"]),)

    def low_rank(self, name: str, entering: Tensor) -> tuple[Tensor, Tensor]:
        """The first product of a pair of thin matrices, and the second matrix."""
        return entering @ self.weight(f"{name}1"), self.weight(f"{name}2")

    def prepare(self, inputs: Tensor, state: LayerState) -> tuple[dict[str, Tensor], LayerState]:
        """All that depends on the inputs: keys, values, decays, rates and gates of all steps."""
        now, before, last = self.shifted(inputs, state)
        change = before - now
        enter = {name: now + change * self.weight(f"mix_{name}") for name in "rwkvag"}
        receptance = self.product("receptance", enter["r"])
        key, value = self.product("key", enter["k"]), self.product("value", enter["v"])
        thin, wide = self.low_rank("w", enter["w"])
        decay = torch.exp(-_SLOWEST * (self.weight("w0") + thin.tanh() @ wide).sigmoid())
        if self.variant.get(FACTS.beside):
            thin, wide = self.low_rank("v", enter["v"])
            share = (self.weight("v0") + thin @ wide).sigmoid()
            value = value + (inputs[..., self.main :] - value) * share
        thin, wide = self.low_rank("a", enter["a"])
        rate = (self.weight("a0") + thin @ wide).sigmoid()
        thin, wide = self.low_rank("g", enter["g"])
        gate = thin.sigmoid() @ wide
        taken = functional.normalize(self.by_head(key * self.weight("key_norm")), dim=-1).flatten(
            -2
        )
        key = key * (1 + (rate - 1) * self.weight("key_rate"))
        prepared = {
            "receptance": receptance, "key": key, "value": value, "decay": decay, "rate": rate,
            "gate": gate, "taken": taken,
        }  # fmt: skip
        return prepared, last

    def scan(self, now: Prepared, memory: LayerState, change: Change | None) -> Scanned:
        """Take off, fade, write; then read."""
        matrix = memory[0].unflatten(1, (self.heads, -1))  # (B, H, N of values, N of keys)
        receptance, key, value, decay, rate, taken = (
            self.by_head(now[name])
            for name in ("receptance", "key", "value", "decay", "rate", "taken")
        )
        said = matrix @ taken.unsqueeze(-1)
        matrix = matrix * decay.unsqueeze(-2) - said * (taken * rate).unsqueeze(-2)
        rows = (matrix + value.unsqueeze(-1) * key.unsqueeze(-2)).flatten(1, 2)
        if change is None:
            held = lengths(rows)
        else:
            rows, held = stretched(rows, change)
        read = rows.unflatten(1, (self.heads, -1)) @ receptance.unsqueeze(-1)
        return Scanned((rows,), read.flatten(1), held)

    def finish(self, prepared: Prepared, read: Tensor) -> Tensor:
        """W_o (gate * (the heads, each normalised, and this step's own value)) + bias."""
        names = ("receptance", "key", "value")
        receptance, key, value = (self.by_head(prepared[name]) for name in names)
        own = (receptance * key * self.by_head(self.weight("bonus"))).sum(-1, keepdim=True) * value
        inside = (self.heads_normed(read) + own.flatten(-2)) * prepared["gate"]
        return functional.linear(inside, self.weight("output"), self.weight("bias"))

    def shown(self, prepared: Prepared, read: Tensor, held: Tensor) -> dict[str, Tensor]:
        """See the facts."""
        rest = {name: prepared[name] for name in ("decay", "rate", "gate")}
        return {"memory": held, "read": read, **rest}
