"""The classifier: a network that reads a sequence whole and says which of some classes it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnviz.core.models.network import Described, NetworkDescription
from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.nets.sequence.network import SequenceNetwork, build_as
from rnnviz.nets.walking.outcomes import class_logits, class_names, class_shares

_EMBEDDING_SCALE = 0.3
"""Standard deviation of a fresh embedding's numbers; those of GloVe have about 0.6."""


class Verdict(NamedTuple):
    """What a classifier says of B documents."""

    logits: Tensor
    """(B, C) unnormalised log-probabilities."""
    weights: Tensor | None
    """(T, B) how much the readout looks at each step, 0 at filling; None without attention."""


class Classifier(SequenceNetwork):
    """Reads B documents of unequal lengths and says which class each is; answers are (B, O).

    What a document is said to be depends on it alone, not on what it is read beside.
    """

    def __init__(
        self,
        description: Described | NetworkDescription,
        dropout: float = 0.0,
        seed: int | None = 0,
        *,
        word_dropout: float = 0.0,
        embedding_dropout: float = 0.0,
    ) -> None:
        super().__init__(description, dropout, seed)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.word_dropout = word_dropout

    def initialise(self, seed: int) -> None:
        """Draw all weights anew."""
        super().initialise(seed)
        if self.embedding is not None:
            with torch.no_grad():
                self.embedding.weight.mul_(_EMBEDDING_SCALE)

    def _bound(self, name: str, parameter: Tensor, place: int) -> float:
        if ".weight_ih" not in name:
            return 1 / math.sqrt(self.network.layers[place].width)
        one_hot = place == 0 and self.embedding is None and self.front is None
        return math.sqrt(3 / (1 if one_hot else parameter.shape[1]))

    @property
    def classes(self) -> tuple[str, ...]:
        """By name."""
        return class_names(self.network.head)

    def embed(self, read: Tensor) -> Tensor:
        """What enters the first layer; in training some of it is left out."""
        if self.training and self.word_dropout and self.network.symbols:
            dropped = torch.rand(read.shape, device=read.device) < self.word_dropout
            read = read.masked_fill(dropped, UNKNOWN_ID)
        front = super().embed(read)
        return front if self.embedding is None else self.embedding_dropout(front)

    def judge(self, front: Tensor, lengths: Tensor) -> Verdict:
        """The verdict on what entered the first layer, (T, B, E), of these lengths (B,)."""
        there = lengths.to(front.device)
        given, _ = self.run_layers(front, None, there)
        weights = None
        if self.network.readout.kind == "attention":
            weights = self.attention(self.seen(given), there)
        return Verdict(class_logits(self.network.head, self.answers(given, there)), weights)

    def shares(self, answers: Tensor) -> Tensor:
        """The probability (..., C) of each class."""
        return class_shares(self.network.head, answers)

    def log_odds(self, logits: Tensor, class_number: int) -> Tensor:
        """Log p / (1 - p) of a class, (...), for logits (..., C)."""
        if self.network.head.gives == "sigmoid" and len(self.network.head.outputs) > 1:
            return logits[..., class_number]
        others = [each for each in range(logits.shape[-1]) if each != class_number]
        return logits[..., class_number] - logits[..., others].logsumexp(dim=-1)


def build_classifier(
    description: Described, tensors: Mapping[str, Tensor], file: str
) -> Classifier:
    """The model of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    named = {_name_of_today(name): tensor for name, tensor in tensors.items()}
    return build_as(Classifier, description, named, file)


def _name_of_today(name: str) -> str:
    """The name of a parameter; version 1 called those backwards and of attention otherwise."""
    part, _, rest = name.partition(".")
    if part == "layers" and rest.endswith("_reverse"):
        return f"backwards.{rest.removesuffix('_reverse')}"
    renamed = {"attention": "readout.key", "attention_query": "readout.score"}
    return f"{renamed[part]}.{rest}" if part in renamed else name
