"""The block of Mamba: Gu and Dao (2023), "Mamba: linear-time sequence modeling ..."."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.architectures.mamba import MAMBA as FACTS
from rnnviz.nets.architectures.base import Change, LayerState
from rnnviz.nets.architectures.block import BlockLayer, Prepared, Scanned, lengths, stretched

_EPS = 1e-5


class Mamba(BlockLayer):
    """h_t = exp(d A) h_{t-1} + d B x_t; y_t = C h_t + D x_t (their algorithm 2); A = -exp(decay).

    d, B and C are made of x_t, which a short convolution over the last steps has made of what
    enters. The state is what that convolution still needs, (B, U, kernel - 1), and h, (B, U, N).
    """

    facts = FACTS

    def zero_state(self, batch: int) -> LayerState:
        """Nothing entered, and nothing is held."""
        like = self.weight("decay")
        window = like.new_zeros(batch, self.units, self.sizes["kernel"] - 1)
        return window, like.new_zeros(batch, self.units, self.sizes["states"])

    def prepare(self, inputs: Tensor, state: LayerState) -> tuple[dict[str, Tensor], LayerState]:
        """The norm, both branches, the convolution, and what selects."""
        scale = (inputs.square().mean(-1, keepdim=True) + _EPS).rsqrt()
        both = functional.linear(
            inputs * scale * self.weight("norm_weight"), self.weight("entering")
        )
        entering, gate = both.chunk(2, dim=-1)
        line = torch.cat([state[0], entering.permute(1, 2, 0)], dim=2)  # (B, U, kernel - 1 + T)
        kernel = self.weight("conv_weight").unsqueeze(1)
        signal = functional.conv1d(line, kernel, self.weight("conv_bias"), groups=self.units)
        signal = functional.silu(signal.permute(2, 0, 1))  # (T, B, U)
        rank = functional.linear(signal, self.weight("rank"))
        step = functional.linear(rank, self.weight("step_weight"), self.weight("step_bias"))
        prepared = {
            "signal": signal,
            "gate": functional.silu(gate),
            "delta": functional.softplus(step),
            "into": functional.linear(signal, self.weight("into")),
            "out_of": functional.linear(signal, self.weight("out_of")),
        }
        return prepared, (line[:, :, len(inputs) :].contiguous(),)

    def scan(self, now: Prepared, memory: LayerState, change: Change | None) -> Scanned:
        """One step of the selective scan."""
        delta, signal = now["delta"].unsqueeze(-1), now["signal"]
        fading = torch.exp(delta * -self.weight("decay").exp())
        taken = delta * now["into"].unsqueeze(1) * signal.unsqueeze(-1)
        rows = fading * memory[0] + taken  # (B, U, N)
        if change is None:
            held = lengths(rows)
        else:
            rows, held = stretched(rows, change)
        read = (rows @ now["out_of"].unsqueeze(-1)).squeeze(-1) + self.weight("skip") * signal
        return Scanned((rows,), read, held)

    def finish(self, prepared: Prepared, read: Tensor) -> Tensor:
        """W_o (what was read * gate)."""
        return functional.linear(read * prepared["gate"], self.weight("output"))

    def shown(self, prepared: Prepared, read: Tensor, held: Tensor) -> dict[str, Tensor]:
        """See the facts."""
        rest = {name: prepared[name] for name in ("delta", "signal", "gate")}
        return {"memory": held, "read": read, **rest}
