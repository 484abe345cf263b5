"""The character language model: embedding, recurrent layers, softmax over the next character."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.nets.architectures import Layer, LayerState, architecture_named
from rnnviz.nets.layers.first_weights import draw_first_weights
from rnnviz.nets.layers.weights import built

State = tuple[LayerState, ...]
"""One state a layer, bottom layer first."""


class CharacterLanguageModel(nn.Module):
    """Predicts the next character from all that came before.

    ==================  ==============================================================
    tensor              axes
    ==================  ==============================================================
    ids                 (T, B) integers below V
    embedded            (T, B, V) one-hot, or (T, B, E) learned
    hidden of a layer   (T, B, U)
    logits              (T, B, V)
    ==================  ==============================================================

    With `skip`, the embedded character also enters every layer above the first, and the output
    sees the hidden states of all layers (Graves 2013, equations 1 to 5).
    """

    def __init__(self, description: ModelDescription, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        self.description = description
        self.architecture = architecture_named(description.architecture)
        size = len(description.vocabulary)
        width = description.embedding or size
        units, skip = description.units, description.skip
        self.embedding = nn.Embedding(size, width) if description.embedding else None
        self.layers = nn.ModuleList(
            self.architecture(width if layer == 0 else units + skip * width, units)
            for layer in range(description.layers)
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(units * (description.layers if skip else 1), size)
        self.initialise(seed)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.output.weight.device

    def initialise(self, seed: int) -> None:
        """Draw all weights anew; see `draw_first_weights`.

        The weights of what enters a layer are as large as it takes to move its units by about one,
        and gates by two: with torch's own ±1/sqrt(U) a character hardly moves them at first, and an
        LSTM of 128 units needs four times the steps to the same loss. All else is uniform in
        ±1/sqrt(U).
        """
        draw_first_weights(self, seed, self.description.facts, self.description.units, self._bound)

    def _bound(self, name: str, parameter: Tensor) -> float:
        """The largest number that a uniform parameter starts with."""
        if ".weight_ih" not in name:
            return 1 / math.sqrt(self.description.units)
        moved = 2.0 if self.architecture.facts.gated else 1.0
        if name.startswith("layers.0."):
            return moved * math.sqrt(3 / (parameter.shape[1] if self.embedding else 1))
        # Hidden states of a fresh layer are some third of one.
        return moved * 1.5 / math.sqrt(parameter.shape[1])

    @property
    def recurrent(self) -> tuple[Layer, ...]:
        """The layers, bottom layer first."""
        return tuple(cast("Iterable[Layer]", self.layers))

    def set_mixed_precision(self, mixed: bool) -> None:
        """Let the layers round what enters a matrix product to bfloat16, where they can."""
        for layer in self.recurrent:
            layer.mixed_precision = mixed

    def zero_state(self, batch: int) -> State:
        """The state of B streams before any character."""
        return tuple(layer.zero_state(batch) for layer in self.recurrent)

    def embed(self, ids: Tensor) -> Tensor:
        """What enters the first layer, (..., V) one-hot or (..., E) learned, for ids (...)."""
        if self.embedding is not None:
            return self.embedding(ids)
        size = len(self.description.vocabulary)
        return functional.one_hot(ids.long(), size).to(self.output.weight.dtype)

    def layer_input(self, layer: int, embedded: Tensor, below: Tensor) -> Tensor:
        """What enters this layer: the layer below, with the embedded character if `skip`."""
        if layer == 0:
            return embedded
        return torch.cat([below, embedded], dim=-1) if self.description.skip else below

    def logits(self, hidden: Sequence[Tensor]) -> Tensor:
        """Unnormalised log-probabilities (..., V) from the hidden states (..., U) of all layers."""
        top = torch.cat(list(hidden), dim=-1) if self.description.skip else hidden[-1]
        return self.output(self.dropout(top))

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits (T, B, V) for the character after each of ids (T, B), and the state after them."""
        embedded = self.embed(ids)
        below, hidden, after = embedded, [], []
        for layer, module in enumerate(self.layers):
            inputs = self.layer_input(layer, embedded, below)
            given, last = module(inputs, state[layer])
            after.append(last)
            hidden.append(given)
            below = self.dropout(given)
        return self.logits(hidden), tuple(after)


def parameter_shapes(description: ModelDescription) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter by its name, by arithmetic alone: no memory is taken."""
    facts = description.facts
    size, units = len(description.vocabulary), description.units
    width = description.embedding or size
    shapes: dict[str, tuple[int, ...]] = {}
    if description.embedding:
        shapes["embedding.weight"] = (size, width)
    for layer in range(description.layers):
        inputs = width if layer == 0 else units + description.skip * width
        for name, shape in facts.shapes(inputs, units).items():
            shapes[f"layers.{layer}.{name}"] = shape
    seen = description.layers if description.skip else 1
    return {**shapes, "output.weight": (size, units * seen), "output.bias": (size,)}


def build_language_model(
    description: ModelDescription, tensors: Mapping[str, Tensor], file: str
) -> CharacterLanguageModel:
    """The model of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    return built(
        lambda: CharacterLanguageModel(description), parameter_shapes(description), tensors, file
    )


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in model.parameters())
