"""The recurrent layers among named tensors: kind, width and order, inferred from shapes.

Parameter names are a person's own. Only the endings that torch gives to recurrent layers and cells
(`weight_ih_l0`, `bias_hh`) are relied on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from rnnviz.core.architectures import ArchitectureFacts, layers_of_torch
from rnnviz.core.errors import ModelFileError

RECURRENT = re.compile(
    r"(?P<module>.*?)(?P<part>weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)"
    r"(?:_l(?P<layer>\d+))?(?P<reverse>_reverse)?"
)
_REWRITTEN = re.compile(r".*weight_(?:hh|ih)(?:_l\d+)?(?:_raw|_g|_v|_orig|\.original\d*)")
"""How weight normalisation, weight dropout and pruning name what they compute weights from."""
_TRANSFORMER = re.compile(r"self_attn|q_proj|c_attn|query|in_proj_weight", re.IGNORECASE)

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Layer:
    """One recurrent layer: U units, its four tensors in torch's layout."""

    name: str
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor

    @property
    def units(self) -> int:
        """U."""
        return self.weight_hh.shape[1]

    @property
    def architecture(self) -> ArchitectureFacts:
        """The kind whose number of blocks these weights have."""
        rows = self.weight_hh.shape[0]
        return next(kind for kind in layers_of_torch() if kind.blocks * self.units == rows)

    @property
    def inputs(self) -> int:
        """How many numbers enter at every step."""
        return self.weight_ih.shape[1]


def recurrent_layers(tensors: Tensors, file: str) -> tuple[Layer, ...]:
    """The recurrent layers, the one that reads the input first.

    Raises:
        ModelFileError: none, or layers that no stack of one kind and one width can be made of.
    """
    if rewritten := [name for name in tensors if _REWRITTEN.fullmatch(name)]:
        raise ModelFileError(
            f"{file} does not hold the recurrent weights but what they are computed from "
            f"({rewritten[0]}), as weight normalisation, weight dropout and pruning do; remove "
            "that where the model was made (torch.nn.utils.parametrize.remove_parametrizations, "
            "remove_weight_norm) and save its state_dict again"
        )
    parts: dict[tuple[str, int], dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = RECURRENT.fullmatch(name)
        if not match:
            continue
        if match["reverse"]:
            raise ModelFileError(
                f"{file} holds a bidirectional network ({name}): it reads the future of the text, "
                "so it cannot predict the next character and cannot be shown as a language model"
            )
        if match["part"] == "weight_hr":
            raise ModelFileError(
                f"{file} holds an LSTM with projected hidden states ({name}, made with proj_size); "
                "these cannot be opened, train without proj_size"
            )
        key = (match["module"], int(match["layer"] or 0))
        parts.setdefault(key, {})[match["part"]] = tensor
    if not parts:
        raise ModelFileError(_no_recurrence(tensors, file))
    modules = _in_order(list(dict.fromkeys(module for module, _ in parts)))
    ordered = sorted(parts, key=lambda key: (modules.index(key[0]), key[1]))
    layers = tuple(
        _layer(f"{module}layer {number}", parts[module, number], file) for module, number in ordered
    )
    for below, above in pairwise(layers):
        if above.weight_hh.shape != below.weight_hh.shape or above.inputs != below.units:
            raise ModelFileError(
                f"{file}: {above.name} reads {above.inputs} numbers and has "
                f"{above.units} units, {below.name} has {below.units}; only a stack of layers of "
                "one kind and one width can be shown, each reading the one below"
            )
    return layers


def _in_order(modules: list[str]) -> list[str]:
    """By the numbers in their names if they differ in nothing else, else as in the file."""
    if len({re.sub(r"\d+", "#", module) for module in modules}) > 1:
        return modules
    return sorted(modules, key=lambda module: [int(found) for found in re.findall(r"\d+", module)])


def _layer(name: str, parts: Mapping[str, Tensor], file: str) -> Layer:
    """One layer, its shapes checked; absent biases are zeros."""
    for part in ("weight_ih", "weight_hh"):
        if part not in parts:
            raise ModelFileError(f"{file}: {name} has no {part}; the file is incomplete")
        if parts[part].dim() != 2 or 0 in parts[part].shape:
            raise ModelFileError(f"{file}: {part} of {name} has shape {shape_of(parts[part])}")
    into, again = parts["weight_ih"], parts["weight_hh"]
    rows, units = again.shape
    kinds = layers_of_torch()
    if rows not in [kind.blocks * units for kind in kinds] or into.shape[0] != rows:
        times = ", ".join(f"{kind.torch_module} {kind.blocks}" for kind in kinds)
        raise ModelFileError(
            f"{file}: the weights of {name} have shapes {shape_of(into)} and {shape_of(again)}; a "
            f"layer of torch has this many times as many rows as units: {times}"
        )
    biases = [parts.get(part, torch.zeros(rows)) for part in ("bias_ih", "bias_hh")]
    for bias in biases:
        if tuple(bias.shape) != (rows,):
            raise ModelFileError(
                f"{file}: a bias of {name} has shape {shape_of(bias)}, not ({rows},)"
            )
    return Layer(name, into, again, *biases)


def _no_recurrence(tensors: Tensors, file: str) -> str:
    """The message for tensors among which no recurrent layer is."""
    names = ", ".join(f"{name} {shape_of(tensor)}" for name, tensor in list(tensors.items())[:4])
    if any(_TRANSFORMER.search(name) for name in tensors):
        return (
            f"{file} holds a Transformer ({names}, ...), which has no recurrent layer; an RNN, "
            "LSTM or GRU character model can be opened"
        )
    return (
        f"{file} holds no recurrent layer that torch.nn.RNN, LSTM or GRU would save, but {names}; "
        "a network that computes its gates with layers of its own cannot be opened"
    )


def shape_of(tensor: Tensor) -> str:
    """`(84, 256)`."""
    return str(tuple(tensor.shape))
