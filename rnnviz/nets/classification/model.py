"""The classifier: embedding, recurrent layers in one or both directions, readout, classes."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.core.models.classification import ClassifierDescription
from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.nets.layers.first_weights import draw_first_weights

_EMBEDDING_SCALE = 0.3
"""Standard deviation of a fresh embedding's numbers; those of GloVe have about 0.6."""


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
        assert self.attention is not None
        assert self.attention_query is not None
        scores = self.attention_query(torch.tanh(self.attention(top)))[..., 0]
        weights = scores.masked_fill(filling, -math.inf).softmax(dim=0)
        return (weights[..., None] * top).sum(dim=0), weights

    def judge(self, embedded: Tensor, lengths: Tensor) -> Verdict:
        """The verdict on what entered the first layer, (T, B, E)."""
        top = self.hidden(embedded, lengths)[-1]
        seen, weights = self.read_out(top, lengths)
        return Verdict(self.output(self.dropout(seen)), weights)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The logits (B, C) of documents (T, B) of these lengths (B,)."""
        return self.judge(self.embed(ids), lengths).logits
