"""How other frameworks name a recurrent layer and in which order they keep its gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnviz.core.architectures import ArchitectureFacts
from rnnviz.core.architectures.facts import Setting


@dataclass(frozen=True)
class GateLayout:
    """A kind of layer as another framework lays it out."""

    facts: ArchitectureFacts
    named: tuple[str, ...]
    """What the other framework calls it."""
    gates: tuple[str, ...]
    """The channels that its blocks of weights compute, in its order."""

    @property
    def blocks(self) -> int:
        """How many blocks of U the weights have."""
        return len(self.gates)

    def ordered(self, rows: Tensor) -> Tensor:
        """Rows (blocks * U, ...) in the order that our layers have."""
        if self.gates == self.facts.row_gates:
            return rows
        blocks = dict(zip(self.gates, rows.chunk(self.blocks), strict=True))
        return torch.cat([blocks[gate] for gate in self.facts.row_gates])

    def variant(self, activation: str, gates: str, reset_after: bool) -> dict[str, Setting]:
        """These settings, as far as this kind of layer has them."""
        settings: Mapping[str, Setting] = {
            "activation": activation, "gates": gates, "reset_after": reset_after,
        }  # fmt: skip
        return {name: value for name, value in settings.items() if name in self.facts.variants}
