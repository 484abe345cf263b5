"""Of which kind a network is that a description of version 2 describes, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rnnviz.core.kinds.kind import ModelKind
from rnnviz.core.models.network import (
    AsRead,
    Convolution,
    Embedding,
    Frames,
    Linear,
    NetworkDescription,
    Numbers,
    OneHot,
    SequenceDescription,
    Stored,
    Symbols,
    stack_in_words,
)
from rnnviz.core.system.ready_types import ready

_SEEN = {
    "every": "every state",
    "last": "the last state",
    "mean": "the mean of all states",
    "max": "the maximum of each unit",
    "attention": "what attention weighs",
    "window": "the last {steps} states side by side",
}
_NAMED = 8
"""So many outputs are named; of more, how many there are."""


def kind_of_network(network: NetworkDescription) -> str:
    """The key of the kind that a network is of, by what it reads and what comes out of it."""
    if network.head.gives == "linear":
        return "numbers-model"
    if not network.answers_each:
        return "classifier"
    return "language-model" if network.predicts_next else "tagger"


def network_lines(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What `rnnviz info` says of a network, by its description as plain JSON."""
    network = msgspec.convert(about, ready(SequenceDescription)).network
    outputs, head = network.head.outputs, network.head
    named = ", ".join(outputs) if len(outputs) <= _NAMED else f"{len(outputs):,}"
    says = {"softmax": "one of", "sigmoid": "any of", "linear": "numbers:"}[head.gives]
    if outputs == network.symbols:
        named, says = "what is read", "the next of"
    below = " → ".join(["", *(f"{dense.units} {dense.activation}" for dense in head.hidden)])
    seen = _SEEN[network.readout.kind].format(steps=network.readout.steps)
    if network.readout.steps == 1:
        seen = "what stands at the last step"
    if (windows := network.windows) is not None:
        filled = ", filled up at the beginning" if windows.padding else ""
        seen += f" of each window of {windows.steps:,}, read from an empty state{filled}"
    return [
        ("network", stack_in_words(network)),
        ("input", f"{_reads(network)}, {_front(network)}"),
        ("output", f"from {seen}{below}: {says} {named}"),
    ]


def unit_of(kind: ModelKind, about: Mapping[str, Any]) -> str:
    """What a loss of a model is the mean over, for people, by its description as plain JSON."""
    reads = about["network"]["reads"] if "network" in about else {}
    if kind.predicts_next and reads.get("unit", "characters") != "characters":
        return unit_in_words(reads["unit"])
    return kind.unit


def unit_in_words(unit: str) -> str:
    """One of a kind of symbols; halves of characters are told as such.

    >>> unit_in_words("subwords"), unit_in_words("halves")
    ('subword', 'character')
    """
    return "character" if unit == "halves" else unit.removesuffix("s")


def _reads(network: NetworkDescription) -> str:
    match network.reads:
        case Symbols(vocabulary=vocabulary, unit=unit):
            return f"{len(vocabulary):,} {unit}"
        case Numbers(columns=columns):
            return f"{len(columns)} numbers ({', '.join(columns[:_NAMED])})"
        case Frames(height=height, width=width):
            return f"frames of {width} × {height}"


def _front(network: NetworkDescription) -> str:
    match network.front:
        case OneHot():
            return "one-hot"
        case AsRead():
            return "as they are"
        case Embedding(width=width):
            # One is not learned in the usual first lesson on writing: the id itself, scaled.
            return f"{width} numbers each, learned" if width > 1 else "one number each"
        case Linear(width=width, activation=activation):
            return f"through a {activation} layer of {width}"
        case Convolution(channels=channels):
            return f"through {len(channels)} convolutions"
        case Stored(width=width, made_by=made_by):
            return f"{width} features{f' of {made_by}' if made_by else ''}"
