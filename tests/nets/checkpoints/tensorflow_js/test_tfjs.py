"""Layers models of TensorFlow.js: what Keras wrote, laid out as the converter lays it out."""

import json

import h5py
import numpy as np
import pytest

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.recognise import kind_of
from rnnviz.nets.checkpoints import open_model
from tests.nets.checkpoints.written import SYMBOLS, largest_difference, unpacked


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return unpacked("keras", tmp_path_factory.mktemp("keras"))


def convert(source, folder, pack=lambda values: (values.astype("<f4"), {}), shards=1):
    """`model.json` and its shards, of an `.h5` of Keras; the weights by the names that it has."""
    folder.mkdir()
    listed, content = [], b""
    with h5py.File(source) as file:
        config = json.loads(file.attrs["model_config"])
        root = file["model_weights"]
        for layer in root.attrs["layer_names"]:
            for name in root[layer].attrs["weight_names"]:
                stored, quantised = pack(np.asarray(root[layer][name]))
                entry = {"name": name, "shape": list(stored.shape), "dtype": "float32"}
                listed.append(entry | ({"quantization": quantised} if quantised else {}))
                content += stored.tobytes()
    cut = np.linspace(0, len(content), shards + 1, dtype=int)
    names = [f"group1-shard{number + 1}of{shards}.bin" for number in range(shards)]
    for number, name in enumerate(names):
        (folder / name).write_bytes(content[cut[number] : cut[number + 1]])
    topology = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": config}
    manifest = [{"paths": names, "weights": listed}]
    path = folder / "model.json"
    path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": manifest}))
    return path


@pytest.mark.parametrize("name", ["lstm", "gru-after", "both-ways", "normalised", "tagger"])
def test_answers_as_the_network_that_was_converted(name, written, tmp_path):
    path = convert(written / f"{name}.h5", tmp_path / "js", shards=3)
    opened = open_model(path, SYMBOLS)
    assert opened.format_title == "TensorFlow.js layers model"
    assert largest_difference(opened, written / f"{name}.npz") < 1e-6


def test_a_folder_opens_as_the_model_in_it(written, tmp_path):
    path = convert(written / "lstm.h5", tmp_path / "js")
    assert kind_of(tmp_path / "js") == kind_of(path) == "model"
    opened = open_model(tmp_path / "js", SYMBOLS)
    assert largest_difference(opened, written / "lstm.npz") < 1e-6


def test_symbols_are_asked_for(written, tmp_path):
    with pytest.raises(VocabularyNeeded, match="9"):
        open_model(convert(written / "window.h5", tmp_path / "js"))


def test_an_answer_in_javascript_s_own_layout(written, tmp_path):
    """TensorFlow.js itself writes no `model_config`, and leaves wrappers out of names."""
    path = convert(written / "both-ways.h5", tmp_path / "js")
    content = json.loads(path.read_text())
    content["modelTopology"] |= content["modelTopology"].pop("model_config")
    for entry in content["weightsManifest"][0]["weights"]:
        entry["name"] = "/".join(entry["name"].split("/")[-3:]).replace("/lstm_cell", "")
        entry["name"] = entry["name"].replace("/gru_cell", "")
    path.write_text(json.dumps(content))
    assert largest_difference(open_model(path, SYMBOLS), written / "both-ways.npz") < 1e-6


def eight_bits(values):
    least, most = float(values.min()), float(values.max())
    scale = (most - least) / 255 or 1.0
    stored = np.round((values - least) / scale).astype(np.uint8)
    return stored, {"dtype": "uint8", "scale": scale, "min": least}


def half(values):
    return values.astype("<f2"), {"dtype": "float16"}


