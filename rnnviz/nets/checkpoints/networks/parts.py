"""Named tensors put together to the parts of a network: what lies under one name is one part.

Names are a person's own. What a part is follows from its shapes, and from its class where the file
tells it; `network_found` then finds the order in which the parts compute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from rnnviz.core.architectures import ArchitectureFacts, layers_of_torch
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.networks.normalisations import batch_norm_as_map, epsilon_of
from rnnviz.nets.checkpoints.pytorch.file import ModuleFacts
from rnnviz.nets.sequence.weights import shape_of

RECURRENT = re.compile(
    r"(?P<module>.*?)(?P<part>weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)"
    r"(?:_l(?P<layer>\d{1,9}))?(?P<reverse>_reverse)?"
)
_TRANSFORMER = re.compile(r"self_attn|q_proj|c_attn|query|in_proj_weight", re.IGNORECASE)
_NAMED = (
    (
        "a network of RWKV",
        re.compile(r"(^|\.)(time_decay|time_mix\w*|time_first|time_faaaa|r_k|x_k|w0)$"),
    ),
    ("a Mamba network", re.compile(r"(^|\.)(A_log|dt_proj\.weight|x_proj\.weight)$")),
    (
        "a convolutional LSTM or GRU (ConvLSTM), which reads pictures",
        re.compile(r"conv_?(lstm|gru)|cell_list\.\d+\.conv", re.IGNORECASE),
    ),
    ("a network of SRU", re.compile(r"(^|\.)rnn_lst\.\d+\.|(^|\.)sru\w*\.", re.IGNORECASE)),
    (
        "a QRNN",
        re.compile(r"qrnn|(^|\.)rnns?\.\d+\.(module\.)?linear\.weight(_raw)?$", re.IGNORECASE),
    ),
    (
        "a minimal LSTM or GRU (minLSTM, minGRU)",
        re.compile(r"to_hidden_and_gate|min_?(lstm|gru)", re.IGNORECASE),
    ),
    ("an IndRNN", re.compile(r"ind_?rnn", re.IGNORECASE)),
    ("an xLSTM", re.compile(r"xlstm|(^|\.)[sm]lstm", re.IGNORECASE)),
    ("a linear recurrent unit (LRU)", re.compile(r"(^|\.)(nu_log|theta_log|gamma_log)$")),
)
"""Recurrent networks of other kinds, told by the names that their own programs give."""
_PICTURES = re.compile(r"resnet|vgg|cnn|conv|backbone|inception|densenet", re.IGNORECASE)
Modules = Mapping[str, ModuleFacts]
Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Stack:
    """A recurrent module: one layer or several, in one direction or both."""

    name: str
    """That of the module: `encoder.rnn`."""
    architecture: ArchitectureFacts
    layers: tuple[tuple[Tensors, ...], ...]
    """For every layer, for every direction, its parameters by torch's names of layer 0."""
    place: int
    """Where it stands in the file."""
    activation: str = ""
    """`relu`, where the file tells that a vanilla RNN uses it, or `tanh`; empty if it does not."""
    reset_after: bool = True
    """Of a GRU: whether the reset gate multiplies the product, as torch has it, or the state."""

    @property
    def directions(self) -> int:
        """1, or 2 where it reads both ways."""
        return len(self.layers[0])

    @property
    def inputs(self) -> int:
        """How many numbers enter at every step."""
        return self.layers[0][0]["weight_ih_l0"].shape[1]

    @property
    def units(self) -> int:
        """U in each direction."""
        return self.layers[0][0]["weight_hh_l0"].shape[0] // self.architecture.blocks

    @property
    def projection(self) -> int:
        """The width to which what it gives is projected; 0 for none."""
        found = self.layers[0][0].get("weight_hr_l0")
        return 0 if found is None else found.shape[0]

    @property
    def width(self) -> int:
        """What it gives at a step, both directions side by side."""
        return (self.projection or self.units) * self.directions


Kind = Literal["matrix", "layer-norm", "batch-norm", "vector", "other"]


@dataclass(frozen=True)
class Part:
    """What lies under one name beside the recurrent modules."""

    name: str
    """That of the module: `decoder.0`; of a tensor that is in none, its own."""
    kind: Kind
    weight: Tensor
    bias: Tensor | None
    place: int
    """Where it stands in the file."""
    loose: bool = False
    """Whether it is a parameter of its own and no module, so that x W is computed, not W x."""
    embedding: bool | None = None
    """Whether its class says that it is one; None where the file does not tell."""
    full_name: str = ""
    """Of its weight, for messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its weight."""
        return tuple(self.weight.shape)


