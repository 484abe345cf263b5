"""ONNX graphs whose nodes follow one another: LSTM, GRU, RNN, and what stands around them.

The graph is followed from its input; of every value it is known which of its axes are the steps,
the streams, the directions and the numbers of a step, so that a transposition or a flattening is
seen for what it is. Nothing is executed, and an operation that is not known is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.architectures.elman import ELMAN
from rnnviz.core.architectures.facts import Setting
from rnnviz.core.architectures.gru import GRU
from rnnviz.core.architectures.lstm import LSTM
from rnnviz.core.errors import ModelFileError, RnnvizError
from rnnviz.core.files.reading import open_regular, read_head
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.chain import (
    ActivationPart,
    DensePart,
    Direction,
    NormPart,
    Part,
    PoolPart,
    RecurrentPart,
    ScalePart,
    TablePart,
    chain_of,
)
from rnnviz.nets.checkpoints.networks.chain_opened import opened_chain
from rnnviz.nets.checkpoints.networks.gate_layout import GateLayout
from rnnviz.nets.checkpoints.networks.normalisations import batch_norm_as_map
from rnnviz.nets.checkpoints.onnx.tensors import Array, array_of, folded
from rnnviz.nets.opened import OpenedModel

_HEAD = 8
_OLDEST = 3
"""The version of 2017; a SavedModel of TensorFlow begins with 1."""
_MOST_NODES = 20_000
_LAYOUTS = (
    GateLayout(LSTM, ("LSTM",), ("input", "output", "forget", "candidate")),
    GateLayout(GRU, ("GRU",), ("update", "reset", "new")),
    GateLayout(ELMAN, ("RNN",), ("hidden",)),
)
_RECURRENT = {name: layout for layout in _LAYOUTS for name in layout.named}
_ACTIVATIONS = {
    "Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "Softmax": "softmax",
    "LogSoftmax": "softmax", "Gelu": "gelu",
}  # fmt: skip
_PASSED = {"Identity", "Dropout", "Cast"}
_QUANTISED = re.compile(r"Quantize|QLinear|Integer|^Q[A-Z]")
_POOLS = {"ReduceMean": "mean", "ReduceMax": "max"}
_ARRANGED = {
    "Gather", "Slice", "Squeeze", "Unsqueeze", "Transpose", "Reshape", "Flatten", "Concat",
}  # fmt: skip
_CUTS = _ARRANGED | {"Split", "Cast", "Identity", "Expand"}
_PROGRAMS = {"Loop", "Scan", "If"}

# The axes of a value
C = "numbers of a step"
D = "directions"
ONE = "one"


@dataclass(frozen=True)
class Signal:
    """A value that comes from what is read: after which part, and what its axes are."""

    axes: tuple[Any, ...]
    parts: int
    """How many parts of the chain lead to it."""
    states: tuple[tuple[int, str], ...] = ()
    """Where its first axis holds last states: of which parts and directions."""
    direction: str = ""
    """Where it is one half, at every step, of what reads both ways: which."""


@dataclass(frozen=True)
class Made:
    """A value that is made of sizes alone, such as a first state of zeros."""

    zero: bool = False
    given: bool = False
    """Whether it comes from an input of the graph."""
    length: int | None = None
    """How many numbers it has, where it is a shape."""


Value = Signal | Made | Array
Inputs = list[Value | None]


class Onnx:
    """Reads ONNX graphs that are chains around recurrent nodes."""

    name = "onnx"
    title = "ONNX graph"
    holds = "graphs around LSTM, GRU and RNN nodes that follow one another"
    needs = "the package onnx; the characters, or the words, of a network that reads symbols"
    refuses = "DynamicQuantizeLSTM and other quantised nodes, loops, forks, attention"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file begins as the protocol buffer of a model does."""
        return file.read(_looks_like_onnx)

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: it reads symbols, and they are not given.
            ModelFileError: damaged, onnx missing, or a graph that cannot be shown.
        """
        graph = _graph(file.path)
        reader = _Reader(graph, file.path)
        try:
            parts = reader.parts()
        except (RnnvizError, MemoryError):
            raise
        except (ValueError, IndexError, TypeError, KeyError, AttributeError, RuntimeError) as error:
            # shapes of weights and attributes that a damaged graph gets wrong in any way
            raise ModelFileError(
                f"{file.name} is an ONNX graph that is damaged ({error}); fetch it again"
            ) from error
        chain = chain_of(parts, file.name)
        return opened_chain(chain, companions, file.path, Onnx.title, tuple(reader.notes))


def _looks_like_onnx(path: Path) -> bool:
    """A model begins with its version (field 1, one byte) and names its producer or its graph."""
    head = read_head(path, _HEAD)
    if head[:1] != b"\x08" or len(head) < _HEAD or not _OLDEST <= head[1] < 64:
        return False
    return head[2] in (0x12, 0x1A, 0x22, 0x2A, 0x32, 0x3A, 0x42)


def _graph(path: Path) -> Any:
    try:
        from google.protobuf.message import DecodeError
        from onnx import ModelProto
    except ImportError as error:
        raise ModelFileError(
            f"{path.name} is an ONNX graph; to read it the package onnx is needed: "
            'pip install "rnnviz[onnx]"'
        ) from error
    model = ModelProto()
    try:
        with open_regular(path) as file:
            model.ParseFromString(file.readall())
    except (DecodeError, ValueError) as error:
        raise ModelFileError(
            f"{path.name} is an ONNX graph that is damaged or was not copied whole; fetch it again"
        ) from error
    if len(model.graph.node) > _MOST_NODES:
        raise ModelFileError(f"{path.name} is a graph of {len(model.graph.node):,} nodes")
    if not model.graph.node or not model.opset_import:
        raise ModelFileError(
            f"{path.name} is an ONNX graph that was not copied whole; fetch it again"
        )
    return model.graph


class _Reader:
    """Follows a graph from its input, and notes the parts of the chain on the way."""

    def __init__(self, graph: Any, path: Path) -> None:
        self._graph, self._path, self._file = graph, path, path.name
        self._parts: list[Part] = []
        self._values: dict[str, Value] = {}
        self._steps: Any = None
        """The axis of the steps, once a recurrent node said which it is."""
        self.notes: list[str] = []

    def parts(self) -> list[Part]:
        """The parts, in the order in which they read each other."""
        for tensor in self._graph.initializer:
            self._values[tensor.name] = array_of(tensor, self._path)
        inputs = [one for one in self._graph.input if one.name not in self._values]
        data = self._data_input(inputs)
        for one in inputs:
            rank = len(one.type.tensor_type.shape.dim)
            axes: tuple[Any, ...] = tuple(range(rank))
            if one.type.tensor_type.elem_type in (1, 10, 11) and rank:
                axes = (*axes[:-1], C)
            self._values[one.name] = Signal(axes, 0) if one is data else Made(given=True)
        for node in self._graph.node:
            self._read(node)
        ends = [self._values.get(one.name) for one in self._graph.output]
        answers = [end for end in ends if isinstance(end, Signal) and not end.states]
        if not answers:
            raise ModelFileError(
                f"{self._file} gives nothing that is computed from its input {data.name}"
            )
        if answers[0].parts != len(self._parts):
            raise ModelFileError(
                f"{self._file} gives {len(answers)} answers from different places of its graph; a "
                "network with one can be shown"
            )
        return self._parts

    def _data_input(self, inputs: Sequence[Any]) -> Any:
        """The input that is read step by step; others are first states and lengths."""
        made_by = {name: node for node in self._graph.node for name in node.output}
        waiting = [name for node in self._graph.node if node.op_type in _RECURRENT
                   for name in list(node.input)[4:]]  # fmt: skip
        used: set[str] = set()
        while waiting:  # of several layers, the first states are one array that is cut
            name = waiting.pop()
            node = made_by.get(name)
            if node is not None and name not in used and node.op_type in _CUTS:
                waiting += list(node.input)[:1] if node.op_type != "Concat" else list(node.input)
            used.add(name)
        reads = [one for one in inputs if one.name not in used]
        if len(reads) != 1:
            names = ", ".join(one.name for one in inputs) or "nothing"
            raise ModelFileError(
                f"{self._file} reads {names}; a graph with one input, and first states beside it, "
                "can be shown"
            )
        if len(inputs) > 1:
            self.notes.append(
                "its first state is given from outside; what is read here begins at zero"
            )
        return reads[0]

    def _read(self, node: Any) -> None:
        kind = node.op_type
        if _QUANTISED.search(kind):
            raise ModelFileError(
                f"{self._file} holds {kind}: its weights are quantised. Open the graph as it was "
                "before onnxruntime's quantize_dynamic or the like"
            )
        if kind in _PROGRAMS:
            raise ModelFileError(
                f"{self._file} runs its steps as a program of its own (the node "
                f"{self._named(node)}), as tf2onnx writes layers for which ONNX has no node in "
                "that form; open the Keras file that it was made of (.keras or .h5) instead"
            )
        attributes = {one.name: _attribute(one, self._path) for one in node.attribute}
        inputs = [self._values.get(name) if name else None for name in node.input]
        signals = [value for value in inputs if isinstance(value, Signal)]
        if kind == "Constant":
            found: Value | None = attributes.get("value")
            if found is None:
                listed = next(iter(attributes.values()), None)
                found = None if listed is None else np.asarray(listed)
        elif not signals:
            found = self._read_made(kind, inputs, attributes)
        elif kind == "Shape":
            found = Made(length=len(signals[0].axes))
        elif kind in _RECURRENT:
            self._read_recurrent(node, inputs, attributes)
            return
        else:
            found = self._read_signal(node, inputs, attributes)
        for name in node.output[:1]:
            if found is not None:
                self._values[name] = found

    def _read_made(self, kind: str, inputs: Inputs, attributes: Mapping[str, Any]) -> Value | None:
        """What is made of constants, or of sizes."""
        arrays = _arrays(inputs)
        if all(value is None or isinstance(value, np.ndarray) for value in inputs):
            found = folded(kind, arrays, attributes, self._file)
            if found is not None:
                return found
        if kind == "ConstantOfShape":
            value = attributes.get("value")
            return Made(zero=value is None or not np.any(np.asarray(value)))
        made = [value for value in inputs if isinstance(value, Made)]
        length = None
        if kind == "Concat":
            lengths = [
                value.length if isinstance(value, Made) else getattr(value, "size", None)
                for value in inputs
            ]
            known = [size for size in lengths if size is not None]
            length = sum(known) if len(known) == len(lengths) else None
        elif kind == "Gather" and len(arrays) > 1 and arrays[1] is not None:
            length = arrays[1].size
        elif kind in ("Unsqueeze", "Gather"):
            length = 1
        elif kind in ("Cast", "Identity") and isinstance(inputs[0], Made):
            length = inputs[0].length
        zero = bool(made) and all(value.zero for value in made[:1])
        return Made(zero=zero, given=any(value.given for value in made), length=length)

    # One kind of operation each

    def _read_signal(self, node: Any, inputs: Inputs, attributes: Mapping[str, Any]) -> Value:
        kind, first = node.op_type, inputs[0]
        if kind in _PASSED and isinstance(first, Signal):
            return first
        if kind in _SEVERAL:
            return _SEVERAL[kind](self, node, inputs, attributes)
        if kind == "Gather" and isinstance(first, np.ndarray):
            return self._read_embedding(node, first, inputs[1], attributes)
        if not isinstance(first, Signal) or kind not in _ONE:
            self._refuse(node)
        self._require_last(node, first)
        return _ONE[kind](self, node, first, inputs, attributes)

    def _read_activation(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        self._require_numbers(node, value, attributes.get("axis", -1))
        return self._add(value, ActivationPart(self._named(node), _ACTIVATIONS[node.op_type]))

    def _read_transpose(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        order = attributes.get("perm") or range(len(value.axes))[::-1]
        return replace(value, axes=tuple(value.axes[axis] for axis in order))

    def _read_embedding(
        self, node: Any, table: Array, ids: Value | None, attributes: Mapping[str, Any]
    ) -> Signal:
        if not isinstance(ids, Signal) or table.ndim != 2 or attributes.get("axis", 0) != 0:
            self._refuse(node)
        found = replace(ids, axes=(*ids.axes, C))
        return self._add(found, TablePart(self._named(node), _tensor(table)))

    def _read_one_hot(
        self, node: Any, ids: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        depth = _arrays(inputs)[1]
        if depth is None or depth.size != 1 or not 0 < int(depth.reshape(-1)[0]) <= 1 << 13:
            self._refuse(node)
        table = torch.eye(int(depth.reshape(-1)[0]))
        return self._add(replace(ids, axes=(*ids.axes, C)), TablePart(self._named(node), table))

    def _read_product(self, node: Any, inputs: Inputs, attributes: Mapping[str, Any]) -> Signal:
        value, weight = inputs[0], inputs[1]
        if not isinstance(value, Signal) or not isinstance(weight, np.ndarray) or weight.ndim != 2:
            self._refuse(node)
        self._require_last(node, value)
        self._require_numbers(node, value, -1)
        matrix = _tensor(weight)
        if node.op_type == "Gemm":
            if attributes.get("transA", 0):
                self._refuse(node)
            matrix = (matrix if attributes.get("transB", 0) else matrix.t()) * attributes.get(
                "alpha", 1.0
            )
        else:
            matrix = matrix.t()
        bias = torch.zeros(len(matrix))
        if len(inputs) > 2 and isinstance(inputs[2], np.ndarray):
            bias = (bias + _tensor(inputs[2]).reshape(-1)) * attributes.get("beta", 1.0)
        return self._add(value, DensePart(self._named(node), matrix, bias))

    def _read_arithmetic(self, node: Any, inputs: Inputs, attributes: Mapping[str, Any]) -> Signal:
        signals = [value for value in inputs if isinstance(value, Signal)]
        arrays = [value for value in inputs if isinstance(value, np.ndarray)]
        swapped = node.op_type in ("Sub", "Div") and not isinstance(inputs[0], Signal)
        if len(signals) != 1 or len(arrays) != 1 or swapped:
            self._refuse(node)
        value, constant = signals[0], _tensor(arrays[0])
        self._require_last(node, value)
        self._require_numbers(node, value, -1)
        if constant.numel() != 1 and constant.shape[-1] != constant.numel():
            self._refuse(node)
        last = self._parts[-1] if self._parts else None
        width = self._width(len(self._parts))
        numbers = constant.reshape(-1)
        if width:
            numbers = numbers.expand(width)
        elif constant.numel() == 1:
            self._refuse(node)
        ones, zeros = torch.ones_like(numbers), torch.zeros_like(numbers)
        scale, shift = {
            "Add": (ones, numbers), "Sub": (ones, -numbers), "Mul": (numbers, zeros),
            "Div": (1 / numbers, zeros),
        }[node.op_type]  # fmt: skip
        if node.op_type == "Add" and isinstance(last, DensePart) and not last.bias.any():
            self._parts[-1] = replace(last, bias=numbers.clone())
            return value
        return self._add(value, ScalePart(self._named(node), scale, shift))

    def _read_gather(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        """One of the last states, or the last step."""
        index, axis = _arrays(inputs)[1], attributes.get("axis", 0)
        if index is None or index.size != 1 or not -len(value.axes) <= axis < len(value.axes):
            self._refuse(node)
        chosen, place = int(index.reshape(-1)[0]), axis % len(value.axes)
        left = value.axes[:place] + ((ONE,) if index.ndim else ()) + value.axes[place + 1 :]
        if value.states and place == 0:
            if not -len(value.states) <= chosen < len(value.states):
                self._refuse(node)
            state = value.states[chosen]
            return replace(value, axes=left, states=(state,), parts=state[0] + 1)
        if value.axes[place] == ONE and chosen in (0, -1):
            return replace(value, axes=left)
        return self._read_last_step(node, value, value.axes[place], chosen, left)

    def _read_last_step(
        self, node: Any, value: Signal, axis: Any, chosen: int, left: tuple[Any, ...]
    ) -> Signal:
        recurrent = [part for part in self._parts if isinstance(part, RecurrentPart)]
        if value.direction and axis == self._steps:
            ends = {"forward": -1, "backward": 0}
            if chosen != ends[value.direction]:
                self._refuse(node)
            state = (value.parts - 1, value.direction)
            return replace(value, axes=left, states=(state,), direction="")
        if not recurrent or axis != self._steps or chosen != -1:
            self._refuse(node)
        # At the last step the backward half has read that step alone, which is not where it ends.
        both = any("backward" in part.directions for part in recurrent)
        return self._add(
            replace(value, axes=left), PoolPart(self._named(node), "final" if both else "last")
        )

    def _read_slice(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        arrays = _arrays(inputs)
        starts = arrays[1] if len(arrays) > 1 else np.asarray(attributes.get("starts", ()))
        axes = arrays[3] if len(arrays) > 3 else np.asarray(attributes.get("axes", (0,)))
        if starts is None or axes is None or np.size(starts) != 1 or np.size(axes) != 1:
            self._refuse(node)
        place = int(np.reshape(axes, -1)[0]) % max(1, len(value.axes))
        left = (*value.axes[:place], ONE, *value.axes[place + 1 :])
        chosen = int(np.reshape(starts, -1)[0])
        if value.states and place == 0:
            ends = arrays[2] if len(arrays) > 2 else np.asarray(attributes.get("ends", ()))
            if ends is None or np.size(ends) != 1:
                self._refuse(node)
            states = value.states[chosen : int(np.reshape(ends, -1)[0])]
            if not states:
                self._refuse(node)
            return replace(value, states=states, parts=max(place for place, _ in states) + 1)
        if value.axes[place] == D and not value.states and not value.direction:
            ends = arrays[2] if len(arrays) > 2 else np.asarray(attributes.get("ends", ()))
            if ends is None or np.size(ends) != 1:
                self._refuse(node)
            return self._read_half(node, value, left, slice(chosen, int(np.reshape(ends, -1)[0])))
        return self._read_last_step(node, value, value.axes[place], chosen, left)

    def _read_half(self, node: Any, value: Signal, left: tuple[Any, ...], which: slice) -> Signal:
        """What one direction gives at every step."""
        part = self._parts[value.parts - 1]
        names = list(part.directions)[which] if isinstance(part, RecurrentPart) else []
        if len(names) != 1:
            self._refuse(node)
        return replace(value, axes=left, direction=names[0] if self._both(value) else "")

    def _read_squeeze(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        arrays = _arrays(inputs)
        given = arrays[1] if len(arrays) > 1 else attributes.get("axes")
        axes = list(value.axes)
        if node.op_type == "Unsqueeze":
            for axis in sorted(int(one) for one in np.reshape(np.asarray(given), -1)):
                axes.insert(axis % (len(axes) + 1), ONE)
            return replace(value, axes=tuple(axes))
        wanted = (
            [axis for axis, what in enumerate(axes) if what in (ONE, D)]
            if given is None
            else [int(one) % len(axes) for one in np.reshape(np.asarray(given), -1)]
        )
        for place in wanted:
            single = len(value.states) == 1 if value.states else not self._both(value)
            if axes[place] != ONE and not (axes[place] == D and single):
                self._refuse(node)
        return replace(
            value, axes=tuple(what for axis, what in enumerate(axes) if axis not in wanted)
        )

    def _read_reshape(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        """Directions side by side, or steps and streams in a row: what is next to each other."""
        axes = [what for what in value.axes if what != ONE]
        target = inputs[1] if len(inputs) > 1 else None
        rank = 2 if node.op_type == "Flatten" else None
        if isinstance(target, np.ndarray | Made):
            rank = target.length if isinstance(target, Made) else target.size
        if not axes or axes[-1] != C:
            self._refuse(node)
        single = len(value.states) == 1 if value.states else not self._both(value)
        if D in axes:
            if axes[-2] != D and not single:
                self._refuse(node)
            axes.remove(D)
        if rank == len(axes):
            return replace(value, axes=tuple(axes))
        if rank == 3 and len(axes) == 2 and isinstance(axes[0], tuple):
            return replace(value, axes=(*axes[0], C))  # put in a row before, and back again
        if rank == 2:
            numbers = target.reshape(-1)[-1] if isinstance(target, np.ndarray) else -1
            width = self._width(value.parts)
            if len(axes) == 3 and numbers in (-1, width) and node.op_type == "Reshape" and width:
                if isinstance(target, np.ndarray) and numbers == -1 and target.reshape(-1)[0] != -1:
                    self._refuse(node)
                return replace(value, axes=((axes[0], axes[1]), C))
        return self._refuse(node)

    def _read_concat(self, node: Any, inputs: Inputs, attributes: Mapping[str, Any]) -> Signal:
        """Last states of several layers one after the other, or of both directions side by side."""
        signals = [value for value in inputs if isinstance(value, Signal)]
        axis = int(attributes.get("axis", 0))
        halves = tuple(value.direction for value in signals if not value.states)
        if halves == ("forward", "backward") and len(inputs) == 2:
            first, second = signals
            along = first.axes[axis] == C and first == replace(second, direction="forward")
            if along:
                return replace(first, direction="")
        if len(signals) != len(inputs) or not all(value.states for value in signals):
            self._refuse(node)
        first = signals[0]
        states = tuple(state for value in signals for state in value.states)
        if axis % len(first.axes) == 0 and first.axes[0] == D:
            return replace(first, states=states, parts=max(value.parts for value in signals))
        if first.axes[axis] != C or any(len(value.states) != 1 for value in signals):
            self._refuse(node)
        return replace(first, states=states, parts=max(value.parts for value in signals))

    def _read_batch_norm(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        arrays = _arrays(inputs)
        if len(value.axes) < 2 or value.axes[1] != C or any(one is None for one in arrays[1:5]):
            self._refuse(node)
        gamma, beta, mean, variance = (_tensor(np.asarray(array)) for array in arrays[1:5])
        epsilon = attributes.get("epsilon", 1e-5)
        scale, shift = batch_norm_as_map(mean, variance, gamma, beta, epsilon)
        return self._add(value, ScalePart(self._named(node), scale, shift))

    def _read_layer_norm(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        arrays = _arrays(inputs)
        self._require_numbers(node, value, attributes.get("axis", -1))
        epsilon = float(attributes.get("epsilon", 1e-5))
        if arrays[1] is None or not 0 <= epsilon <= 1:
            self._refuse(node)
        weight = _tensor(arrays[1])
        bias = _tensor(arrays[2]) if len(arrays) > 2 and arrays[2] is not None else weight * 0
        return self._add(value, NormPart(self._named(node), weight, bias, epsilon))

    def _read_pool(
        self, node: Any, value: Signal, inputs: Inputs, attributes: Mapping[str, Any]
    ) -> Signal:
        arrays = _arrays(inputs)
        given = arrays[1] if len(arrays) > 1 else attributes.get("axes")
        if given is None or np.size(given) != 1:
            self._refuse(node)
        place = int(np.reshape(np.asarray(given), -1)[0]) % len(value.axes)
        if value.axes[place] != self._steps:
            self._refuse(node)
        kept = (ONE,) if attributes.get("keepdims", 1) else ()
        found = replace(value, axes=(*value.axes[:place], *kept, *value.axes[place + 1 :]))
        return self._add(found, PoolPart(self._named(node), _POOLS[node.op_type]))

    # Recurrent nodes

    def _read_recurrent(self, node: Any, inputs: Inputs, attributes: Mapping[str, Any]) -> None:
        value = inputs[0]
        if not isinstance(value, Signal) or len(value.axes) != 3 or value.axes[2] != C:
            self._refuse(node)
        self._require_last(node, value)
        if attributes.get("layout", 0):
            streams, steps = value.axes[:2]
        else:
            steps, streams = value.axes[:2]
        if not isinstance(steps, int) or self._steps not in (None, steps):
            self._refuse(node)
        self._steps = steps
        self._check_others(node, inputs)
        part = _recurrent_part(self._named(node), node, inputs, attributes, self._file)
        place = len(self._parts)
        self._parts.append(part)
        states = tuple((place, direction) for direction in part.directions)
        given = Signal((steps, D, streams, C), place + 1)
        ends = Signal((D, streams, C), place + 1, states)
        if attributes.get("layout", 0):
            given = Signal((streams, steps, D, C), place + 1)
            ends = Signal((streams, D, C), place + 1, states)
        outputs: tuple[Value, ...] = (given, ends, Made())
        self._values |= dict(zip(node.output, outputs, strict=False))

    def _check_others(self, node: Any, inputs: Inputs) -> None:
        """Lengths, first states and peepholes, which must be nothing."""
        others = [*inputs[4:], None, None, None, None][:4]
        lengths, hidden, cell, peepholes = others
        if isinstance(peepholes, np.ndarray) and np.any(peepholes):
            self._refuse(node, "has peepholes, weights from its cell to its gates")
        if isinstance(lengths, Made):
            self.notes.append("how many steps are real is given from outside; here all are")
        for state in (hidden, cell):
            learned = isinstance(state, np.ndarray) and np.any(state)
            if learned or isinstance(state, Signal):
                self._refuse(node, "begins with a state that is not zero")
            if isinstance(state, Made) and not (state.zero or state.given):
                self.notes.append(
                    "its first state is computed in the graph; here it begins at zero"
                )

    # What they share

    def _add(self, value: Signal, part: Part) -> Signal:
        self._parts.append(part)
        return replace(value, parts=len(self._parts), states=())

    def _require_last(self, node: Any, value: Signal) -> None:
        """Refuse what reads something that something else has read already: the graph forks."""
        if value.states and node.op_type in _ARRANGED:
            return  # whose last states these are matters where they enter something
        if value.parts != len(self._parts):
            self._refuse(node, "reads what another part of the graph has read already: it forks")
        if value.direction and node.op_type not in _ARRANGED:
            self._refuse(node, "reads one direction alone of a layer that reads both ways")
        if value.states:
            self._take_states(node, value)

    def _take_states(self, node: Any, value: Signal) -> None:
        """Where last states enter something, they are those that the whole network ends with."""
        layers = [
            (place, part)
            for place, part in enumerate(self._parts)
            if isinstance(part, RecurrentPart)
        ]
        place, part = layers[-1]
        if value.states != tuple((place, direction) for direction in part.directions):
            self._refuse(node, "reads last states of other layers than the top one")
        self._parts[place] = replace(part, every=False)

    def _require_numbers(self, node: Any, value: Signal, axis: int) -> None:
        if not value.axes or value.axes[axis % len(value.axes)] != C:
            self._refuse(node, "works along another axis than the numbers of a step")

    def _width(self, parts: int) -> int:
        """How many numbers the first of the parts give at a step; 0 where the file does not say."""
        for part in reversed(self._parts[:parts]):
            match part:
                case RecurrentPart():
                    return part.units * len(part.directions)
                case DensePart() | NormPart():
                    return len(part.weight)
                case TablePart():
                    return part.weight.shape[1]
                case ScalePart():
                    return len(part.scale)
        return 0

    def _both(self, value: Signal) -> bool:
        before = [part for part in self._parts[: value.parts] if isinstance(part, RecurrentPart)]
        return bool(before) and len(before[-1].directions) > 1

    def _named(self, node: Any) -> str:
        return f"{node.op_type} {node.name}".strip()

    def _refuse(self, node: Any, why: str = "") -> NoReturn:
        said = f" {why}" if why else " is not understood here where it stands"
        raise ModelFileError(
            f"{self._file}: the node {self._named(node)}{said}; what can be shown is an embedding "
            "or a matrix product, LSTM, GRU or RNN nodes one after the other, their last step or a "
            "mean, and matrix products on top"
        )


_SEVERAL: Mapping[str, Callable[[_Reader, Any, Inputs, Mapping[str, Any]], Signal]] = {
    "MatMul": _Reader._read_product,
    "Gemm": _Reader._read_product,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _Reader._read_arithmetic),
    "Concat": _Reader._read_concat,
}
"""What reads a signal and something else, or several."""
_ONE: Mapping[str, Callable[[_Reader, Any, Signal, Inputs, Mapping[str, Any]], Signal]] = {
    "OneHot": _Reader._read_one_hot,
    "Gather": _Reader._read_gather,
    "Slice": _Reader._read_slice,
    "Transpose": _Reader._read_transpose,
    **dict.fromkeys(("Squeeze", "Unsqueeze"), _Reader._read_squeeze),
    **dict.fromkeys(("Reshape", "Flatten"), _Reader._read_reshape),
    "BatchNormalization": _Reader._read_batch_norm,
    "LayerNormalization": _Reader._read_layer_norm,
    **dict.fromkeys(_ACTIVATIONS, _Reader._read_activation),
    **dict.fromkeys(_POOLS, _Reader._read_pool),
}
"""What reads one signal."""


def _arrays(inputs: Inputs) -> list[Array | None]:
    """The constants among these."""
    return [value if isinstance(value, np.ndarray) else None for value in inputs]


def _recurrent_part(
    name: str,
    node: Any,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    file: str,
) -> RecurrentPart:
    """A recurrent node with its weights in the layout of torch."""
    layout = _RECURRENT[node.op_type]
    into, again, bias = (inputs[place] if len(inputs) > place else None for place in (1, 2, 3))
    if not isinstance(into, np.ndarray) or not isinstance(again, np.ndarray):
        raise ModelFileError(
            f"{file}: the weights of {name} are computed in the graph and not kept; export it with "
            "do_constant_folding=True"
        )
    ways = _ways(attributes)
    blocks, units = layout.blocks, int(attributes.get("hidden_size", 0)) or again.shape[-1]
    rows = blocks * units
    shapes = ((len(ways), rows, into.shape[-1]), (len(ways), rows, units))
    fits = into.shape == shapes[0] and again.shape == shapes[1]
    both = np.zeros((len(ways), 2 * rows), np.float32) if bias is None else bias
    if not fits or not isinstance(both, np.ndarray) or both.shape != (len(ways), 2 * rows):
        raise ModelFileError(
            f"{file}: {name} of {units} units in {len(ways)} directions has weights {into.shape} "
            f"and {again.shape}; they should be {shapes[0]} and {shapes[1]}"
        )
    directions: dict[str, Direction] = {}
    for place, way in enumerate(ways):
        first, second = both[place, :rows], both[place, rows:]
        arrays = {
            "weight_ih_l0": into[place],
            "weight_hh_l0": again[place],
            "bias_ih_l0": first,
            "bias_hh_l0": second,
        }
        directions[way] = {part: layout.ordered(_tensor(array)) for part, array in arrays.items()}
    variant = _variant(name, layout, len(ways), attributes, file)
    return RecurrentPart(name, layout.facts.name, units, directions, variant)


def _ways(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    said = _text(attributes.get("direction", "forward"))
    return {"reverse": ("backward",), "bidirectional": ("forward", "backward")}.get(
        said, ("forward",)
    )


def _variant(
    name: str, layout: GateLayout, ways: int, attributes: Mapping[str, Any], file: str
) -> dict[str, Setting]:
    """What a node does otherwise than usual.

    Raises:
        ModelFileError: something that cannot be shown.
    """
    for key in ("clip", "input_forget"):
        if attributes.get(key):
            raise ModelFileError(
                f"{file}: {name} has {key}={attributes[key]}, which cannot be shown"
            )
    gated = layout.facts.gated
    usual = ("sigmoid",) * gated + ("tanh",) * len(layout.facts.states)
    named = [_text(one).lower() for one in attributes.get("activations") or usual * ways]
    one_way = tuple(named[: len(usual)])
    if len(one_way) != len(usual) or named != list(one_way) * ways:
        raise ModelFileError(f"{file}: {name} has the activations {named}, which cannot be shown")
    squash = one_way[-1]
    known = squash in ("tanh", "relu") and set(one_way[gated:]) == {squash}
    found: str | None = "sigmoid"
    if gated and one_way[0] != "sigmoid":
        alpha = next(iter(attributes.get("activation_alpha") or ()), 0.2)
        beta = next(iter(attributes.get("activation_beta") or ()), 0.5)
        found = {
            ("hardsigmoid", 0.2, 0.5): "hard-sigmoid-0.2",
            ("hardsigmoid", round(1 / 6, 4), 0.5): "hard-sigmoid",
        }.get((one_way[0], round(alpha, 4), round(beta, 4)))
    if not known or found is None:
        raise ModelFileError(
            f"{file}: {name} has the activations {', '.join(one_way)}; sigmoid or hard sigmoid for "
            "gates, tanh or relu for the rest can be shown"
        )
    return layout.variant(squash, found, bool(attributes.get("linear_before_reset", 0)))


def _attribute(one: Any, path: Path) -> Any:
    """The value of an attribute; graphs inside are None."""
    return {
        1: lambda: one.f, 2: lambda: one.i, 3: lambda: one.s, 4: lambda: array_of(one.t, path),
        6: lambda: list(one.floats), 7: lambda: list(one.ints), 8: lambda: list(one.strings),
    }.get(one.type, lambda: None)()  # fmt: skip


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _tensor(array: Array) -> Tensor:
    if array.dtype.kind != "f":
        raise ModelFileError(
            f"constants of type {array.dtype} stand where weights should; if the model is "
            "quantised, open it as it was before"
        )
    return torch.from_numpy(np.array(array, np.float32))
