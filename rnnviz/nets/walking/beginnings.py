"""What the layers below a changed unit did at the beginning of a text, kept for the next change.

A change of a unit reaches nothing in the layers below its own. A person changes one unit after the
other and looks at the same beginning of the same text: those layers run through it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.nets.architectures.base import Layer, Ran

_MOST_NUMBERS = 1 << 24
"""So many numbers of hidden states and gates are kept; of more, nothing is."""


@dataclass(frozen=True)
class _Block:
    start: int
    known: npt.NDArray[np.bool_]
    entering: Tensor
    ran: dict[int, Ran] = field(default_factory=dict)

    def reads(self, start: int, known: npt.NDArray[np.bool_], entering: Tensor) -> bool:
        """Whether exactly this was read."""
        same = self.start == start and np.array_equal(self.known, known)
        return same and torch.equal(self.entering, entering)


class Beginning:
    """The beginning of a text as the lowest layers of a network read it, block after block."""

    def __init__(self, layers: Sequence[Layer], steps: int) -> None:
        self.layers, self.steps = tuple(layers), steps
        self.weights = _state_of(layers)
        self.blocks: list[_Block] = []
        self._passed = 0
        numbers = sum(steps * layer.units * (1 + layer.facts.blocks) for layer in layers)
        self._fits = numbers <= _MOST_NUMBERS

    def ran(self, start: int, known: npt.NDArray[np.bool_], entering: Tensor) -> dict[int, Ran]:
        """What each of the layers did with the next block, as far as it is known; to be filled."""
        number, self._passed = self._passed, self._passed + 1
        if not self._fits or start + len(known) > self.steps:
            return {}
        if number < len(self.blocks) and not self.blocks[number].reads(start, known, entering):
            del self.blocks[number:]
        if number >= len(self.blocks):
            self.blocks.append(_Block(start, known, entering))
        return self.blocks[number].ran


_kept: list[Beginning] = []
"""The one that was read last."""


def beginning_of(layers: Sequence[Layer], steps: int) -> Beginning:
    """The first steps of whatever is read next, with what is kept of these layers' last reading."""
    fresh = Beginning(layers, steps)
    for last in _kept:
        # Of its own: of two walks at once, each tells for itself whether it reads the same.
        if (last.layers, last.steps, last.weights) == (fresh.layers, steps, fresh.weights):
            fresh.blocks = list(last.blocks)
    _kept[:] = [fresh]
    return fresh


def _state_of(layers: Sequence[Layer]) -> tuple[tuple[int, int], ...]:
    """What becomes another when the weights do."""
    return tuple(
        (part.data_ptr(), part._version) for layer in layers for part in layer.parameters()
    )
