"""What the file of a classifier of version 1 says; today's are described as any network is."""

from __future__ import annotations

from typing import Any

import msgspec

from rnnviz.core.architectures import short_title
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import (
    Embedding,
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    Readout,
    SequenceDescription,
    Symbols,
)
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription

WORDS = "unicode-words"
"""What version 1 calls words that are cut by Unicode's rules."""
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
    findings: tuple[dict[str, object], ...] = ()
    """Units that follow what a text is, with their scores; the window opens on the first."""
    training: dict[str, object] = {}
    """A summary for people."""
    version: int = 1

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

    def today(self) -> SequenceDescription:
        """The same network as version 2 describes it.

        Raises:
            ModelFileError: it has no such form.
        """
        return SequenceDescription(
            task=self.task,
            network=classifier_network(
                symbols_of(self.tokens),
                self.classes,
                LayerDescription(
                    architecture=self.architecture,
                    units=self.units,
                    direction="both" if self.bidirectional else "forward",
                ),
                layers=self.layers,
                embedding=self.embedding,
                readout=self.readout,
            ),
            name=self.name,
            training=self.training,
            findings=self.findings,
            default_text=self.default_text,
        )


def symbols_of(tokens: TokenizerDescription) -> Symbols:
    """What a network with these tokens reads.

    Raises:
        ModelFileError: an unknown kind of tokens.
    """
    unit = {WORDS: "words", "subwords": "subwords", "characters": "characters"}.get(tokens.kind)
    if unit is None:
        raise ModelFileError(
            f"the tokenizer {tokens.kind!r} is unknown here; known are {WORDS}, subwords and "
            "characters"
        )
    return Symbols(
        vocabulary=tokens.tokens,
        unit=unit,  # type: ignore[arg-type]
        lower=tokens.lower,
        tokenizer=tokens.model,
        signs=tokens.signs,
        unknown=SPECIAL[UNKNOWN_ID],
    )


def classifier_network(
    reads: Symbols,
    classes: tuple[str, ...],
    layer: LayerDescription,
    *,
    layers: int,
    embedding: int,
    readout: str,
) -> NetworkDescription:
    """A network of equal layers that says one class of all that it read."""
    width = layer.width
    return NetworkDescription(
        reads=reads,
        front=Embedding(width=embedding) if embedding else OneHot(),
        layers=(layer,) * layers,
        readout=Readout(
            kind=readout,  # type: ignore[arg-type]
            attention_units=width if readout == "attention" else 0,
        ),
        head=Head(outputs=classes),
    )
