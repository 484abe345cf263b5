"""Graphs as torch writes models with their states beside, and as tf2onnx writes Keras's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model

V, E, U = 9, 3, 4
SYMBOLS = tuple("abcdefghi")
IDS = torch.randint(V, (6, 1), generator=torch.Generator().manual_seed(1))


class _Net(nn.Module):
    def __init__(self, kind: str, layers: int = 1, both: bool = False, outputs: int = V) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.embed = nn.Embedding(V, E)
        self.rnn = getattr(nn, kind)(E, U, layers, bidirectional=both)
        self.out = nn.Linear(U * (1 + both), outputs)


def _arrays(net: _Net, layer: int, order: tuple[int, ...]) -> list[np.ndarray]:
    def stacked(part: str) -> np.ndarray:
        found = []
        for end in ("", "_reverse")[: 1 + net.rnn.bidirectional]:
            own = getattr(net.rnn, f"{part}_l{layer}{end}").detach().numpy()
            found.append(np.concatenate([np.split(own, len(order))[one] for one in order]))
        return np.stack(found)

    bias = np.concatenate([stacked("bias_ih"), stacked("bias_hh")], 1)
    return [stacked("weight_ih"), stacked("weight_hh"), bias]


def _written(path: Path, nodes: list[Any], arrays: dict[str, np.ndarray], inputs: list[Any],
             output: str) -> Path:  # fmt: skip
    graph = helper.make_graph(
        nodes, "g", inputs, [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
    return path


def _ids() -> Any:
    return helper.make_tensor_value_info("x", TensorProto.INT64, ["steps", "streams"])


def _numbers(name: str, *values: int) -> tuple[str, np.ndarray]:
    return name, np.array(values, np.int64)


def test_the_states_of_several_layers_are_cut_out_of_one_input(tmp_path: Path) -> None:
    net = _Net("LSTM", layers=2)
    arrays = {"table": net.embed.weight.detach().numpy(), "out": net.out.weight.detach().numpy().T,
              "bias": net.out.bias.detach().numpy()}  # fmt: skip
    arrays |= dict(_numbers(f"n{one}", one) for one in (0, 1, 2))
    nodes = [helper.make_node("Gather", ["table", "x"], ["e"])]
    entering = "e"
    for layer in (0, 1):
        own = _arrays(net, layer, (0, 3, 1, 2))
        arrays |= {f"{part}{layer}": array for part, array in zip("WRB", own, strict=True)}
        for state in "hc":
            cut = [state, f"n{layer}", f"n{layer + 1}", "n0"]
            nodes.append(helper.make_node("Slice", cut, [f"{state}{layer}"]))
        reads = [entering, f"W{layer}", f"R{layer}", f"B{layer}", "", f"h{layer}", f"c{layer}"]
        nodes.append(helper.make_node("LSTM", reads, [f"y{layer}"], hidden_size=U))
        nodes.append(helper.make_node("Squeeze", [f"y{layer}", "n1"], [f"s{layer}"]))
        entering = f"s{layer}"
    nodes += [helper.make_node("MatMul", [entering, "out"], ["m"]),
              helper.make_node("Add", ["m", "bias"], ["answer"])]  # fmt: skip
    states = [helper.make_tensor_value_info(one, TensorProto.FLOAT, [2, 1, U]) for one in "hc"]
    path = _written(tmp_path / "m.onnx", nodes, arrays, [_ids(), *states], "answer")
    opened = open_model(path, SYMBOLS)
    with torch.inference_mode():
        wanted = net.out(net.rnn(net.embed(IDS))[0])
        assert torch.allclose(opened.model(IDS)[0], wanted, atol=1e-6)
    assert any("begins at zero" in note for note in opened.notes)


def test_dense_layers_of_keras_put_all_steps_in_a_row_and_back(tmp_path: Path) -> None:
    net = _Net("GRU")
    arrays = {"table": net.embed.weight.detach().numpy(), "out": net.out.weight.detach().numpy().T,
              "bias": net.out.bias.detach().numpy()}  # fmt: skip
    arrays |= dict(zip("WRB", _arrays(net, 0, (1, 0, 2)), strict=True))
    arrays |= dict([_numbers("n1", 1), _numbers("row", -1, U), _numbers("free", 0, 1),
                    _numbers("last", V)])  # fmt: skip
    nodes = [
        helper.make_node("Gather", ["table", "x"], ["e"]),
        helper.make_node("GRU", ["e", "W", "R", "B"], ["y"], hidden_size=U, linear_before_reset=1),
        helper.make_node("Squeeze", ["y", "n1"], ["s"]),
        helper.make_node("Shape", ["s"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["small"], to=TensorProto.INT32),
        helper.make_node("Gather", ["small", "free"], ["outer"]),
        helper.make_node("Concat", ["outer", "last"], ["back"], axis=0),
        helper.make_node("Reshape", ["s", "row"], ["r"]),
        helper.make_node("MatMul", ["r", "out"], ["m"]),
        helper.make_node("Reshape", ["m", "back"], ["a"]),
        helper.make_node("Add", ["a", "bias"], ["answer"]),
    ]
    opened = open_model(_written(tmp_path / "m.onnx", nodes, arrays, [_ids()], "answer"), SYMBOLS)
    with torch.inference_mode():
        wanted = net.out(net.rnn(net.embed(IDS))[0])
        assert torch.allclose(opened.model(IDS)[0], wanted, atol=1e-6)


def _halves(net: _Net, end: int) -> tuple[list[Any], dict[str, np.ndarray]]:
    """Each direction by itself, of which the last, and the step `end` are taken."""
    arrays = {"table": net.embed.weight.detach().numpy(), "out": net.out.weight.detach().numpy().T}
    arrays |= dict(zip("WRB", _arrays(net, 0, (0, 3, 1, 2)), strict=True))
    arrays |= dict(_numbers(f"n{one}", one) for one in (0, 1, 2))
    arrays |= dict([_numbers("m1", -1), _numbers("end", end)])
    nodes = [
        helper.make_node("Gather", ["table", "x"], ["e"]),
        helper.make_node("LSTM", ["e", "W", "R", "B"], ["y"], hidden_size=U,
                         direction="bidirectional"),
        helper.make_node("Slice", ["y", "n1", "n2", "n1"], ["b"]),
        helper.make_node("Squeeze", ["b", "n1"], ["bs"]),
        helper.make_node("Gather", ["bs", "end"], ["b1"]),
        helper.make_node("Squeeze", ["b1", "n0"], ["first"]),
        helper.make_node("Slice", ["y", "n0", "n1", "n1"], ["f"]),
        helper.make_node("Squeeze", ["f", "n1"], ["fs"]),
        helper.make_node("Gather", ["fs", "m1"], ["f1"]),
        helper.make_node("Squeeze", ["f1", "n0"], ["final"]),
    ]  # fmt: skip
    return nodes, arrays


def test_directions_that_are_cut_apart_are_read_where_each_ends(tmp_path: Path) -> None:
    net = _Net("LSTM", both=True, outputs=3)
    nodes, arrays = _halves(net, 0)
    nodes += [helper.make_node("Concat", ["final", "first"], ["both"], axis=1),
              helper.make_node("MatMul", ["both", "out"], ["answer"])]  # fmt: skip
    opened = open_model(_written(tmp_path / "m.onnx", nodes, arrays, [_ids()], "answer"), SYMBOLS)
    assert opened.kind == "classifier"
    with torch.inference_mode():
        ends = net.rnn(net.embed(IDS))[1][0]
        wanted = torch.cat([ends[0], ends[1]], 1) @ net.out.weight.T
        assert torch.allclose(opened.model(IDS)[0], wanted, atol=1e-6)


@pytest.mark.parametrize("way", ["other end", "one alone"])
def test_a_direction_read_elsewhere_or_alone_is_refused(way: str, tmp_path: Path) -> None:
    net = _Net("LSTM", both=True, outputs=3)
    nodes, arrays = _halves(net, 0 if way == "one alone" else -1)
    if way == "one alone":
        arrays["out"] = arrays["out"][:U]
        nodes += [helper.make_node("MatMul", ["fs", "out"], ["answer"])]
    else:
        nodes += [helper.make_node("Concat", ["final", "first"], ["both"], axis=1),
                  helper.make_node("MatMul", ["both", "out"], ["answer"])]  # fmt: skip
    path = _written(tmp_path / "m.onnx", nodes, arrays, [_ids()], "answer")
    with pytest.raises(ModelFileError, match=r"cannot be|can be shown"):
        open_model(path, SYMBOLS)
