"""Networks in archives of NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.opened import OpenedModel

SYMBOLS = list("\n abcdefg")


def _by_hand(turned: bool = False) -> dict[str, Any]:
    random = np.random.default_rng(0)
    arrays = {
        "Wxh": random.normal(size=(6, 9)),
        "Whh": random.normal(size=(6, 6)),
        "Why": random.normal(size=(9, 6)),
        "bh": random.normal(size=(6, 1)),
        "by": random.normal(size=(9, 1)),
    }
    return {name: array.T for name, array in arrays.items()} if turned else arrays


def largest(opened: OpenedModel, ids: list[int], wanted: np.ndarray) -> float:
    """How far the probabilities lie from those that were worked out apart."""
    with torch.inference_mode():
        said = opened.model(torch.tensor(ids)[:, None])[0][:, 0].softmax(-1)
    return float(np.abs(said.numpy() - wanted).max())


@pytest.mark.parametrize("turned", [False, True])
def test_min_char_rnn_says_what_its_equations_say(tmp_path: Path, turned: bool) -> None:
    np.savez(tmp_path / "rnn.npz", **_by_hand(turned), chars=np.array(SYMBOLS))
    opened = open_model(tmp_path / "rnn.npz")
    arrays, ids = _by_hand(), [3, 0, 8, 2, 2, 5]
    state, said = np.zeros((6, 1)), []
    for symbol in ids:
        state = np.tanh(arrays["Wxh"][:, [symbol]] + arrays["Whh"] @ state + arrays["bh"])
        scores = np.exp(arrays["Why"] @ state + arrays["by"])
        said.append((scores / scores.sum())[:, 0])
    assert largest(opened, ids, np.array(said)) < 1e-6


def test_a_state_dict_in_an_archive_is_that_state_dict(tmp_path: Path) -> None:
    network = nn.ModuleDict(
        {"encoder": nn.Embedding(9, 5), "gru": nn.GRU(5, 7), "decoder": nn.Linear(7, 9)}
    )
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    np.savez_compressed(tmp_path / "lm.npz", **state)
    opened = open_model(tmp_path / "lm.npz", SYMBOLS)
    ids = [1, 4, 4, 7, 0]
    with torch.no_grad():
        said = network["decoder"](network["gru"](network["encoder"](torch.tensor(ids)))[0])
    assert largest(opened, ids, said.softmax(1).numpy()) < 1e-6


def test_shapes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "rnn.npz", **{**_by_hand(), "Whh": np.zeros((6, 5))})
    with pytest.raises(ModelFileError, match="do not fit 6 units and 9 symbols"):
        open_model(tmp_path / "rnn.npz", SYMBOLS)


def test_characters_may_be_their_code_points(tmp_path: Path) -> None:
    codes = np.array([ord(symbol) for symbol in SYMBOLS])
    np.savez(tmp_path / "rnn.npz", **_by_hand(), characters=codes)
    assert open_model(tmp_path / "rnn.npz").model.description.vocabulary == tuple(SYMBOLS)
