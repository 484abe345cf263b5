"""Files of textgenrnn: weights alone, whose names say the network, and JSON beside them."""

import json

import h5py
import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.nets.checkpoints import open_model

V, E, U, N = 7, 3, 4, 5
DRAWN = np.random.default_rng(2)
TEXT = "abcaddxcbabd"


def lstm(inputs):
    return [DRAWN.normal(size=s).astype("f4") / 2 for s in ((inputs, 4 * U), (U, 4 * U), (4 * U,))]


def written(folder, both=False, words=False, config=True, vocabulary=True, extra=()):
    """Two layers, their weights as textgenrnn keeps them."""
    width = U * (2 if both else 1)
    weights = {
        "input": [],
        "embedding": [DRAWN.normal(size=(V, E)).astype("f4")],
        "rnn_1": lstm(E) + (lstm(E) if both else []),
        "rnn_2": lstm(width) + (lstm(width) if both else []),
        "rnn_concat": [],
        "attention": [DRAWN.normal(size=(E + 2 * width, 1)).astype("f4")],
        "output": [DRAWN.normal(size=(E + 2 * width, V)).astype("f4"), np.zeros(V, "f4")],
    } | {name: [np.zeros((2, 2), "f4")] for name in extra}
    with h5py.File(folder / "own_weights.hdf5", "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{n}:0".encode() for n in range(len(arrays))]
            for number, array in enumerate(arrays):
                group[f"{layer}/{number}:0"] = array
    tokens = ["cat", "dog", ",", "ran", "\n", "<s>"] if words else ["a", "b", "c", "d", "<s>", " "]
    if vocabulary:
        index = {token: number for number, token in enumerate(tokens, 1)}
        (folder / "own_vocab.json").write_text(json.dumps(index))
    if config:
        about = {"max_length": N, "word_level": words, "rnn_bidirectional": both}
        (folder / "own_config.json").write_text(json.dumps(about))
    return folder / "own_weights.hdf5", weights


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def run(inputs, kernel, again, bias):
    hidden, cell, found = np.zeros(U), np.zeros(U), []
    for entering in inputs:
        i, f, c, o = np.split(entering @ kernel + hidden @ again + bias, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(cell)
        found.append(hidden)
    return np.array(found)


def told(weights, ids):
    """What textgenrnn's own arithmetic says of a window, (V,)."""
    below = gave = weights["embedding"][0][ids]
    for name in ("rnn_1", "rnn_2"):
        arrays = weights[name]
        parts = [run(below, *arrays[:3])]
        if len(arrays) > 3:
            parts.append(run(below[::-1], *arrays[3:])[::-1])
        below = np.hstack(parts)
        gave = np.hstack([gave, below])
    scores = np.exp((logits := (gave @ weights["attention"][0])[:, 0]) - logits.max())
    pooled = (gave * (scores / (scores.sum() + 1e-7))[:, None]).sum(0)
    last = pooled @ weights["output"][0] + weights["output"][1]
    shares = np.exp(last - last.max())
    return shares / shares.sum()


@pytest.mark.parametrize("both", [False, True])
def test_answers_as_its_own_program_does(both, tmp_path):
    path, weights = written(tmp_path, both)
    opened = open_model(path)
    assert opened.kind == "language-model"
    model = opened.model
    assert model.network.windows.steps == N
    assert model.symbols == ("<pad>", "a", "b", "c", "d", "<s>", " ")
    ids = model.reader.encode(TEXT)
    assert ids.tolist() == [max(0, " abcd".find(letter)) for letter in TEXT]
    with torch.inference_mode():
        said, _ = model(torch.from_numpy(ids)[:, None], model.zero_state(1))
    whole = np.concatenate([np.zeros(N - 1, int), ids])
    for step in range(len(ids)):
        wanted = told(weights, whole[step : step + N])
        assert np.abs(said[step, 0].softmax(0).numpy() - wanted).max() < 1e-6


def test_says_how_long_its_windows_are_taken_to_be(tmp_path):
    opened = open_model(written(tmp_path, config=False)[0])
    assert opened.model.network.windows.steps == 40
    assert any("own_config.json" in note and "40" in note for note in opened.notes)
    assert any("two <s>" in note for note in opened.notes)


def test_reads_words_and_signs(tmp_path):
    reader = open_model(written(tmp_path, words=True)[0]).model.reader
    assert reader.encode("Dog,cat  ran\nfar").tolist() == [2, 3, 1, 4, 5, 0]


def test_asks_for_symbols_that_do_not_lie_beside_it(tmp_path):
    with pytest.raises(VocabularyNeeded, match="7 symbols"):
        open_model(written(tmp_path, vocabulary=False)[0])


def test_contexts_are_refused_by_name(tmp_path):
    with pytest.raises(ModelFileError, match=r"with contexts \(context_output\)"):
        open_model(written(tmp_path, extra=("context_output",))[0])


def test_weights_of_something_else_are_called_damaged(tmp_path):
    with h5py.File(tmp_path / "w.hdf5", "w") as file:
        file.attrs["layer_names"] = [b"embedding", b"rnn_1", b"attention", b"output"]
    with pytest.raises(ModelFileError, match="holds other weights"):
        open_model(tmp_path / "w.hdf5")
