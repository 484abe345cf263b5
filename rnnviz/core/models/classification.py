"""What a classifier says about itself; read without torch, for the window's lists."""

from __future__ import annotations

from typing import Any

import msgspec

from rnnviz.core.architectures import ArchitectureFacts, facts_of, short_title
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.translation import SPECIAL, TokenizerDescription

CLASSIFICATION = "classification"
READOUTS = ("last", "mean", "max", "attention")
_LARGEST = 65536


class ClassifierDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A network that reads a text and says which of some classes it is."""

    architecture: str
    """A name of `core.architectures.ARCHITECTURES`."""
    layers: int
    units: int
    """U of every layer, in each direction."""
    embedding: int
    """E, the width of the learned embedding; 0 means one-hot input."""
    tokens: TokenizerDescription
    classes: tuple[str, ...]
    bidirectional: bool = True
    readout: str = "last"
    """What the verdict sees of the states of the top layer: the `last` one of each direction, their
    `mean`, the `max` of each unit, or their mean weighted by `attention` (Yang et al. 2016)."""
    task: str = CLASSIFICATION
    name: str = ""
    default_text: str = ""
    """The name of the sample text in `resources/texts` that suits this model."""
    findings: tuple[dict[str, Any], ...] = ()
    """Units that follow what a text is, with their scores; the window opens on the first."""
    training: dict[str, Any] = {}
    """A summary for people."""
    version: int = 1

    @property
    def facts(self) -> ArchitectureFacts:
        """What there is to know of its layers.

        Raises:
            ModelFileError: the architecture is unknown here.
        """
        return facts_of(self.architecture)

    @property
    def width(self) -> int:
        """What a layer gives at a step: U, or 2 U where it reads both ways."""
        return self.units * (2 if self.bidirectional else 1)

    @property
    def total_units(self) -> int:
        """N: the units of all layers, in each direction."""
        return self.layers * self.width

    @property
    def summary(self) -> str:
        """What it is, in a phrase for people."""
        ways = ", both ways" if self.bidirectional else ""
        return f"{short_title(self.architecture)}, {self.layers} × {self.units} units{ways}"

    def check(self, name: str) -> None:
        """Refuse sizes and settings that make no sense; `name` is the file's.

        Raises:
            ModelFileError: naming what is wrong.
        """
        sizes = (self.layers, self.units)
        if not (all(1 <= n <= _LARGEST for n in sizes) and 0 <= self.embedding <= _LARGEST):
            raise ModelFileError(
                f"{name} claims {self.layers} layers of {self.units} units and an embedding of "
                f"{self.embedding}; the description is damaged"
            )
        if self.readout not in READOUTS:
            raise ModelFileError(
                f"{name} has the readout {self.readout!r}; known are {', '.join(READOUTS)}"
            )
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ModelFileError(
                f"{name} names {len(self.classes)} classes, {len(set(self.classes))} of them "
                "different; there must be two or more, each with a name of its own"
            )
        known = self.tokens.tokens
        if known[: len(SPECIAL)] != SPECIAL or len(known) <= len(SPECIAL):
            raise ModelFileError(
                f"the vocabulary of {name} does not begin with {', '.join(SPECIAL)} and tokens "
                "after them; the description is damaged"
            )
