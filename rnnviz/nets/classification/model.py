"""The classifier: embedding, recurrent layers in one or both directions, readout, classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.classification import ClassifierDescription
from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.nets.architectures import Layer, architecture_named
from rnnviz.nets.layers.first_weights import draw_first_weights
from rnnviz.nets.layers.weights import built

_EMBEDDING_SCALE = 0.3
"""Standard deviation of a fresh embedding's numbers; those of GloVe have about 0.6."""
_REVERSE = "_reverse"
"""How torch ends the names of the weights that read from the end."""


class Verdict(NamedTuple):
    """What a classifier says of B documents."""

    logits: Tensor
    """(B, C) unnormalised log-probabilities."""
    weights: Tensor | None
    """(T, B) how much the readout looks at each step, 0 at filling; None without attention."""


class Classifier(nn.Module):
    """Reads B documents of unequal lengths and says which class each is.

    ==================  ================================================================
    tensor              axes
    ==================  ================================================================
    ids                 (T, B) integers below V
    embedded            (T, B, E) learned, or (T, B, V) one-hot
    hidden of a layer   (T, B, W), W = U, or 2 U: forward, then backward
    readout             (B, W)
    logits              (B, C)
    ==================  ================================================================

    Documents are packed, so that nothing is computed at filling, and the readout leaves it out:
    what a document is said to be depends on it alone.
    """

    def __init__(
        self,
        description: ClassifierDescription,
        dropout: float = 0.0,
        seed: int = 0,
        *,
        word_dropout: float = 0.0,
        embedding_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.description = description
        size, units, width = len(description.tokens.tokens), description.units, description.width
        entering = description.embedding or size
        self.embedding = nn.Embedding(size, entering) if description.embedding else None
        if not description.facts.torch_module:
            raise ModelFileError(
                f"a classifier is made of layers of torch, and {description.facts.with_article} is "
                "none; choose lstm, gru or rnn"
            )
        module = getattr(nn, description.facts.torch_module)
        self.layers = nn.ModuleList(
            module(width if layer else entering, units, bidirectional=description.bidirectional)
            for layer in range(description.layers)
        )
        attends = description.readout == "attention"
        self.attention = nn.Linear(width, width) if attends else None
        self.attention_query = nn.Linear(width, 1, bias=False) if attends else None
        self.output = nn.Linear(width, len(description.classes))
        self.dropout = nn.Dropout(dropout)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.word_dropout = word_dropout
        self.initialise(seed)

    def initialise(self, seed: int) -> None:
        """Draw all weights anew; see `draw_first_weights`."""
        description = self.description
        draw_first_weights(self, seed, description.facts, description.units, self._bound)
        if self.embedding is not None:
            with torch.no_grad():
                self.embedding.weight.mul_(_EMBEDDING_SCALE)

    def _bound(self, name: str, parameter: Tensor) -> float:
        if ".weight_ih" not in name:
            return 1 / math.sqrt(self.description.width)
        return math.sqrt(3 / (parameter.shape[1] if self.embedding or ".0." not in name else 1))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.output.weight.device

    def directions(self, layer: int) -> tuple[Layer, ...]:
        """This layer as layers that read one way each, forwards first; they share its weights."""
        module, kind = self.layers[layer], architecture_named(self.description.architecture)
        found = []
        for ending in ("", _REVERSE)[: 1 + self.description.bidirectional]:
            own = kind(module.input_size, self.description.units)  # type: ignore[arg-type]
            for name, _ in list(own.named_parameters()):
                setattr(own, name, getattr(module, f"{name}{ending}"))
            found.append(own.eval())
        return tuple(found)

    def embed(self, ids: Tensor) -> Tensor:
        """What enters the first layer, for ids (T, B)."""
        if self.training and self.word_dropout:
            dropped = torch.rand(ids.shape, device=ids.device) < self.word_dropout
            ids = ids.masked_fill(dropped, UNKNOWN_ID)
        if self.embedding is None:
            size = len(self.description.tokens.tokens)
            return functional.one_hot(ids, size).to(self.output.weight.dtype)
        return self.embedding_dropout(self.embedding(ids))

    def hidden(self, embedded: Tensor, lengths: Tensor) -> list[Tensor]:
        """The states (T, B, W) of every layer; at filling they are 0.

        Args:
            embedded: (T, B, E).
            lengths: (B,) on the processor.
        """
        steps, below, found = embedded.shape[0], embedded, []
        for layer in self.layers:
            packed = pack_padded_sequence(below, lengths, enforce_sorted=False)
            given, _ = pad_packed_sequence(layer(packed)[0], total_length=steps)
            found.append(given)
            below = self.dropout(given)
        return found

    def read_out(self, top: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        """What the verdict sees, (B, W), of the states of the top layer (T, B, W).

        Returns:
            also the weights (T, B) of attention, where there is one.
        """
        readout, units = self.description.readout, self.description.units
        there = lengths.to(top.device)
        if readout == "last":
            rows = (there - 1).view(1, -1, 1).expand(1, -1, units)
            ahead = top[..., :units].gather(0, rows)[0]
            return torch.cat([ahead, top[0, :, units:]], dim=1), None
        filling = torch.arange(len(top), device=top.device)[:, None] >= there
        if readout == "mean":
            return top.sum(dim=0) / there[:, None], None
        if readout == "max":
            return top.masked_fill(filling[..., None], -math.inf).amax(dim=0), None
        weights = self.scores(top).masked_fill(filling, -math.inf).softmax(dim=0)
        return (weights[..., None] * top).sum(dim=0), weights

    def scores(self, top: Tensor) -> Tensor:
        """How much attention each state (..., W) asks for, (...), before the softmax."""
        assert self.attention is not None
        assert self.attention_query is not None
        found: Tensor = self.attention_query(torch.tanh(self.attention(top)))
        return found[..., 0]

    def judge(self, embedded: Tensor, lengths: Tensor) -> Verdict:
        """The verdict on what entered the first layer, (T, B, E)."""
        top = self.hidden(embedded, lengths)[-1]
        seen, weights = self.read_out(top, lengths)
        return Verdict(self.output(self.dropout(seen)), weights)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The logits (B, C) of documents (T, B) of these lengths (B,)."""
        return self.judge(self.embed(ids), lengths).logits


def parameter_shapes(description: ClassifierDescription) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter by its name, by arithmetic alone: no memory is taken."""
    facts, units, width = description.facts, description.units, description.width
    size = len(description.tokens.tokens)
    entering = description.embedding or size
    shapes: dict[str, tuple[int, ...]] = {}
    if description.embedding:
        shapes["embedding.weight"] = (size, entering)
    for layer in range(description.layers):
        for name, shape in facts.shapes(width if layer else entering, units).items():
            shapes[f"layers.{layer}.{name}"] = shape
            if description.bidirectional:
                shapes[f"layers.{layer}.{name}{_REVERSE}"] = shape
    if description.readout == "attention":
        shapes["attention.weight"], shapes["attention.bias"] = (width, width), (width,)
        shapes["attention_query.weight"] = (1, width)
    classes = len(description.classes)
    return {**shapes, "output.weight": (classes, width), "output.bias": (classes,)}


def build_classifier(
    description: ClassifierDescription, tensors: Mapping[str, Tensor], file: str
) -> Classifier:
    """The model of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    return built(lambda: Classifier(description), parameter_shapes(description), tensors, file)
