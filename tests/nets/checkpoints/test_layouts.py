"""Checkpoints as other people's programs write them: opened, or refused by name."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.nets.checkpoints import OpenedModel, open_model
from tests.nets.checkpoints.examples import CHARACTERS, Stock, expected, ids, logits

Open = Callable[..., OpenedModel]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Save this with torch and open it."""

    def save_and_open(content: Any, vocabulary: str | None = None) -> OpenedModel:
        torch.save(content, tmp_path / "model.pt")
        return open_model(tmp_path / "model.pt", vocabulary)

    return save_and_open


def agrees(found: OpenedModel, stock: Stock) -> bool:
    known = "".join(found.model.description.vocabulary) == CHARACTERS
    given = ids()
    return known and bool(
        np.allclose(logits(found.model, given), expected(stock, given), atol=1e-5)
    )


def trained() -> tuple[Stock, torch.optim.Optimizer]:
    stock = Stock("lstm", 2, embedding=3)
    optimizer = torch.optim.Adam(stock.parameters())
    stock(ids()).sum().backward()
    optimizer.step()
    return stock, optimizer


def test_a_lightning_checkpoint(opened: Open) -> None:
    stock, optimizer = trained()
    content = {
        "epoch": 3,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": {f"model.{name}": tensor for name, tensor in stock.state_dict().items()},
        "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(1.2)}},
        "optimizer_states": [optimizer.state_dict()],
        "hyper_parameters": {
            "lr": 1e-3,
            "data": pathlib.PurePosixPath("/data"),
            "chars": CHARACTERS,
        },
    }
    assert agrees(opened(content), stock)


VOCABULARIES: dict[str, Any] = {
    "an array of strings": ("vocab", np.array(list(CHARACTERS))),
    "bytes": ("chars", CHARACTERS.encode()),
    "both directions": (
        "meta",
        {
            "stoi": {character: place for place, character in enumerate(CHARACTERS)},
            "itos": dict(enumerate(CHARACTERS)),
        },
    ),
    "numbers as text": ("id2char", {str(n): character for n, character in enumerate(CHARACTERS)}),
    "a tuple": ("tokens", tuple(CHARACTERS)),
    "code points": ("chars", [ord(character) for character in CHARACTERS]),
    "a tensor of code points": ("alphabet", torch.tensor([ord(c) for c in CHARACTERS])),
}


@pytest.mark.parametrize("kind", VOCABULARIES)
def test_characters_beside_the_weights(kind: str, opened: Open) -> None:
    stock, optimizer = trained()
    key, value = VOCABULARIES[kind]
    content = {"optimizer": optimizer.state_dict(), "net": stock.state_dict(), key: value}
    assert agrees(opened(content), stock)


@pytest.mark.parametrize(("key", "value"), [("lengths", [97, 98, 99, 10]), ("chars", [3, 1, 0, 2])])
def test_other_numbers_are_no_characters(key: str, value: list[int], opened: Open) -> None:
    with pytest.raises(VocabularyNeeded):
        opened({"net": trained()[0].state_dict(), key: value})


def test_tied_weights_kept_once(opened: Open) -> None:
    stock = Stock("lstm", 1, 3, embedding=3)
    assert stock.embed is not None
    stock.fc.weight = stock.embed.weight
    assert agrees(opened(stock.state_dict(), CHARACTERS), stock)
    once = {name: tensor for name, tensor in stock.state_dict().items() if name != "fc.weight"}
    found = opened(once, CHARACTERS)
    assert agrees(found, stock)
    assert "weights are tied" in found.notes[0]


def test_weights_that_are_computed_from_others_are_refused(opened: Open) -> None:
    stock = Stock("lstm", 1, embedding=3)
    nn.utils.parametrizations.weight_norm(stock.rnn, "weight_hh_l0")
    with pytest.raises(ModelFileError, match="remove that where the model was made"):
        opened(stock.state_dict(), CHARACTERS)
    raw = {
        name.replace("weight_hh_l0", "weight_hh_l0_raw"): tensor
        for name, tensor in trained()[0].state_dict().items()
    }
    with pytest.raises(ModelFileError, match="weight_hh_l0_raw"):
        opened(raw, CHARACTERS)


@pytest.mark.parametrize("kind", ["<U9999", "O", "V8"])
def test_arrays_of_other_types_are_refused(kind: str, opened: Open) -> None:
    with pytest.raises(ModelFileError):
        opened({"net": trained()[0].state_dict(), "vocab": np.zeros(4, kind)})
