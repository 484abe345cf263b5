"""Checkpoints as other people's programs write them: opened, or refused by name."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
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


def test_raw_weights_of_weight_dropout_are_taken(opened: Open) -> None:
    stock = Stock("lstm", 2, embedding=3)
    raw = {}
    for name, tensor in stock.state_dict().items():
        if "weight_hh" in name:
            raw[f"{name}_raw"] = tensor
            raw[name] = nn.functional.dropout(tensor, 0.5)
        else:
            raw[name] = tensor
    found = opened(raw, CHARACTERS)
    assert agrees(found, stock)
    assert "taken from rnn.weight_hh_l0_raw" in found.notes[0]


def test_an_averaged_model(opened: Open) -> None:
    stock = Stock("lstm", 2, embedding=3)
    averaged = torch.optim.swa_utils.AveragedModel(stock)
    averaged.update_parameters(stock)
    assert agrees(opened(averaged.state_dict(), CHARACTERS), stock)


HARMLESS: dict[str, Any] = {
    "numpy strings as keys": {np.str_(c): n for n, c in enumerate(CHARACTERS)},
    "numpy numbers": {c: np.int64(n) for n, c in enumerate(CHARACTERS)},
    "bytes as items": [c.encode() for c in CHARACTERS],
    "bytes as keys": {c.encode(): n for n, c in enumerate(CHARACTERS)},
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_harmless_is_read(kind: str, opened: Open) -> None:
    stock = Stock("lstm", embedding=3)
    beside = {
        "seen": Counter("abca"),
        "when": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        "where": pathlib.PurePosixPath("/data"),
        ("a", 1): {"nested": (1, (2, 3))},
        "once": frozenset("ab"),
    }
    assert agrees(opened({"net": stock.state_dict(), "vocab": HARMLESS[kind], **beside}), stock)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_what_pickle_dump_wrote(protocol: int, tmp_path: Path) -> None:
    stock = Stock("lstm", 2, embedding=3)
    content = {"net": stock.state_dict(), "chars": CHARACTERS}
    raw = pickle.dumps(content, protocol)
    (tmp_path / "m.pkl").write_bytes(raw)
    assert agrees(open_model(tmp_path / "m.pkl"), stock)
    (tmp_path / "cut.pkl").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ModelFileError):
        open_model(tmp_path / "cut.pkl")


def test_an_optimiser_alone_is_called_that(opened: Open) -> None:
    with pytest.raises(ModelFileError, match=r"an optimiser alone \(Adam over 11 parameters\)"):
        opened(trained()[1].state_dict())


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_quantised_weights_are_called_that(opened: Open) -> None:
    state = dict(Stock("lstm", embedding=3).state_dict())
    state["fc.weight"] = torch.quantize_per_tensor(state["fc.weight"], 0.1, 0, torch.qint8)
    with pytest.raises(ModelFileError, match=r"are quantised .* before it was quantised"):
        opened(state)


def test_parts_that_lie_apart_are_put_together(opened: Open) -> None:
    stock = Stock("lstm", embedding=3)
    assert stock.embed is not None
    content = {"rnn": stock.rnn.state_dict(), "embed": stock.embed.state_dict(),
               "fc": stock.fc.state_dict()}  # fmt: skip
    assert agrees(opened(content, CHARACTERS), stock)


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_shards_are_put_together_or_named(ending: str, tmp_path: Path) -> None:
    stock = Stock("lstm", 2, embedding=3)
    state = dict(stock.state_dict())
    names, files = list(state), [f"model-0000{n}-of-00002.{ending}" for n in (1, 2)]
    for file, part in zip(files, (names[:5], names[5:]), strict=True):
        tensors = {name: state[name] for name in part}
        save = save_file if ending == "safetensors" else torch.save
        save(tensors, tmp_path / file)
    index = tmp_path / f"model.{ending}.index.json"
    index.write_text(json.dumps({"weight_map": {n: files[n in names[5:]] for n in names}}))
    for opened_by in (*files, index.name, "."):
        assert agrees(open_model(tmp_path / opened_by, CHARACTERS), stock)
    (tmp_path / files[0]).unlink()
    with pytest.raises(ModelFileError, match=r"shard 2 of 2 of a model.*00001-of-00002"):
        open_model(tmp_path / files[1], CHARACTERS)


@pytest.mark.parametrize("kind", ["<U9999", "O", "V8"])
def test_arrays_of_other_types_are_no_vocabulary(kind: str, opened: Open) -> None:
    with pytest.raises(VocabularyNeeded):
        opened({"net": trained()[0].state_dict(), "vocab": np.zeros(4, kind)})
