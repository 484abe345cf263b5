"""Small random models for the tests of nets, and a walk by hand to compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.architectures.base import Layer, LayerState, Stepped
from rnnviz.nets.language.model import LanguageModel

CELLS = {"RNN": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}
VOCABULARY = tuple("\n abcde")


def small_model(
    architecture: str = "lstm",
    *,
    layers: int = 2,
    units: int = 6,
    skip: bool = False,
    embedding: int = 0,
    vocabulary: tuple[str, ...] = VOCABULARY,
    seed: int = 0,
    spread: float = 2.0,
) -> LanguageModel:
    """An untrained model in evaluation mode; `spread` widens its weights, so that gates move."""
    description = ModelDescription(
        architecture=architecture,
        layers=layers,
        units=units,
        vocabulary=vocabulary,
        embedding=embedding,
        skip=skip,
        name="small",
    )
    model = LanguageModel(description, seed=seed).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(spread)
    return model


def random_text(length: int, characters: str = "".join(VOCABULARY), seed: int = 0) -> str:
    """So many characters drawn at random."""
    chosen = np.random.default_rng(seed).integers(0, len(characters), length)
    return "".join(characters[i] for i in chosen)


def stepping(layer: Layer) -> Callable[[Tensor, LayerState], tuple[Tensor, LayerState]]:
    """One step of a layer: by torch's own cell with its weights, or the layer's equations."""
    if layer.facts.torch_module not in CELLS:
        return lambda inputs, state: _first(layer.step(inputs, state))
    cell = CELLS[layer.facts.torch_module](layer.inputs, layer.units)
    cell.load_state_dict({name: getattr(layer, f"{name}_l0") for name in cell.state_dict()})

    def step(inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        after = cell(inputs, state if len(state) > 1 else state[0])
        parts = after if len(state) > 1 else (after,)
        return parts[0], parts

    return step


def _first(stepped: Stepped) -> tuple[Tensor, LayerState]:
    return stepped.channels["hidden"], stepped.state


def walk_by_cells(model: LanguageModel, text: str) -> dict[str, npt.NDArray[np.float32]]:
    """`hidden`, the last part of the state, `surprisal`, `top_ids` and `top_p`, step by step."""
    steps = [stepping(layer) for layer in model.recurrent]
    state = list(model.zero_state(1))
    size = len(model.symbols)
    found: dict[str, list[Any]] = {
        name: [] for name in ("hidden", "cell", "surprisal", "top_ids", "top_p")
    }
    expected: Tensor | None = None
    hidden = [torch.zeros(1, layer.units) for layer in model.recurrent]
    top_p, top_ids = np.zeros(5, np.float32), np.zeros(5, np.int64)
    with torch.no_grad():
        for number in model.characters().encode(text):
            surprisal = np.nan
            if number != UNKNOWN:
                if expected is not None:
                    surprisal = -np.log2(float(expected[number]))
                embedded = model.embed(torch.tensor([number]))
                hidden = []
                for layer, step in enumerate(steps):
                    inputs = model.layer_input(layer, embedded, hidden)
                    below, state[layer] = step(inputs, state[layer])
                    hidden.append(below)
                expected = torch.softmax(model.answers(hidden)[0].double(), dim=0)
                order = np.argsort(-expected.numpy(), kind="stable")[:5]
                top_ids[: min(5, size)], top_p[: min(5, size)] = order, expected.numpy()[order]
            found["hidden"].append(np.concatenate([given[0].numpy() for given in hidden]))
            if not model.recurrent[0].facts.grows:
                found["cell"].append(np.concatenate([s[-1][0].numpy() for s in state]))
            found["surprisal"].append(np.float32(surprisal))
            found["top_ids"].append(top_ids.copy())
            found["top_p"].append(top_p.copy())
    arrays = {name: np.stack(parts) for name, parts in found.items() if parts}
    return {**arrays, **{name: arrays[name].T for name in ("hidden", "cell") if name in arrays}}
