"""What all versions of RWKV do with what enters: a norm, and a mixture with the step before."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from rnnviz.nets.architectures.base import LayerState, previous
from rnnviz.nets.architectures.block import BlockLayer


class TokenShift(BlockLayer):
    """A block of RWKV; the first tensor of its state is what entered one step before, (B, I)."""

    @property
    def main(self) -> int:
        """The width of the stream that it reads."""
        return len(self.weight("norm_weight"))

    def zero_state(self, batch: int) -> LayerState:
        """Nothing entered, and nothing is held."""
        like = self.weight("norm_weight")
        return like.new_zeros(batch, self.main), *self.empty(batch)

    def empty(self, batch: int) -> LayerState:
        """The memory of B streams before anything was read."""
        return ()

    def normed(self, inputs: Tensor) -> Tensor:
        """LayerNorm of the stream."""
        stream = inputs[..., : self.main]
        about = self.weight("norm_weight"), self.weight("norm_bias")
        return functional.layer_norm(stream, (self.main,), *about)

    def shifted(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, Tensor, LayerState]:
        """The stream after the norm, that of one step before, (T, B, I) each, and the last."""
        now = self.normed(inputs)
        return now, previous(now, state[0]), (now[-1],)

    def mixed(self, now: Tensor, before: Tensor, name: str) -> Tensor:
        """So much of a step, the rest of the one before: up to version 6."""
        share = self.weight(name)
        return now * share + before * (1 - share)

    def product(self, name: str, entering: Tensor) -> Tensor:
        """W x."""
        return functional.linear(entering, self.weight(name))

    def by_head(self, values: Tensor) -> Tensor:
        """(..., U) as (..., H, N)."""
        return values.unflatten(-1, (self.heads, -1))

    def heads_normed(self, read: Tensor) -> Tensor:
        """What each head read, brought to mean 0 and deviation 1, (T, B, U)."""
        flat = read.reshape(-1, self.units)
        about = self.weight("heads_weight"), self.weight("heads_bias")
        return functional.group_norm(flat, self.heads, *about, self.heads_eps).view_as(read)

    @property
    def heads_eps(self) -> float:
        """What is added to the variance of a head before its root is taken."""
        return float(self.variant.get("heads_eps", self.facts.variants["heads_eps"][0]))
