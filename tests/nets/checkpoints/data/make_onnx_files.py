"""Writes onnx.tar.xz: small graphs exported by torch or made by hand, and what onnxruntime says.

    python make_onnx_files.py    (pip install torch onnx onnxruntime)

Only this script needs onnxruntime. `NAME.npz` holds what was read (`x`, streams first) and what
onnxruntime answered (`y`); what lies under `refused/` cannot be shown.
"""
# mypy: ignore-errors

import tarfile
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic
from torch import Tensor, nn

DRAWN = np.random.default_rng(3)
V = 9


class Net(nn.Module):
    """What people export."""

    def __init__(self, kind="LSTM", both=False, layers=1, read="every", first=True, numbers=False,
                 softmax=True, flat=False, hidden=False, **more) -> None:  # fmt: skip
        super().__init__()
        torch.manual_seed(1)
        self.embed = nn.Identity() if numbers else nn.Embedding(V, 3)
        self.rnn = getattr(nn, kind)(3, 4, layers, bidirectional=both, batch_first=first, **more)
        width = 8 if both else 4
        self.hidden = nn.Sequential(nn.Linear(width, width), nn.ReLU()) if hidden else nn.Identity()
        self.out = nn.Linear(width, V)
        self.read, self.softmax, self.flat, self.both = read, softmax, flat, both

    def forward(self, x: Tensor) -> Tensor:
        h, last = self.rnn(self.embed(x))
        last = last[0] if isinstance(last, tuple) else last
        if self.read == "step":
            h = h[:, -1]
        if self.read == "state":
            h = torch.cat((last[-2], last[-1]), 1) if self.both else last[-1]
        if self.read == "mean":
            h = h.mean(1)
        if self.read == "max":
            h = h.max(1)[0]
        if self.flat:
            h = h.reshape(-1, h.shape[-1])
        y = self.out(self.hidden(h))
        return torch.softmax(y, -1) if self.softmax else y


EXPORTED = {
    "lstm": {}, "gru-both": {"kind": "GRU", "both": True, "layers": 2},
    "rnn": {"kind": "RNN", "layers": 2}, "relu": {"kind": "RNN", "nonlinearity": "relu"},
    "step": {"read": "step"}, "steps-first": {"first": False},
    "state": {"read": "state", "layers": 2}, "states": {"read": "state", "both": True, "layers": 2},
    "mean": {"read": "mean", "both": True}, "max": {"read": "max", "numbers": True},
    "numbers": {"numbers": True, "softmax": False}, "flat": {"flat": True},
    "hidden": {"hidden": True, "read": "step"}, "no-bias": {"bias": False},
}  # fmt: skip
BY_HAND = {
    "lstm-by-hand": ("LSTM", "forward", {}),
    "lstm-both-by-hand": ("LSTM", "bidirectional", {}),
    "gru-reset-before": ("GRU", "forward", {"linear_before_reset": 0}),
    "gru-reverse": ("GRU", "reverse", {"linear_before_reset": 1}),
    "rnn-relu-by-hand": ("RNN", "forward", {"activations": ["Relu"]}),
    "lstm-hard": ("LSTM", "forward", {"activations": ["HardSigmoid", "Tanh", "Tanh"]}),
    "gru-hard-both": ("GRU", "bidirectional", {"activations": ["HardSigmoid", "Tanh"] * 2}),
}
REFUSED = {
    "clip": ("LSTM", "forward", {"clip": 1.0}),
    "elu": ("LSTM", "forward", {"activations": ["Sigmoid", "Tanh", "Elu"]}),
}


def by_hand(op: str, direction: str, attributes: dict) -> onnx.ModelProto:
    blocks, ways = {"LSTM": 4, "GRU": 3, "RNN": 1}[op], 2 if direction == "bidirectional" else 1
    shapes = {"W": (ways, blocks * 4, 3), "R": (ways, blocks * 4, 4), "B": (ways, 8 * blocks),
              "F": (4 * ways, 5), "b": (5,)}  # fmt: skip
    constants = {
        name: DRAWN.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()
    }
    nodes = [helper.make_node(op, ["x", "W", "R", "B"], ["Y"], hidden_size=4, direction=direction,
                              **attributes)]  # fmt: skip
    if ways == 1:
        constants["axes"] = np.array([1])
        nodes.append(helper.make_node("Squeeze", ["Y", "axes"], ["h"]))
    else:
        constants["shape"] = np.array([0, 0, -1])
        nodes.append(helper.make_node("Transpose", ["Y"], ["t"], perm=[0, 2, 1, 3]))
        nodes.append(helper.make_node("Reshape", ["t", "shape"], ["h"]))
    nodes.append(helper.make_node("MatMul", ["h", "F"], ["m"]))
    nodes.append(helper.make_node("Add", ["m", "b"], ["a"]))
    nodes.append(helper.make_node("Softmax", ["a"], ["y"], axis=-1))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["t", "b", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["t", "b", 5])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def export(net: nn.Module, read: Tensor, path: Path, folded: bool) -> None:
    axes = {"x": {0: "b", 1: "t"}}
    torch.onnx.export(net, (read,), path, dynamo=False, input_names=["x"], output_names=["y"],
                      dynamic_axes=axes, do_constant_folding=folded)  # fmt: skip


def answer(path: Path, read: np.ndarray, steps_first: bool) -> None:
    (said,) = onnxruntime.InferenceSession(path).run(None, {"x": read})
    if steps_first:
        read, said = np.moveaxis(read, 0, 1), np.moveaxis(said, 0, 1)
    np.savez(path.with_suffix(".npz"), x=read, y=said)


def main() -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        refused = folder / "refused"
        refused.mkdir()
        for name, about in EXPORTED.items():
            net, first = Net(**about).eval(), about.get("first", True)
            read = torch.randn(2, 7, 3) if about.get("numbers") else torch.randint(V, (2, 7))
            read = read if first else read.t().contiguous()
            for path, folded in ((f"{name}.onnx", True), (f"{name}-unfolded.onnx", False)):
                export(net, read, folder / path, folded)
                answer(folder / path, read.numpy(), not first)
        for name, about in BY_HAND.items():
            onnx.save(by_hand(*about), folder / f"{name}.onnx")
            read = DRAWN.normal(size=(7, 2, 3)).astype(np.float32)
            answer(folder / f"{name}.onnx", read, True)
        for name, about in REFUSED.items():
            onnx.save(by_hand(*about), refused / f"{name}.onnx")
        net = Net(both=True, read="step").eval()
        export(net, torch.randint(V, (2, 7)), refused / "last-step-of-both.onnx", True)
        plain = folder / "lstm.onnx"
        quantize_dynamic(plain, refused / "quantised.onnx", op_types_to_quantize=["LSTM", "MatMul"])
        onnx.save_model(onnx.load(plain), folder / "external.onnx", save_as_external_data=True,
                        location="external.bin", size_threshold=0)  # fmt: skip
        (folder / "external.npz").write_bytes(plain.with_suffix(".npz").read_bytes())
        with tarfile.open(Path(__file__).with_name("onnx.tar.xz"), "w:xz") as archive:
            for path in sorted(folder.iterdir()):
                archive.add(path, path.name)


if __name__ == "__main__":
    main()
