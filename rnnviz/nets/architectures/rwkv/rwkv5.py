"""Time mixing of RWKV-5.2: Peng et al. (2024), "Eagle and Finch", section 4.1."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.architectures.rwkv.rwkv5 import RWKV5 as FACTS
from rnnviz.nets.architectures.base import Change, LayerState
from rnnviz.nets.architectures.block import Prepared, Scanned, lengths, stretched
from rnnviz.nets.architectures.rwkv.token_shift import TokenShift


class RWKV5(TokenShift):
    """S_t = diag(w) S_{t-1} + k_t v_t'; read r_t (S_{t-1} + diag(u) k_t v_t'); w = exp(-e^decay).

    The memory is (B, U, N), the N numbers of a unit being its column of the matrix of its head.
    """

    facts = FACTS

    def empty(self, batch: int) -> LayerState:
        """Matrices of zeros."""
        return (self.weight("decay").new_zeros(batch, self.units, self.sizes["head"]),)

    def prepare(self, inputs: Tensor, state: LayerState) -> tuple[dict[str, Tensor], LayerState]:
        """All products of all steps."""
        now, before, last = self.shifted(inputs, state)
        found = {
            name: self.product(name, self.mixed(now, before, f"mix_{name[0]}"))
            for name in ("receptance", "key", "value", "gate")
        }
        return {**found, "gate": functional.silu(found["gate"])}, last

    def scan(self, now: Prepared, memory: LayerState, change: Change | None) -> Scanned:
        """Read with this step's bonus, then take the step in."""
        matrix = memory[0].unflatten(1, (self.heads, -1))  # (B, H, N of values, N of keys)
        receptance, key, value = (
            self.by_head(now[name]) for name in ("receptance", "key", "value")
        )
        bonus = self.by_head(self.weight("first"))
        own = (receptance * bonus * key).sum(-1, keepdim=True) * value
        read = (matrix @ receptance.unsqueeze(-1)).squeeze(-1) + own
        fading = torch.exp(-self.weight("decay").exp())
        matrix = matrix * self.by_head(fading).unsqueeze(-2)
        rows = (matrix + value.unsqueeze(-1) * key.unsqueeze(-2)).flatten(1, 2)
        if change is None:
            held = lengths(rows)
        else:
            rows, held = stretched(rows, change)
        return Scanned((rows,), read.flatten(1), held)

    def finish(self, prepared: Prepared, read: Tensor) -> Tensor:
        """W_o (gate * the heads, each normalised)."""
        return self.product("output", self.heads_normed(read) * prepared["gate"])

    def shown(self, prepared: Prepared, read: Tensor, held: Tensor) -> dict[str, Tensor]:
        """See the facts."""
        return {"memory": held, "read": read, "gate": prepared["gate"]}
