"""The encoder: a sentence becomes one state a token, the annotations that attention reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.architectures import Layer, architecture_named
from rnnviz.nets.sequence.embedding import new_embedding


@dataclass(frozen=True)
class Memory:
    """What the decoder knows of B source sentences of at most S tokens."""

    states: Tensor
    """(B, S, C) annotations; zero at padding."""
    keys: Tensor
    """(B, S, A) the annotations as the attention compares them."""
    padding: Tensor
    """(B, S) True where there is no token."""
    finals: tuple[Tensor, ...]
    """(B, C) the last hidden state of every layer; of both directions, side by side."""

    def select(self, rows: Tensor) -> Memory:
        """The sentences of these rows, in this order."""
        return Memory(
            self.states[rows],
            self.keys[rows],
            self.padding[rows],
            tuple(final[rows] for final in self.finals),
        )


class Encoder(nn.Module):
    """Recurrent layers over the source, in one or both directions (Bahdanau et al. 2015, 3.2).

    Each direction of each layer is a fused module of its own. The backward one reads every sentence
    reversed within its own length, so that padding always comes last and no state ever sees it.
    """

    def __init__(self, description: TranslationDescription, dropout: float = 0.0) -> None:
        super().__init__()
        self.architecture = architecture_named(description.architecture)
        self.units = description.units
        self.embedding = new_embedding(len(description.source.tokens), description.embedding)
        widths = [description.embedding] + [description.context_width] * (description.layers - 1)
        make = self.architecture
        self.forwards = nn.ModuleList(make(width, self.units) for width in widths)
        self.backwards = nn.ModuleList(
            make(width, self.units) for width in (widths if description.bidirectional else ())
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Annotations (S, B, C) of ids (S, B), and the last hidden state of every layer, (B, C)."""
        steps = torch.arange(ids.shape[0], device=ids.device).unsqueeze(1)  # (S, 1)
        inside = (steps < lengths).unsqueeze(2)  # (S, B, 1)
        mirror = torch.where(steps < lengths, lengths - 1 - steps, steps)  # (S, B)
        ends = (lengths - 1, torch.arange(ids.shape[1], device=ids.device))
        below = self.dropout(self.embedding(ids))
        finals = []
        for layer, module in enumerate(self.forwards):
            if layer:
                below = self.dropout(below)
            hidden = self._run(module, below)
            final = hidden[ends]
            if self.backwards:
                back = self._run(self.backwards[layer], reverse(below, mirror))
                final = torch.cat([final, back[ends]], dim=1)
                hidden = torch.cat([hidden, reverse(back, mirror)], dim=2)
            finals.append(final)
            below = hidden * inside
        return below, tuple(finals)

    def _run(self, module: nn.Module, inputs: Tensor) -> Tensor:
        """Hidden states (S, B, U) from a state of zeros."""
        hidden, _ = module(inputs, cast(Layer, module).zero_state(inputs.shape[1]))
        return hidden


def reverse(values: Tensor, mirror: Tensor) -> Tensor:
    """Values (S, B, W) with each sentence turned around, by the places (S, B) of its tokens."""
    return values.gather(0, mirror.unsqueeze(2).expand_as(values))
