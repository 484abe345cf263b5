"""Models of Keras: what Keras wrote answers as Keras says; older layouts as numpy says."""

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.models.network import network_of
from rnnviz.nets.checkpoints import open_model
from tests.nets.checkpoints.written import SYMBOLS, largest_difference, unpacked

NAMES = (
    "lstm", "lstm-hard", "lstm-relu", "gru-after", "gru-before", "gru-relu", "rnn", "rnn-relu",
    "both-ways", "both-ways-added", "backwards", "backwards-twice", "maximum", "normalised",
    "numbers", "window", "tagger", "nested", "side-by-side", "side-by-side-dense", "rescaled",
    "reshaped", "standardised",
)  # fmt: skip
FORMS = ("{}.h5", "{}.keras", "{0}-weights/{0}.weights.h5", "{0}-weights/{0}.json")
DRAWN = np.random.default_rng(5)
V, U = 9, 4


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return unpacked("keras", tmp_path_factory.mktemp("keras"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_answers_as_keras_does(name, form, written):
    opened = open_model(written / form.format(name), SYMBOLS)
    assert opened.format_title == "Keras model"
    assert largest_difference(opened, written / f"{name}.npz") < 1e-6


def test_says_of_which_kind_each_is(written):
    kinds = {name: open_model(written / f"{name}.h5", SYMBOLS).kind for name in NAMES}
    assert kinds["lstm"] == kinds["window"] == "language-model"
    assert kinds["both-ways"] == kinds["maximum"] == kinds["nested"] == "classifier"
    # of a length that is known, it says what follows a window
    assert kinds["side-by-side"] == "language-model"
    assert kinds["tagger"] == kinds["backwards-twice"] == "tagger"
    assert kinds["numbers"] == kinds["normalised"] == "numbers-model"


def test_hard_sigmoid_is_that_of_the_version_that_wrote_the_file(written, tmp_path):
    network = network_of(open_model(written / "lstm-hard.h5", SYMBOLS).model.description)
    assert network.layers[0].variant == {"gates": "hard-sigmoid"}
    older = tmp_path / "older.h5"
    older.write_bytes((written / "lstm-hard.h5").read_bytes())
    with h5py.File(older, "a") as file:
        file.attrs["keras_version"] = "2.4.0"
    network = network_of(open_model(older, SYMBOLS).model.description)
    assert network.layers[0].variant == {"gates": "hard-sigmoid-0.2"}


def test_asks_for_what_its_symbols_are(written):
    with pytest.raises(VocabularyNeeded, match="9") as needed:
        open_model(written / "window.keras")
    assert needed.value.size == 9


def test_says_what_a_window_is_read_as_and_that_nothing_is_masked(written):
    assert any("7 symbols" in note for note in open_model(written / "window.h5", SYMBOLS).notes)
    assert any(
        "id 0 was padding" in note for note in open_model(written / "tagger.h5", SYMBOLS).notes
    )


# Older layouts, computed in numpy


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def lstm(read, kernels, squash):
    """h at every step (T, U): `kernels` has (W, U, b) by gate."""
    h = c = np.zeros(U)
    found = []
    for x in read:
        i, f, g, o = (x @ kernels[n][0] + h @ kernels[n][1] + kernels[n][2] for n in "ifco")
        c = squash(f) * c + squash(i) * np.tanh(g)
        h = squash(o) * np.tanh(c)
        found.append(h)
    return np.array(found)


def gru(read, kernels, squash, after=None):
    """h at every step; `after` is the recurrent bias by gate where the reset comes after."""
    h, found = np.zeros(U), []
    for x in read:
        rows = {n: x @ kernels[n][0] + kernels[n][2] for n in "zrh"}
        b = after or dict.fromkeys("zrh", 0)
        z = squash(rows["z"] + h @ kernels["z"][1] + b["z"])
        r = squash(rows["r"] + h @ kernels["r"][1] + b["r"])
        again = r * (h @ kernels["h"][1] + b["h"]) if after else (r * h) @ kernels["h"][1]
        h = z * h + (1 - z) * np.tanh(rows["h"] + again)
        found.append(h)
    return np.array(found)


def kernels(gates):
    return {
        n: (DRAWN.normal(size=(V, U)), DRAWN.normal(size=(U, U)), DRAWN.normal(size=U))
        for n in gates
    }


def write_h5(path: Path, version, layers, weights):
    """An `.h5` of Keras 1 or 2: the configuration, and a group a layer with `weight_names`."""
    with h5py.File(path, "w") as file:
        config = layers if version.startswith("1") else {"name": "s", "layers": layers}
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        file.attrs["keras_version"] = version
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [layer["config"]["name"].encode() for layer in layers]
        for layer in layers:
            name = layer["config"]["name"]
            group = root.create_group(name)
            arrays = weights.get(name, [])
            group.attrs["weight_names"] = [f"{name}/{n}:0".encode() for n in range(len(arrays))]
            for number, array in enumerate(arrays):
                group.create_dataset(f"{name}/{number}:0", data=np.asarray(array, np.float32))


def recurrent(kind, **config):
    return {"class_name": kind, "config": {"name": "r", "return_sequences": True, **config}}


def read_and_answered(path, hidden, dense, ids):
    opened = open_model(path, SYMBOLS)
    np.savez(path.with_suffix(".npz"), x=ids[None], y=softmax(hidden @ dense[0] + dense[1])[None])
    return largest_difference(opened, path.with_suffix(".npz"))


IDS = DRAWN.integers(V, size=7)
READ = np.eye(V)[IDS]
OUT = (DRAWN.normal(size=(U, V)), DRAWN.normal(size=V))
DENSE = {"class_name": "Dense", "config": {"name": "d", "units": V, "activation": "softmax"}}
DENSE_1 = {"class_name": "Dense", "config": {"name": "d", "output_dim": V, "activation": "linear"}}
SOFTMAX = {"class_name": "Activation", "config": {"name": "a", "activation": "softmax"}}


def test_an_lstm_of_keras_1_keeps_an_array_a_gate(tmp_path):
    own = kernels("ifco")
    layer = recurrent(
        "LSTM", output_dim=U, inner_activation="hard_sigmoid", activation="tanh",
        consume_less="cpu", batch_input_shape=[None, 7, V],
    )  # fmt: skip
    arrays = [array for gate in "icfo" for array in own[gate]]
    write_h5(tmp_path / "k1.h5", "1.2.2", [layer, DENSE_1, SOFTMAX], {"r": arrays, "d": OUT})
    hidden = lstm(READ, own, hard_sigmoid)
    assert read_and_answered(tmp_path / "k1.h5", hidden, OUT, IDS) < 1e-5


def test_a_gru_of_keras_1_keeps_an_array_a_gate(tmp_path):
    own = kernels("zrh")
    layer = recurrent("GRU", output_dim=U, inner_activation="hard_sigmoid", activation="tanh")
    arrays = [array for gate in "zrh" for array in own[gate]]
    write_h5(tmp_path / "k1.h5", "1.2.2", [layer, DENSE_1, SOFTMAX], {"r": arrays, "d": OUT})
    assert read_and_answered(tmp_path / "k1.h5", gru(READ, own, hard_sigmoid), OUT, IDS) < 1e-5


def in_cudnn_order(matrix, transposed):
    """A gate's block as cuDNN keeps it: recurrent ones transposed, others in column order."""
    return matrix.T if transposed else matrix.T.reshape(matrix.shape)


def test_an_lstm_made_for_cudnn(tmp_path):
    own, again = kernels("ifco"), DRAWN.normal(size=(4, U))
    arrays = [
        np.hstack([in_cudnn_order(own[gate][0], False) for gate in "ifco"]),
        np.hstack([in_cudnn_order(own[gate][1], True) for gate in "ifco"]),
        np.concatenate([*(own[gate][2] for gate in "ifco"), *again]),
    ]
    layer = recurrent("CuDNNLSTM", units=U, batch_input_shape=[None, None, V])
    write_h5(tmp_path / "cudnn.h5", "2.2.4-tf", [layer, DENSE], {"r": arrays, "d": OUT})
    added = {gate: (*own[gate][:2], own[gate][2] + again[n]) for n, gate in enumerate("ifco")}
    assert read_and_answered(tmp_path / "cudnn.h5", lstm(READ, added, sigmoid), OUT, IDS) < 1e-5


def test_a_gru_made_for_cudnn(tmp_path):
    own, again = kernels("zrh"), dict(zip("zrh", DRAWN.normal(size=(3, U)), strict=True))
    arrays = [
        np.hstack([in_cudnn_order(own[gate][0], False) for gate in "zrh"]),
        np.hstack([in_cudnn_order(own[gate][1], True) for gate in "zrh"]),
        np.concatenate([*(own[gate][2] for gate in "zrh"), *again.values()]),
    ]
    layer = recurrent("CuDNNGRU", units=U, batch_input_shape=[None, None, V])
    write_h5(tmp_path / "cudnn.h5", "2.2.4-tf", [layer, DENSE], {"r": arrays, "d": OUT})
    hidden = gru(READ, own, sigmoid, again)
    assert read_and_answered(tmp_path / "cudnn.h5", hidden, OUT, IDS) < 1e-5


# What is refused, and how


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Conv1D", "conv1d, a Conv1D, which cannot be shown"),
        ("RepeatVector", "a RepeatVector, which cannot be shown"),
        ("Flatten", "above no recurrent layer"),
        ("Reshape", "reads what reshape.* cuts one answer into"),
        ("merge-mul", "merge_mode='mul'"),
        ("elu", "activation=elu"),
        ("no-recurrence", "no recurrent layer|does not follow a recurrent layer"),
        ("no-output", "has no output layer"),
        ("two-inputs", "reads 2 inputs"),
        ("fork", "Concatenate concatenate.* reads (lstm|gru)"),
        ("Lambda", "a Lambda,.*it holds code, and no code is run here"),
    ],
)
def test_says_by_name_what_cannot_be_shown(name, said, written):
    with pytest.raises(ModelFileError, match=said):
        open_model(written / "refused" / f"{name}.keras", SYMBOLS)


