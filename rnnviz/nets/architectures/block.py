"""What the layers of deep linear recurrences share: a norm before, a block at once, one scan.

RWKV and Mamba do at every step of a block what depends on the input alone in a few large products;
what is left, step after step, is a small recurrence. A subclass says these three parts. The stream
that a block is added to is the affair of the network (`LayerDescription.residual`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnviz.nets.architectures.base import (
    Change,
    Channels,
    Layer,
    LayerState,
    Ran,
    Stepped,
    unchanged,
)

Prepared = Mapping[str, Tensor]
"""What a block computes of its inputs alone, (T, B, ...) each by name."""


class Scanned(NamedTuple):
    """What one step of the recurrence did."""

    memory: LayerState
    """The part of the state that it leaves."""
    read: Tensor
    """(B, U) what was read from it."""
    held: Tensor
    """(B, U) the channel `memory`."""


class BlockLayer(Layer):
    """A layer of which only a small recurrence is left to do step by step."""

    def __init__(
        self, inputs: int, units: int, projection: int = 0, **variant: str | bool | int | float
    ) -> None:
        super().__init__(inputs, units)
        self.width = projection or units
        self.variant = variant
        self.sizes = self.facts.widths(units, variant)
        head = self.sizes.get("head", units)
        if units % head:
            raise ValueError(f"{units} units are no whole number of heads of {head}")
        self.heads = units // head
        for name, shape in self.facts.shapes(inputs, units, self.width, variant).items():
            drawn = torch.rand(shape) - 0.5
            self.register_parameter(name, nn.Parameter(drawn / max(1, shape[-1]) ** 0.5))

    @property
    def given(self) -> int:
        """The width of the stream that it adds to."""
        return self.width

    def weight(self, name: str) -> Tensor:
        """A parameter of the facts by its name."""
        return self.get_parameter(name)

    # What a subclass says

    def prepare(self, inputs: Tensor, state: LayerState) -> tuple[dict[str, Tensor], LayerState]:
        """What depends on the inputs (T, B, I) alone, and the part of the state that is of them."""
        raise NotImplementedError

    def scan(self, now: Prepared, memory: LayerState, change: Change | None) -> Scanned:
        """One step of the recurrence; `now` is what was prepared for it, (B, ...) each.

        Args:
            change: asked about `memory`, if it is given; a step that nobody changes spares it.
        """
        raise NotImplementedError

    def finish(self, prepared: Prepared, read: Tensor) -> Tensor:
        """What the block gives, (T, B, G), of what was read at every step, (T, B, U)."""
        raise NotImplementedError

    def shown(self, prepared: Prepared, read: Tensor, held: Tensor) -> dict[str, Tensor]:
        """Every channel but `hidden`, (T, B, U) each, in the order of the facts."""
        raise NotImplementedError

    @property
    def parts(self) -> int:
        """How many of the first tensors of the state are of the inputs; the rest is the memory."""
        return 1

    # What follows from it

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """One step, every state of it a node that a change may replace."""
        entered, memory = state[: self.parts], state[self.parts :]
        prepared, entered = self.prepare(inputs.unsqueeze(0), entered)
        done = self.scan({name: part[0] for name, part in prepared.items()}, memory, change)
        read = done.read.unsqueeze(0)
        hidden = change("hidden", self.finish(prepared, read)[0])
        shown = self.shown(prepared, read, done.held.unsqueeze(0))
        channels = {"hidden": hidden, **{name: part[0] for name, part in shown.items()}}
        channels["memory"] = done.held  # itself, and no view of it: the way back leads through it
        return Stepped(channels, (*entered, *done.memory))

    def _block(
        self, inputs: Tensor, state: LayerState
    ) -> tuple[Prepared, Tensor, Tensor, LayerState]:
        """What was prepared, what was read and held, (T, B, U) each, and the state after it."""
        entered, memory = state[: self.parts], state[self.parts :]
        prepared, entered = self.prepare(inputs, entered)
        read, held = [], []
        names = list(prepared)
        for now in zip(*(prepared[name] for name in names), strict=True):
            done = self.scan(dict(zip(names, now, strict=True)), memory, None)
            memory = done.memory
            read.append(done.read)
            held.append(done.held)
        return prepared, torch.stack(read), torch.stack(held), (*entered, *memory)

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """A block: large products, and the recurrence step by step."""
        prepared, read, _, after = self._block(inputs, state)
        return self.finish(prepared, read), after

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """The same, with the channels that were computed on the way."""
        prepared, read, held, after = self._block(inputs, state)
        hidden = self.finish(prepared, read)
        channels = Channels(hidden=hidden, **self.shown(prepared, read, held))
        return Ran(inputs, state, hidden, after, channels)


def lengths(rows: Tensor) -> Tensor:
    """The length of each unit's numbers, (B, U) of (B, U, N)."""
    return torch.linalg.vector_norm(rows, dim=-1)


def stretched(rows: Tensor, change: Change) -> tuple[Tensor, Tensor]:
    """Each unit's numbers (B, U, N) with a length that a change may replace, and the lengths.

    A unit that holds nothing has no direction in which it could be made longer.
    """
    length = lengths(rows)
    wanted = change("memory", length)
    tiny = torch.finfo(rows.dtype).tiny
    return rows * (wanted / length.clamp_min(tiny)).unsqueeze(-1), wanted
