"""The units that a model will have in a recording, before it is walked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rnnviz.core.recordings.groups import Group, layers_of


class Stack(Protocol):
    """A description of layers of one width; where it has `bidirectional`, they may read both ways."""

    @property
    def architecture(self) -> str:
        """Of all layers."""
        ...

    @property
    def layers(self) -> int:
        """How many."""
        ...

    @property
    def units(self) -> int:
        """U of each, in each direction."""
        ...


def groups_of(description: Stack, channels: Sequence[str]) -> tuple[Group, ...]:
    """The groups of rows of a model, bottom layer first; what reads backwards after its layer."""
    found: tuple[Group, ...] = ()
    for layer in range(description.layers):
        same = (1, description.units, channels, description.architecture)
        found += layers_of(*same, first=layer)
        if getattr(description, "bidirectional", False):
            found += layers_of(*same, first=layer, direction="backward")
    return found
