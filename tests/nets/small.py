"""Small random models for the tests of nets, and a walk by hand to compare with."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.architectures import Architecture
from rnnviz.nets.language.model import CharacterLanguageModel

CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
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
) -> CharacterLanguageModel:
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
    model = CharacterLanguageModel(description, seed=seed).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(spread)
    return model


def random_text(length: int, characters: str = "".join(VOCABULARY), seed: int = 0) -> str:
    """So many characters drawn at random."""
    chosen = np.random.default_rng(seed).integers(0, len(characters), length)
    return "".join(characters[i] for i in chosen)


def cell_of(module: nn.RNNBase, architecture: type[Architecture]) -> nn.RNNCellBase:
    """Torch's single-step cell with the weights of a fused layer."""
    cell = CELLS[architecture.facts.name](module.input_size, module.hidden_size)
    cell.load_state_dict({name: getattr(module, f"{name}_l0") for name in cell.state_dict()})
    return cell


def walk_by_cells(model: CharacterLanguageModel, text: str) -> dict[str, npt.NDArray[np.float32]]:
    """`hidden`, `cell`, `surprisal`, `top_ids` and `top_p` by single steps of torch's cells."""
    lstm = model.description.architecture == "lstm"
    cells = [
        cell_of(module, model.architecture)
        for module in cast("list[nn.RNNBase]", list(model.layers))
    ]
    state = list(model.zero_state(1))
    size = len(model.description.vocabulary)
    found: dict[str, list[Any]] = {
        name: [] for name in ("hidden", "cell", "surprisal", "top_ids", "top_p")
    }
    expected: Tensor | None = None
    top_p, top_ids = np.zeros(5, np.float32), np.zeros(5, np.int64)
    with torch.no_grad():
        for number in model.description.characters().encode(text):
            surprisal = np.nan
            if number != UNKNOWN:
                if expected is not None:
                    surprisal = -np.log2(float(expected[number]))
                embedded = below = model.embed(torch.tensor([number]))
                for layer, cell in enumerate(cells):
                    inputs = model.layer_input(layer, embedded, below)
                    after = cell(inputs, state[layer] if lstm else state[layer][0])
                    state[layer] = after if lstm else (after,)
                    below = state[layer][0]
                expected = torch.softmax(model.logits([s[0] for s in state])[0].double(), dim=0)
                order = np.argsort(-expected.numpy(), kind="stable")[:5]
                top_ids[: min(5, size)], top_p[: min(5, size)] = order, expected.numpy()[order]
            found["hidden"].append(np.concatenate([s[0][0].numpy() for s in state]))
            found["cell"].append(np.concatenate([s[-1][0].numpy() for s in state]))
            found["surprisal"].append(np.float32(surprisal))
            found["top_ids"].append(top_ids.copy())
            found["top_p"].append(top_p.copy())
    arrays = {name: np.stack(parts) for name, parts in found.items()}
    return {**arrays, "hidden": arrays["hidden"].T, "cell": arrays["cell"].T}
