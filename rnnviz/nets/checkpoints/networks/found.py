"""A network as it was found in a file: whole, but for the names of its symbols and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from rnnviz.core.models.network import (
    Dense,
    FrontEnd,
    LayerDescription,
    Readout,
    Windows,
    repeated_in_words,
)

Purpose = Literal["language", "classifier", "tagger", "numbers"]
Normalisation = Literal["", "layer", "rms"]
Gives = Literal["softmax", "sigmoid", "linear"]


@dataclass(frozen=True)
class UnnamedNetwork:
    """A network without the names of what it reads and gives: every tensor has found its place."""

    front: FrontEnd
    symbols: bool
    """Whether it reads symbols, by their ids, and not rows of numbers."""
    reads: int
    """V symbols, or F numbers a step."""
    layers: tuple[LayerDescription, ...]
    readout: Readout
    hidden: tuple[Dense, ...]
    gives: Gives
    outputs: int
    tensors: Mapping[str, Tensor]
    """By the names of `core.models.network.parameter_shapes`."""
    notes: tuple[str, ...] = ()
    """Sentences about anything that was assumed."""
    normalisation: Normalisation = ""
    """Of what is read out, before the head."""
    masked: bool = False
    """Whether it passes over steps of the symbol 0."""
    windows: Windows | None = None
    """How it reads, where its state does not go on."""
    padded: bool = False
    """Whether the symbol 0 fills windows at the beginning, if it stands for nothing."""


@dataclass(frozen=True, kw_only=True)
class FoundNetwork(UnnamedNetwork):
    """A network without names, and what it is for."""

    purpose: Purpose
    title: str = ""
    """What tells this reading from the others of the same tensors, for people."""
    asked: bool = False
    """Whether a person has to say that it is so."""
    question: str = ""
    """What is to be decided, where it is not whether several modules are one stack."""
    asked_without_symbols: bool = False
    """Whether nothing has to be asked where a list of just as many symbols is at hand."""

    def summary(self) -> str:
        """One phrase for people: `an LSTM of 2 layers of 256 units over 84 symbols`."""
        first = self.layers[0]
        alike = {(one.architecture, one.units, one.direction) for one in self.layers}
        count = len(self.layers)
        if len(alike) == 1:
            ways = ", both ways," if first.direction == "both" else ""
            plural = "s" if count > 1 else ""
            units = f"{first.units:,} units{ways}"
            stack = f"{first.facts.with_article} of {count} layer{plural} of {units}"
        else:
            named = [f"{one.facts.short} {one.units:,}" for one in self.layers]
            stack = "layers " + " → ".join(repeated_in_words(named))
        what = "symbols" if self.symbols else "numbers"
        over = f" over {self.reads:,} {what}"
        if self.purpose in ("classifier", "tagger"):
            over += (
                f" that says one of {self.outputs:,}"
                if self.outputs > 1
                else " that says yes or no"
            )
        return f"{stack}{over}"