def test_weights_without_their_structure_say_how_to_write_it(written, tmp_path):
    alone = tmp_path / "lstm.weights.h5"
    alone.write_bytes((written / "lstm-weights" / "lstm.weights.h5").read_bytes())
    with pytest.raises(ModelFileError, match=r"not its structure; write .*model\.to_json\(\)"):
        open_model(alone)


def test_a_structure_without_weights_says_so(written, tmp_path):
    alone = tmp_path / "lstm.json"
    alone.write_bytes((written / "lstm-weights" / "lstm.json").read_bytes())
    with pytest.raises(ModelFileError, match="without its weights"):
        open_model(alone)


def test_weights_of_another_model_are_named(written, tmp_path):
    (tmp_path / "a.weights.h5").write_bytes(
        (written / "lstm-weights" / "lstm.weights.h5").read_bytes()
    )
    (tmp_path / "a.json").write_bytes(
        (written / "gru-after-weights" / "gru-after.json").read_bytes()
    )
    with pytest.raises(ModelFileError, match=r"gru.*damaged or of another model"):
        open_model(tmp_path / "a.weights.h5", SYMBOLS)


def test_numbers_that_are_not_finite_are_named(written, tmp_path):
    broken = tmp_path / "broken.h5"
    broken.write_bytes((written / "numbers.h5").read_bytes())
    with h5py.File(broken, "a") as file:
        group = file["model_weights"]
        names: list[str] = []
        group.visit(names.append)
        kernel = next(name for name in names if "dense" in name and name.endswith("/kernel"))
        group[kernel][0, 0] = np.nan
    with pytest.raises(ModelFileError, match=r"dense.* 1 numbers that are NaN"):
        open_model(broken)