def stacks_in(tensors: Tensors, modules: Modules, file: str) -> tuple[Stack, ...]:
    """The recurrent modules, in the order of the file.

    Raises:
        ModelFileError: shapes that no layer of torch has.
    """
    found: dict[str, dict[tuple[int, bool], dict[str, Tensor]]] = {}
    places: dict[str, int] = {}
    for place, (name, tensor) in enumerate(tensors.items()):
        match = RECURRENT.fullmatch(name)
        if not match:
            continue
        key = (int(match["layer"] or 0), bool(match["reverse"]))
        layers = found.setdefault(match["module"], {})
        layers.setdefault(key, {})[f"{match['part']}_l0"] = tensor
        places.setdefault(match["module"], place)
    return tuple(_stack(module, layers, places[module], modules, file)
                 for module, layers in found.items())  # fmt: skip


def _stack(
    module: str,
    found: Mapping[tuple[int, bool], dict[str, Tensor]],
    place: int,
    modules: Modules,
    file: str,
) -> Stack:
    numbers = sorted({number for number, _ in found})
    for wanted, number in enumerate(numbers):
        if number != wanted:
            raise ModelFileError(
                f"{file} holds {module}layer {number} and no layer {wanted} below it; the file is "
                "incomplete"
            )
    ways = sorted({reverse for _, reverse in found})
    kind: ArchitectureFacts | None = None
    layers, below = [], 0
    for number in numbers:
        directions = []
        for reverse in ways:
            name = f"{module}layer {number}{', backwards' if reverse else ''}"
            parts = found.get((number, reverse))
            if parts is None:
                raise ModelFileError(f"{file} lacks {name}; the file is incomplete")
            own, parameters = _layer(name, parts, file)
            if kind is not None and own is not kind:
                raise ModelFileError(f"{file}: {name} is of another kind than what lies below it")
            kind = own
            directions.append(parameters)
        entering = directions[0]["weight_ih_l0"].shape[1]
        if below and entering != below:
            raise ModelFileError(
                f"{file}: {module}layer {number} reads {entering} numbers and the layer below it "
                f"gives {below}; the file is damaged"
            )
        widths = {one["weight_hh_l0"].shape for one in directions}
        if len(widths) > 1 or any(one["weight_ih_l0"].shape[1] != entering for one in directions):
            raise ModelFileError(
                f"{file}: the directions of {module}layer {number} differ in width"
            )
        below = sum(one["weight_hh_l0"].shape[1] for one in directions)
        layers.append(tuple(directions))
    assert kind is not None
    about = modules.get(module.rstrip("."))
    told = about.attributes if about else {}
    activation = {"RNN_TANH": "tanh", "RNN_RELU": "relu"}.get(str(told.get("mode")), "")
    activation = activation or str(told.get("nonlinearity", ""))
    after = told.get("reset_after") is not False
    return Stack(module.rstrip("."), kind, tuple(layers), place, activation, after)


def _layer(
    name: str, parts: Mapping[str, Tensor], file: str
) -> tuple[ArchitectureFacts, dict[str, Tensor]]:
    """One layer, its shapes checked; absent biases are zeros."""
    for part in ("weight_ih_l0", "weight_hh_l0"):
        said = part.removesuffix("_l0")
        if part not in parts:
            raise ModelFileError(f"{file}: {name} has no {said}; the file is incomplete")
        if part == "weight_hh_l0" and parts[part].dim() == 1:
            raise ModelFileError(
                f"{file}: {said} of {name} is a vector {shape_of(parts[part])}, one number "
                "a unit, as in an IndRNN, where every unit reads its own state alone; such a "
                "network cannot be shown yet"
            )
        if parts[part].dim() != 2 or 0 in parts[part].shape:
            raise ModelFileError(f"{file}: {said} of {name} has shape {shape_of(parts[part])}")
    into, again = parts["weight_ih_l0"], parts["weight_hh_l0"]
    rows, units = again.shape
    projected = parts.get("weight_hr_l0")
    kinds = layers_of_torch()
    if projected is not None:
        kinds = tuple(kind for kind in kinds if kind.projection)
        fits = projected.dim() == 2 and projected.shape[0] == units
        units = projected.shape[1] if fits else 0
    kind = next((kind for kind in kinds if kind.blocks * units == rows), None)
    if kind is None or into.shape[0] != rows:
        times = ", ".join(f"{kind.torch_module} {kind.blocks}" for kind in layers_of_torch())
        raise ModelFileError(
            f"{file}: the weights of {name} have shapes {shape_of(into)} and {shape_of(again)}; a "
            f"layer of torch has this many times as many rows as units: {times}"
        )
    found = {"weight_ih_l0": into, "weight_hh_l0": again}
    for part in ("bias_ih_l0", "bias_hh_l0"):
        bias = parts.get(part, torch.zeros(rows))
        if tuple(bias.shape) != (rows,):
            raise ModelFileError(
                f"{file}: a bias of {name} has shape {shape_of(bias)}, not ({rows},)"
            )
        found[part] = bias
    return kind, found | ({} if projected is None else {"weight_hr_l0": projected})


