"""The files that Keras, TensorFlow.js and ONNX would have of the small networks of torch."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

KERAS = {nn.LSTM: ("LSTM", (0, 1, 2, 3)), nn.GRU: ("GRU", (1, 0, 2)), nn.RNN: ("SimpleRNN", (0,))}
"""The class of Keras, and where torch has each of its blocks."""
ONNX = {nn.LSTM: ("LSTM", (0, 3, 1, 2)), nn.GRU: ("GRU", (1, 0, 2)), nn.RNN: ("RNN", (0,))}
Arrays = dict[str, list[np.ndarray]]


def _blocks(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    parts = np.split(array, len(order))
    return np.concatenate([parts[block] for block in order])


def keras_of(stock: Any) -> tuple[dict[str, Any], Arrays]:
    """The configuration, and the arrays of each layer in Keras's order."""
    state = {name: tensor.detach().numpy() for name, tensor in stock.state_dict().items()}
    size, width = state["embed.weight"].shape
    kind, order = KERAS[type(stock.rnn)]
    about = {"name": "embedding", "input_dim": size, "output_dim": width}
    layers: list[Any] = [{"class_name": "Embedding", "config": about}]
    arrays: Arrays = {"embedding": [state["embed.weight"]]}
    for number in range(stock.rnn.num_layers):
        name = f"rnn_{number}"
        config = {"name": name, "units": stock.rnn.hidden_size, "return_sequences": True,
                  "activation": "tanh", "recurrent_activation": "sigmoid"}  # fmt: skip
        layers.append({"class_name": kind, "config": config})
        biases = [_blocks(state[f"rnn.{part}_l{number}"], order) for part in ("bias_ih", "bias_hh")]
        arrays[name] = [
            _blocks(state[f"rnn.weight_ih_l{number}"], order).T,
            _blocks(state[f"rnn.weight_hh_l{number}"], order).T,
            np.stack(biases) if kind == "GRU" else biases[0] + biases[1],
        ]
    config = {"name": "fc.weight", "units": size, "activation": "softmax"}
    layers.append({"class_name": "Dense", "config": config})
    arrays["fc.weight"] = [state["fc.weight"].T, state["fc.bias"]]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}, arrays


def write_keras(path: Path, stock: Any) -> None:
    """As `model.save('x.h5')` does."""
    config, arrays = keras_of(stock)
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in arrays]
        for name, listed in arrays.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{n}:0".encode() for n in range(len(listed))]
            for number, array in enumerate(listed):
                group.create_dataset(f"{number}:0", data=array)


def write_keras_archive(path: Path, stock: Any) -> None:
    """As `model.save('x.keras')` does."""
    config, arrays = keras_of(stock)
    memory = BytesIO()
    with h5py.File(memory, "w", libver="latest") as file:
        for name, listed in arrays.items():
            inside = "cell/vars" if name.startswith("rnn") else "vars"
            for number, array in enumerate(listed):
                file.create_dataset(f"layers/{name}/{inside}/{number}", data=array)
            file.require_group(f"layers/{name}/vars").attrs["name"] = name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", memory.getvalue())


def write_tfjs(path: Path, stock: Any) -> None:
    """As `tensorflowjs_converter` does; the shard lies beside it."""
    config, arrays = keras_of(stock)
    roles = {1: ("embeddings",), 2: ("kernel", "bias"), 3: ("kernel", "recurrent_kernel", "bias")}
    weights, content = [], b""
    for name, listed in arrays.items():
        for role, array in zip(roles[len(listed)], listed, strict=True):
            weights.append({"name": f"{name}/{role}", "shape": array.shape, "dtype": "float32"})
            content += np.ascontiguousarray(array, "<f4").tobytes()
    (path.parent / "shard.bin").write_bytes(content)
    topology = {"keras_version": "2.15.0", "model_config": config}
    manifest = [{"paths": ["shard.bin"], "weights": weights}]
    path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": manifest}))


def write_onnx(path: Path, stock: Any) -> None:
    """As exporters do, less what they compute of sizes."""
    state = {name: tensor.detach().numpy() for name, tensor in stock.state_dict().items()}
    kind, order = ONNX[type(stock.rnn)]
    constants = {"embedding": state["embed.weight"], "fc.weight": state["fc.weight"].T,
                 "fc.bias": state["fc.bias"], "axes": np.array([1])}  # fmt: skip
    nodes = [helper.make_node("Gather", ["embedding", "x"], ["h0"], name="embedding")]
    for number in range(stock.rnn.num_layers):
        names = []
        for part in ("weight_ih", "weight_hh"):
            constants[f"{part}_{number}"] = _blocks(state[f"rnn.{part}_l{number}"], order)[None]
            names.append(f"{part}_{number}")
        both = [_blocks(state[f"rnn.{part}_l{number}"], order) for part in ("bias_ih", "bias_hh")]
        constants[f"bias_{number}"] = np.concatenate(both)[None]
        more: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
        reads, units = [f"h{number}", *names, f"bias_{number}"], stock.rnn.hidden_size
        nodes.append(helper.make_node(kind, reads, [f"y{number}"], hidden_size=units, **more))
        nodes.append(helper.make_node("Squeeze", [f"y{number}", "axes"], [f"h{number + 1}"]))
    top = f"h{stock.rnn.num_layers}"
    nodes.append(helper.make_node("MatMul", [top, "fc.weight"], ["m"], name="fc.weight"))
    nodes.append(helper.make_node("Add", ["m", "fc.bias"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.INT64, ["t", "b"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["t", "b", "v"])],
        [numpy_helper.from_array(np.ascontiguousarray(v), n) for n, v in constants.items()],
    )
    model = helper.make_model(graph, producer_name="by hand")
    path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(model)
