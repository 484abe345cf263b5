"""charRNN folders of ml5, against the cell that ml5 computes, in numpy."""

import json

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.recognise import kind_of
from rnnviz.nets.checkpoints import open_model

V, U = 5, 3
CHARACTERS = "ab \n€"
CELL = "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/{}"


@pytest.fixture
def arrays():
    return drawn_arrays()


def drawn_arrays():
    drawn = np.random.default_rng(2)
    shapes = {
        "embedding": (V, U),
        "rnnlm/softmax_w": (U, V),
        "rnnlm/softmax_b": (V,),
        "Variable": (),
    }
    for layer in range(2):
        shapes[CELL.format(layer, "kernel")] = (2 * U, 4 * U)
        shapes[CELL.format(layer, "bias")] = (4 * U,)
    return {name: drawn.normal(size=shape).astype("<f4") for name, shape in shapes.items()}


@pytest.fixture
def folder(arrays, tmp_path):
    return write(tmp_path / "model", arrays)


def write(folder, arrays):
    folder.mkdir()
    manifest = {}
    for name, array in arrays.items():
        stored = name.replace("/", "_")
        (folder / stored).write_bytes(array.tobytes())
        manifest[name] = {"filename": stored, "shape": list(array.shape)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    vocabulary = {character: place for place, character in enumerate(CHARACTERS)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    return folder


def logits(arrays, ids):
    """What ml5 computes: BasicLSTMCell, gates i, j, f, o, 1 added to f."""
    states = [[np.zeros(U), np.zeros(U)] for _ in range(2)]
    found = []
    for symbol in ids:
        x = arrays["embedding"][symbol]
        for layer, (h, before) in enumerate(states):
            rows = np.concatenate([x, h]) @ arrays[CELL.format(layer, "kernel")]
            i, j, f, o = np.split(rows + arrays[CELL.format(layer, "bias")], 4)
            c = before / (1 + np.exp(-(f + 1))) + np.tanh(j) / (1 + np.exp(-i))
            x = np.tanh(c) / (1 + np.exp(-o))
            states[layer] = [x, c]
        found.append(x @ arrays["rnnlm/softmax_w"] + arrays["rnnlm/softmax_b"])
    return np.array(found)


def test_answers_as_ml5_does(arrays, folder):
    assert kind_of(folder) == kind_of(folder / "manifest.json") == "model"
    for path in (folder, folder / "manifest.json"):
        opened = open_model(path)
        assert opened.kind == "language-model"
        assert opened.model.symbols == tuple(CHARACTERS)
        ids = [0, 4, 2, 1, 3, 3]
        with torch.inference_mode():
            found = opened.model(torch.tensor(ids)[:, None])[0][:, 0].numpy()
        assert np.abs(found - logits(arrays, ids)).max() < 1e-5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 0, "b": ', "damaged"),
        ('{"a": 0, "b": 1}', "names 2 characters, not 5"),
        ('{"a": 0, "b": 0, "c": 0, "d": 1, "e": 2}', "names 5 characters, not 5|damaged"),
    ],
)
def test_a_damaged_list_of_characters_is_said_and_others_are_asked_for(content, said, folder):
    (folder / "vocab.json").write_text(content)
    with pytest.raises(VocabularyNeeded, match=said):
        open_model(folder)
    assert open_model(folder, tuple("vwxyz")).model.symbols == tuple("vwxyz")


def test_an_array_that_is_cut_missing_or_elsewhere_is_named(folder):
    (folder / "rnnlm_softmax_w").write_bytes(b"\0" * 8)
    with pytest.raises(
        ModelFileError, match="rnnlm_softmax_w has 8 bytes and its manifest says 60"
    ):
        open_model(folder)
    (folder / "rnnlm_softmax_w").unlink()
    with pytest.raises(ModelFileError, match="rnnlm_softmax_w, which cannot be read"):
        open_model(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["embedding"]["filename"] = "../vocab.json"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError, match="only files beside it, in its own folder"):
        open_model(folder)


def test_an_array_that_no_such_model_has_is_refused(arrays, tmp_path):
    arrays["rnnlm/attention"] = np.zeros((2, 2), "<f4")
    with pytest.raises(ModelFileError, match="rnnlm/attention, which no charRNN of ml5 has"):
        open_model(write(tmp_path / "model", arrays))


def test_it_is_called_as_its_folder_is(folder):
    assert open_model(folder / "manifest.json").model.description.name == "model"
