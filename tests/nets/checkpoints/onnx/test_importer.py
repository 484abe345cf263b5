"""ONNX graphs: what torch exported and what was made by hand answers as onnxruntime says."""

import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.nets.checkpoints import open_model
from tests.nets.checkpoints.written import SYMBOLS, largest_difference, unpacked

EXPORTED = (
    "lstm", "gru-both", "rnn", "relu", "step", "steps-first", "state", "states", "mean", "max",
    "numbers", "flat", "hidden", "no-bias",
)  # fmt: skip
BY_HAND = (
    "lstm-by-hand", "lstm-both-by-hand", "gru-reset-before", "gru-reverse", "rnn-relu-by-hand",
    "lstm-hard", "gru-hard-both",
)  # fmt: skip
NAMES = (*EXPORTED, *(f"{name}-unfolded" for name in EXPORTED), *BY_HAND, "external")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return unpacked("onnx", tmp_path_factory.mktemp("onnx"))


@pytest.mark.parametrize("name", NAMES)
def test_answers_as_onnxruntime_does(name, written):
    opened = open_model(written / f"{name}.onnx", SYMBOLS)
    assert opened.format_title == "ONNX graph"
    assert largest_difference(opened, written / f"{name}.npz") < 1e-6


def test_says_of_which_kind_each_is(written):
    kinds = {name: open_model(written / f"{name}.onnx", SYMBOLS).kind for name in EXPORTED}
    assert kinds["lstm"] == kinds["step"] == kinds["state"] == "language-model"
    assert kinds["states"] == kinds["mean"] == kinds["max"] == "classifier"
    assert kinds["gru-both"] == "tagger"
    assert kinds["numbers"] == "numbers-model"


def test_symbols_are_asked_for(written):
    with pytest.raises(VocabularyNeeded, match="9"):
        open_model(written / "lstm.onnx")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quantised", "holds DynamicQuantizeLSTM: its weights are quantised"),
        ("clip", "clip=1.0"),
        ("elu", "elu"),
    ],
)
def test_says_by_name_what_cannot_be_shown(name, said, written):
    with pytest.raises(ModelFileError, match=said):
        open_model(written / "refused" / f"{name}.onnx", SYMBOLS)


@pytest.mark.parametrize("place", ["../external.bin", "/etc/passwd", "a/../../external.bin"])
def test_weights_outside_its_folder_are_not_read(place, written, tmp_path):
    model = onnx.load(written / "external.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = place
    path = tmp_path / "inside" / "harmful.onnx"
    path.parent.mkdir()
    path.write_bytes(model.SerializeToString())
    (tmp_path / "external.bin").write_bytes((written / "external.bin").read_bytes())
    with pytest.raises(ModelFileError, match="only files beside it, in its own folder, are read"):
        open_model(path, SYMBOLS)


def test_missing_outside_weights_are_named(written, tmp_path):
    (tmp_path / "alone.onnx").write_bytes((written / "external.onnx").read_bytes())
    with pytest.raises(ModelFileError, match=r"external\.bin, which cannot be read"):
        open_model(tmp_path / "alone.onnx", SYMBOLS)


def test_a_graph_without_recurrence_says_so(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Loop", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 3])],
    )
    model = helper.make_model(graph)
    model.ir_version = 8
    (tmp_path / "loop.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match=r"runs its steps as a program .*Loop"):
        open_model(tmp_path / "loop.onnx")


def test_without_onnx_it_is_named_with_the_command(written, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ModelFileError, match=r'pip install "rnnviz\[onnx\]"'):
        open_model(written / "lstm.onnx", SYMBOLS)


def test_the_last_step_of_both_directions_is_what_torch_gives_there(written):
    path = written / "refused" / "last-step-of-both.onnx"
    graph = onnx.load(path).graph
    arrays = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy())
              for one in graph.initializer}  # fmt: skip
    (node,) = [node for node in graph.node if node.op_type == "LSTM"]
    (gathered,) = [
        node for node in graph.node if node.op_type == "Gather" and node.input[0] in arrays
    ]
    (product,) = [node for node in graph.node if node.op_type in ("Gemm", "MatMul")]
    into, again, bias = (arrays[name] for name in node.input[1:4])
    units, table = again.shape[2], arrays[gathered.input[0]]
    stock = nn.LSTM(into.shape[2], units, bidirectional=True)
    order = torch.cat([torch.arange(units) + units * block for block in (0, 2, 3, 1)])  # i, o, f, c
    for way, ending in enumerate(("", "_reverse")):
        for name, values in (
            ("weight_ih", into[way]), ("weight_hh", again[way]),
            ("bias_ih", bias[way, : 4 * units]), ("bias_hh", bias[way, 4 * units :]),
        ):  # fmt: skip
            getattr(stock, f"{name}_l0{ending}").data = values[order].contiguous()
    opened = open_model(path, SYMBOLS)
    assert opened.model.network.readout.steps == 1
    ids = torch.tensor([[3], [0], [8], [2]])
    with torch.no_grad():
        last = stock(table[ids])[0][-1]
        weight = arrays[product.input[1]]
        weight = weight if weight.shape[0] == last.shape[1] else weight.t()
        expected = (
            last @ weight + arrays[product.input[2]] if len(product.input) > 2 else last @ weight
        )
        found = opened.model(ids)[0]
    torch.testing.assert_close(found.softmax(1), expected.softmax(1))