def test_another_file_that_is_asked_for_is_not_read(tmp_path):
    (tmp_path / "secret.h5").write_bytes(b"")
    with h5py.File(tmp_path / "harmful.h5", "w") as file:
        file.attrs["layer_names"] = [b"r"]
        file["model_weights"] = h5py.ExternalLink("secret.h5", "/")
    with pytest.raises(ModelFileError, match="asks for another file"):
        open_model(tmp_path / "harmful.h5")


def test_a_size_that_is_not_there_is_refused_before_memory_is_taken(tmp_path):
    write_h5(
        tmp_path / "claims.h5", "2.2.4", [recurrent("LSTM", units=U), DENSE], {"r": [], "d": OUT}
    )
    with h5py.File(tmp_path / "claims.h5", "a") as file:
        group = file["model_weights/r"]
        group.attrs["weight_names"] = [b"huge"]
        group.create_dataset("huge", shape=(1 << 20, 1 << 20), dtype="f4", chunks=(1024, 1024))
    with pytest.raises(ModelFileError, match="claims 4,398,046,511,104 bytes"):
        open_model(tmp_path / "claims.h5")


def test_other_hdf5_is_called_what_it_holds(tmp_path):
    with h5py.File(tmp_path / "states.hdf5", "w") as file:
        file["states1"] = np.zeros((3, 4))
    with pytest.raises(ModelFileError, match="Keras did not write: it holds states1"):
        open_model(tmp_path / "states.hdf5")