@pytest.mark.parametrize(("pack", "allowed"), [(eight_bits, 0.01), (half, 1e-3)])
def test_quantised_weights_stand_for_their_numbers(pack, allowed, written, tmp_path):
    opened = open_model(convert(written / "lstm.h5", tmp_path / "js", pack), SYMBOLS)
    assert largest_difference(opened, written / "lstm.npz") < allowed
    assert any("quantised to 8 bits" in note for note in opened.notes) == (pack is eight_bits)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dtype": ["uint8"]}, r"is of type \['uint8'\]"),
        ({"min": [0]}, "without a scale"),
    ],
)
def test_how_weights_were_quantised_may_be_anything(changed, said, written, tmp_path):
    path = convert(written / "lstm.h5", tmp_path / "js", eight_bits)
    content = json.loads(path.read_text())
    content["weightsManifest"][0]["weights"][0]["quantization"] |= changed
    path.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match=said):
        open_model(path, SYMBOLS)


def test_a_shard_that_is_cut_or_missing_is_named(written, tmp_path):
    path = convert(written / "lstm.h5", tmp_path / "js")
    shard = path.parent / "group1-shard1of1.bin"
    shard.write_bytes(shard.read_bytes()[:-4])
    with pytest.raises(ModelFileError, match=r"group1-shard1of1\.bin hold .*cut"):
        open_model(path, SYMBOLS)
    shard.unlink()
    with pytest.raises(ModelFileError, match=r"group1-shard1of1\.bin, which cannot be read"):
        open_model(path, SYMBOLS)


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/passwd", "https://a.b/c.bin", "a\\b.bin"])
def test_only_files_beside_it_are_read(place, written, tmp_path):
    path = convert(written / "lstm.h5", tmp_path / "js")
    (tmp_path / "secret.bin").write_bytes((path.parent / "group1-shard1of1.bin").read_bytes())
    content = json.loads(path.read_text())
    content["weightsManifest"][0]["paths"] = [place]
    path.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match="only files beside it, in its own folder, are read"):
        open_model(path, SYMBOLS)


def test_a_graph_model_says_how_to_convert_it(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"format": "graph-model", "modelTopology": {"node": []},
                                "weightsManifest": []}))  # fmt: skip
    with pytest.raises(ModelFileError, match="--output_format=tfjs_layers_model"):
        open_model(path)


def test_weights_of_keras_1_by_its_names(written, tmp_path):
    """`lstm_1_W_i` and so on, an array a gate."""
    with h5py.File(written / "lstm-hard.h5") as file:
        root = file["model_weights"]
        layer = next(name for name in root.attrs["layer_names"] if name.startswith("lstm"))
        kernel, again, bias = (
            np.asarray(root[layer][name]) for name in root[layer].attrs["weight_names"]
        )
    path = convert(written / "lstm-hard.h5", tmp_path / "js")
    content = json.loads(path.read_text())
    weights = [w for w in content["weightsManifest"][0]["weights"] if "lstm" not in w["name"]]
    stored = b""
    with h5py.File(written / "lstm-hard.h5") as file:
        for entry in weights:
            owner = next(n for n in file["model_weights"].attrs["layer_names"]
                         if f"/{n}/" in f"/{entry['name']}")  # fmt: skip
            stored += np.asarray(file["model_weights"][owner][entry["name"]]).tobytes()
    for place, gate in enumerate("ifco"):
        for role, array in (("W", kernel), ("U", again), ("b", bias)):
            block = np.split(array, 4, -1)[place]
            weights.append({"name": f"{layer}/{layer}_{role}_{gate}", "shape": list(block.shape),
                            "dtype": "float32"})  # fmt: skip
            stored += np.ascontiguousarray(block).tobytes()
    content["weightsManifest"][0]["weights"] = weights
    content["modelTopology"]["keras_version"] = "3.0"  # what hard_sigmoid was when it was written
    path.write_text(json.dumps(content))
    (path.parent / "group1-shard1of1.bin").write_bytes(stored)
    assert largest_difference(open_model(path, SYMBOLS), written / "lstm-hard.npz") < 1e-6
