"""Networks in archives of NumPy."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError, ReadingNeeded
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.opened import OpenedModel

SYMBOLS = list("\n abcdefg")


def drawn_by_hand(turned: bool = False) -> dict[str, Any]:
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
    np.savez(tmp_path / "rnn.npz", **drawn_by_hand(turned), chars=np.array(SYMBOLS))
    opened = open_model(tmp_path / "rnn.npz")
    arrays, ids = drawn_by_hand(), [3, 0, 8, 2, 2, 5]
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
    np.savez(tmp_path / "rnn.npz", **{**drawn_by_hand(), "Whh": np.zeros((6, 5))})
    with pytest.raises(ModelFileError, match=r"do not fit each other .*Whh \(6, 5\)"):
        open_model(tmp_path / "rnn.npz", SYMBOLS)


def test_characters_may_be_their_code_points(tmp_path: Path) -> None:
    codes = np.array([ord(symbol) for symbol in SYMBOLS])
    np.savez(tmp_path / "rnn.npz", **drawn_by_hand(), characters=codes)
    assert open_model(tmp_path / "rnn.npz").model.description.vocabulary == tuple(SYMBOLS)


# Pickles


def _outputs(arrays: dict[str, Any], ids: list[int]) -> np.ndarray:
    """What min-char-rnn computes with these arrays, step by step."""
    state, said = np.zeros((len(arrays["bh"]), 1)), []
    for symbol in ids:
        state = np.tanh(arrays["Wxh"][:, [symbol]] + arrays["Whh"] @ state + arrays["bh"])
        scores = np.exp(arrays["Why"] @ state + arrays["by"])
        said.append((scores / scores.sum())[:, 0])
    return np.array(said)


IDS = [3, 0, 8, 2, 2, 5]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_arrays_opens_in_every_protocol(tmp_path: Path, protocol: int) -> None:
    held = {"params": drawn_by_hand(), "char_to_ix": {c: n for n, c in enumerate(SYMBOLS)}, "n": 3}
    (tmp_path / "rnn.pkl").write_bytes(pickle.dumps(held, protocol))
    opened = open_model(tmp_path / "rnn.pkl")
    assert opened.model.description.vocabulary == tuple(SYMBOLS)
    assert largest(opened, IDS, _outputs(drawn_by_hand(), IDS)) < 1e-6


def test_an_object_saved_by_numpy_opens(tmp_path: Path) -> None:
    np.save(tmp_path / "rnn.npy", np.array(drawn_by_hand(), object))
    opened = open_model(tmp_path / "rnn.npy", SYMBOLS)
    assert largest(opened, IDS, _outputs(drawn_by_hand(), IDS)) < 1e-6


_OF_JOBLIB = """
gASV3AAAAAAAAAB9lCiMA1d4aJSME2pvYmxpYi5udW1weV9waWNrbGWUjBFOdW1weUFycmF5V3JhcHBlcpSTlCmBlH2UKIwI
c3ViY2xhc3OUjAVudW1weZSMB25kYXJyYXmUk5SMBXNoYXBllEsCSwOGlIwFb3JkZXKUjAFDlIwFZHR5cGWUaAiMBWR0eXBl
lJOUjAJmNJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRijAphbGxvd19tbWFwlIiMG251bXB5X2FycmF5X2FsaWdu
bWVudF9ieXRlc5RLEHViCP//////////GT2hOi31mD7MW4y+1P1jv5zK6L6M3H2/lSsAAAAAAAAAjANXaGiUaAQpgZR9lCho
B2gKaAtLAksChpRoDWgOaA9oFGgXiGgYSxB1YgP///8jWXY9LIyrP34C/L5x1x6/lSsAAAAAAAAAjANXaHmUaAQpgZR9lCho
B2gKaAtLA0sChpRoDWgOaA9oFGgXiGgYSxB1Ygv//////////////5TM+j7lubY+bePXPSczbr+Foe+8ZP8xP5UqAAAAAAAA
AIwCYmiUaAQpgZR9lChoB2gKaAtLAksBhpRoDWgOaA9oFGgXiGgYSxB1YgT/////OQ+sv51M6r6VKgAAAAAAAACMAmJ5lGgE
KYGUfZQoaAdoCmgLSwNLAYaUaA1oDmgPaBRoF4hoGEsQdWIE/////0Rb87+TD6W/+b3rv5UaAAAAAAAAAIwFY2hhcnOUXZQo
jAFhlIwBYpSMAWOUZXUu
"""
"""What joblib 1.6.0 wrote of float32 `default_rng(7).normal` of the shapes below, and `chars`."""


def test_what_joblib_dumps_opens_and_is_refused_where_it_is_cut(tmp_path: Path) -> None:
    content = base64.b64decode(_OF_JOBLIB)
    (tmp_path / "rnn.joblib").write_bytes(content)
    random = np.random.default_rng(7)
    shapes = {"Wxh": (2, 3), "Whh": (2, 2), "Why": (3, 2), "bh": (2, 1), "by": (3, 1)}
    arrays = {name: random.normal(size=shape) for name, shape in shapes.items()}
    opened = open_model(tmp_path / "rnn.joblib")
    assert opened.model.description.vocabulary == tuple("abc")
    assert largest(opened, [0, 2, 2, 1], _outputs(arrays, [0, 2, 2, 1])) < 1e-6
    for length in range(0, len(content), 7):
        (tmp_path / "cut").write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            open_model(tmp_path / "cut")


class _Harmful:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return eval, ("1/0",)


def test_a_pickle_that_calls_something_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "rnn.pkl").write_bytes(pickle.dumps({**drawn_by_hand(), "x": _Harmful()}))
    with pytest.raises(ModelFileError, match=r"asks for builtins\.eval"):
        open_model(tmp_path / "rnn.pkl", SYMBOLS)


# Programs in plain NumPy that call and place their arrays otherwise


def test_square_matrices_are_asked_about_and_not_guessed(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    arrays: dict[str, Any] = {n: random.normal(size=(9, 9)) for n in ("Wxh", "Whh", "Why")}
    arrays |= {n: random.normal(size=9) for n in ("bh", "by")}
    np.savez(tmp_path / "rnn.npz", **arrays)
    with pytest.raises(ReadingNeeded, match="matrices are square") as asked:
        open_model(tmp_path / "rnn.npz", SYMBOLS)
    assert [title[:3] for title in asked.value.readings] == ["W x", "x W"]
    standing: dict[str, Any] = {
        n: one[:, None] if one.ndim == 1 else one for n, one in arrays.items()
    }
    turned = {n: one.T for n, one in arrays.items()} | {n: standing[n] for n in ("bh", "by")}
    for reading, taken in ((1, standing), (2, turned)):
        opened = open_model(tmp_path / "rnn.npz", SYMBOLS, reading=reading)
        assert largest(opened, IDS, _outputs(taken, IDS)) < 1e-6
    np.savez(tmp_path / "told.npz", **standing)
    assert largest(open_model(tmp_path / "told.npz", SYMBOLS), IDS, _outputs(standing, IDS)) < 1e-6


def test_biases_that_are_absent_are_zeros(tmp_path: Path) -> None:
    arrays = drawn_by_hand()
    np.savez(tmp_path / "rnn.npz", U=arrays["Wxh"], W=arrays["Whh"], V=arrays["Why"])
    wanted = _outputs(arrays | {"bh": np.zeros((6, 1)), "by": np.zeros((9, 1))}, IDS)
    assert largest(open_model(tmp_path / "rnn.npz", SYMBOLS), IDS, wanted) < 1e-6


@pytest.mark.parametrize("turned", [False, True])
def test_an_lstm_of_four_matrices_says_what_its_equations_say(tmp_path: Path, turned: bool) -> None:
    random = np.random.default_rng(4)
    arrays = {f"W{gate}": random.normal(size=(5, 5 + 9)) for gate in "fico"}
    arrays |= {f"b{gate}": random.normal(size=(5, 1)) for gate in "fico"}
    arrays |= {"Wy": random.normal(size=(9, 5)), "by": random.normal(size=(9, 1))}
    written = {name: one.T for name, one in arrays.items()} if turned else arrays
    (tmp_path / "lstm.pkl").write_bytes(pickle.dumps(written))
    state, cell, said = np.zeros((5, 1)), np.zeros((5, 1)), []
    for symbol in IDS:
        z = np.concatenate([state, np.eye(9)[:, [symbol]]])
        f, i, o = (1 / (1 + np.exp(-arrays[f"W{g}"] @ z - arrays[f"b{g}"])) for g in "fio")
        cell = f * cell + i * np.tanh(arrays["Wc"] @ z + arrays["bc"])
        state = o * np.tanh(cell)
        scores = np.exp(arrays["Wy"] @ state + arrays["by"])
        said.append((scores / scores.sum())[:, 0])
    opened = open_model(tmp_path / "lstm.pkl", SYMBOLS)
    assert opened.model.description.architecture == "lstm"
    assert any("multiply the state before" in note for note in opened.notes)
    assert largest(opened, IDS, np.array(said)) < 1e-6