def test_a_folder_opens_as_the_archive_that_was_unpacked_into_it(written, tmp_path):
    with zipfile.ZipFile(written / "gru-after.keras") as archive:
        archive.extractall(tmp_path / "gru")
    opened = open_model(tmp_path / "gru", SYMBOLS)
    assert largest_difference(opened, written / "gru-after.npz") < 1e-6


def test_a_saved_model_says_what_to_do(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x00")
    with pytest.raises(ModelFileError, match=r"SavedModel .*model\.save\('model\.keras'\)"):
        open_model(tmp_path)
    with pytest.raises(ModelFileError, match="SavedModel"):
        open_model(tmp_path / "saved_model.pb")


def test_without_h5py_it_is_named_with_the_command(written, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ModelFileError, match=r'pip install "rnnviz\[keras\]"'):
        open_model(written / "lstm.h5", SYMBOLS)


def test_texts_that_lead_nowhere_are_refused_before_the_library_reads_them(written, tmp_path):
    """On an entry of a heap whose length is wrong the HDF5 library goes round for ever."""
    content = bytearray((written / "lstm.h5").read_bytes())
    heap = content.index(b"GCOL")
    first = 16 + int.from_bytes(content[heap + 24 : heap + 32], "little")
    after = heap + 16 + (first + 7) // 8 * 8
    content[after : after + 16] = bytes(16)
    (tmp_path / "cut.h5").write_bytes(content)
    with pytest.raises(ModelFileError, match="whose texts are damaged"):
        open_model(tmp_path / "cut.h5", SYMBOLS)


def test_a_functional_model_of_keras_2_with_its_weights_apart(tmp_path):
    own = kernels("ifco")
    layers = [
        {"class_name": "InputLayer", "name": "i", "inbound_nodes": [],
         "config": {"name": "i", "batch_input_shape": [None, None, V]}},
        {**recurrent("LSTM", units=U, recurrent_activation="sigmoid"), "name": "r",
         "inbound_nodes": [[["i", 0, 0, {}]]]},
        {"class_name": "TimeDistributed", "name": "t", "inbound_nodes": [[["r", 0, 0, {}]]],
         "config": {"name": "t", "layer": DENSE}},
    ]  # fmt: skip
    config = {"name": "m", "layers": layers, "input_layers": [["i", 0, 0]],
              "output_layers": [["t", 0, 0]]}  # fmt: skip
    model = {"class_name": "Model", "config": config, "keras_version": "2.2.4"}
    (tmp_path / "model.json").write_text(json.dumps(model))
    arrays = [np.hstack([own[gate][part] for gate in "ifco"]) for part in range(3)]
    with h5py.File(tmp_path / "model_weights.h5", "w") as file:
        file.attrs["layer_names"] = [b"i", b"r", b"t"]
        for name, listed in (("i", []), ("r", arrays), ("t", OUT)):
            group = file.create_group(name)
            names = [f"{name}/{number}:0" for number in range(len(listed))]
            group.attrs["weight_names"] = [one.encode() for one in names]
            for one, array in zip(names, listed, strict=True):
                group.create_dataset(one, data=array.astype(np.float32))
    hidden = lstm(READ, own, sigmoid)
    for name in ("model_weights.h5", "model.json"):
        assert read_and_answered(tmp_path / name, hidden, OUT, IDS) < 1e-5
    opened = open_model(tmp_path, SYMBOLS)
    assert opened.kind == "language-model"


def test_weights_as_keras_2_12_keeps_them_in_an_archive(written, tmp_path):
    older = tmp_path / "older.keras"
    with zipfile.ZipFile(written / "gru-after.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "w.h5").write_bytes(parts["model.weights.h5"])
    with h5py.File(tmp_path / "w.h5", "a") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
        for group in file["_layer_checkpoint_dependencies"].values():
            group["vars"].attrs.pop("name", None)
    parts["model.weights.h5"] = (tmp_path / "w.h5").read_bytes()
    with zipfile.ZipFile(older, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert largest_difference(open_model(older, SYMBOLS), written / "gru-after.npz") < 1e-6


# Windows: the file says how many symbols are read to say what follows


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["window", "side-by-side"])
def test_what_stands_before_a_window_makes_no_difference(name, form, written):
    opened = open_model(written / form.format(name), SYMBOLS)
    windows = opened.model.network.windows
    assert windows is not None and windows.steps == 7
    with np.load(written / f"{name}.npz") as kept:
        read, wanted = kept["x"], kept["y"]
    ids = read.argmax(-1) if read.ndim == 3 else read
    before = DRAWN.integers(0, V, (len(ids), 11))
    entering = torch.from_numpy(np.hstack([before, ids])).long().T
    with torch.inference_mode():
        said = opened.model(entering, opened.model.zero_state(len(ids)))[0][-1].softmax(-1)
    assert np.abs(said.numpy() - wanted).max() < 1e-6


def test_one_stream_is_a_reading_of_what_reads_in_windows(written):
    opened = open_model(written / "window.h5", SYMBOLS, reading=2)
    assert opened.model.network.windows is None
    assert any("not emptied" in note for note in opened.notes)
    assert any("--reading 2" in note for note in open_model(written / "window.h5", SYMBOLS).notes)
    with pytest.raises(ModelFileError, match="no reading 3"):
        open_model(written / "window.h5", SYMBOLS, reading=3)


def test_a_state_that_is_kept_between_batches_is_one_stream(tmp_path):
    own = kernels("ifco")
    arrays = [np.hstack([own[gate][part] for gate in "ifco"]) for part in range(3)]
    last = {"units": U, "batch_input_shape": [1, 7, V], "return_sequences": False}
    for stateful in (True, False):
        layer = recurrent("LSTM", **last, stateful=stateful)
        write_h5(tmp_path / "s.h5", "2.2.4", [layer, DENSE], {"r": arrays, "d": OUT})
        windows = open_model(tmp_path / "s.h5", SYMBOLS).model.network.windows
        assert (windows is None) == stateful


@pytest.mark.parametrize("version", ["9" * 5000, "\N{SUPERSCRIPT TWO}.1", "", "tf"])
def test_any_version_may_stand_in_a_file(version, tmp_path):
    own = kernels("ifco")
    arrays = [np.hstack([own[gate][part] for gate in "ifco"]) for part in range(3)]
    layer = recurrent("LSTM", units=U, batch_input_shape=[None, None, V], return_sequences=True)
    write_h5(tmp_path / "s.h5", version, [layer, DENSE], {"r": arrays, "d": OUT})
    assert open_model(tmp_path / "s.h5", SYMBOLS).kind == "language-model"


def test_damaged_layers_are_not_called_a_class_of_somebodys_own(tmp_path):
    write_h5(tmp_path / "s.h5", "2.2.4", [DENSE], {"d": OUT})
    with h5py.File(tmp_path / "s.h5", "r+") as file:
        config = {"class_name": "Sequential", "config": {"layers": [[], DENSE]}}
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ModelFileError, match="layers of its Sequential are damaged"):
        open_model(tmp_path / "s.h5", SYMBOLS)