def parts_in(tensors: Tensors, modules: Modules, file: str) -> tuple[Part, ...]:
    """All that is not recurrent, in the order of the file.

    Raises:
        ModelFileError: a convolution, or something else that no part of such a network is.
    """
    groups: dict[str, dict[str, Tensor]] = {}
    places: dict[str, int] = {}
    for place, (name, tensor) in enumerate(tensors.items()):
        if RECURRENT.fullmatch(name):
            continue
        module, _, leaf = name.rpartition(".")
        inside = leaf in ("weight", "bias", "running_mean", "running_var")
        key, own = (module, leaf) if inside else (name, "")
        groups.setdefault(key, {})[own] = tensor
        places.setdefault(key, place)
    found = [_part(name, held, places[name], modules, file) for name, held in groups.items()]
    return tuple(_with_loose_biases(found))


def _part(name: str, held: dict[str, Tensor], place: int, modules: Modules, file: str) -> Part:
    about = modules.get(name)
    kind = about.kind if about else ""
    weight = held.get("weight", held.get("", held.get("running_mean", held.get("bias"))))
    assert weight is not None
    bias, full = held.get("bias"), f"{name}.weight" if "weight" in held else name
    if "running_mean" in held and "running_var" in held:
        scale, shift = batch_norm_as_map(
            held["running_mean"],
            held["running_var"],
            held.get("weight"),
            bias,
            epsilon_of(about),
        )
        return Part(name, "batch-norm", scale, shift, place, full_name=full)
    if weight.dim() > 2 and "weight" in held:
        raise ModelFileError(_convolution(full, weight, name, kind, file))
    if weight.dim() == 1 and "weight" in held and bias is not None and bias.shape == weight.shape:
        return Part(name, "layer-norm", weight, bias, place, full_name=full)
    if weight.dim() == 2:
        told = None if not kind else kind.startswith("Embedding")
        loose = "" in held
        return Part(name, "matrix", weight, bias, place, loose, told, full_name=full)
    return Part(name, "vector" if weight.dim() == 1 else "other", weight, bias, place, True,
                full_name=full)  # fmt: skip


def _convolution(full: str, weight: Tensor, name: str, kind: str, file: str) -> str:
    if weight.dim() == 4 or _PICTURES.search(name):
        what = "reads pictures (as captioners and networks of video do) or is convolved over time"
    else:
        what = "is convolved over time"
    return (
        f"besides the recurrent layers, {file} holds a convolution, {full} {shape_of(weight)}"
        f"{f' ({kind})' if kind else ''}: the network {what}; such a network cannot be shown yet"
    )


def _with_loose_biases(found: list[Part]) -> list[Part]:
    """A vector that is the bias of the one matrix of its height, where names do not say it."""
    vectors = [part for part in found if part.kind == "vector"]
    biased = [part for part in found if part.kind == "matrix" and part.bias is not None]
    if len(vectors) != 1 or biased:
        return found
    (vector,) = vectors
    high = [p for p in found if p.kind == "matrix" and p.weight.shape[0] == len(vector.weight)]
    if not high:
        return found
    last = high[-1]
    return [
        replace(part, bias=vector.weight) if part is last else part
        for part in found
        if part is not vector
    ]


def no_recurrence(tensors: Tensors, file: str) -> str:
    """The message for tensors among which no recurrent layer is."""
    if not tensors:
        return f"{file} holds no tensors at all; fetch it again, or save the model anew"
    names = ", ".join(
        f"{name[:80]} {shape_of(tensor)}" for name, tensor in list(tensors.items())[:4]
    )
    for what, told in _NAMED:
        if any(told.search(name) for name in tensors):
            return f"{file} holds {what} ({names}, ...), which cannot be shown yet"
    if any(_TRANSFORMER.search(name) for name in tensors):
        return (
            f"{file} holds a Transformer ({names}, ...), which has no recurrent layer; an RNN, "
            "LSTM or GRU character model can be opened"
        )
    if tensors and all(_PICTURES.search(name) for name in list(tensors)[:4]):
        return (
            f"{file} holds convolutions ({names}, ...) and no recurrent layer: a network for "
            "pictures, such as the encoder of a captioner; its decoder is the recurrent half"
        )
    return (
        f"{file} holds no recurrent layer that torch.nn.RNN, LSTM or GRU would save, but {names}; "
        "a network that computes its gates with layers of its own cannot be opened"
    )
