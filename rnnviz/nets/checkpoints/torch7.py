"""Torch7 `.t7` files that torch-rnn wrote.

torch-rnn keeps `weight` of a layer as (D + H, 4H), the rows for x first, then those for h, and
orders the gates i, f, o, g; torch orders them i, f, g, o and has H rows a gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from rnnviz.core.architectures.elman import ELMAN
from rnnviz.core.architectures.lstm import LSTM
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.assembled import assembled
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.pytorch_file import ModuleFacts
from rnnviz.nets.checkpoints.t7_objects import LuaObject, looks_like_t7, read_t7
from rnnviz.nets.opened import OpenedModel

_LANGUAGE_MODEL = "nn.LanguageModel"
_KINDS = {"nn.LSTM": LSTM, "nn.VanillaRNN": ELMAN}
_GATE_ORDER = ("input", "forget", "output", "candidate", "hidden")
"""The order in which torch-rnn lays out the gates that a kind has."""
_SILENT = {"nn.Dropout", "nn.View"}
"""Modules that change nothing while a text is walked."""


class Torch7:
    """Reads the language models of torch-rnn."""

    name = "torch7"
    title = "Torch7 file of torch-rnn"
    holds = "language models of torch-rnn: LSTM and vanilla RNN"
    needs = "nothing"
    refuses = "Lua functions, and files in ASCII form"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file starts as Torch7's binary serialisation of a table or an object does."""
        return file.read(looks_like_t7)

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the characters are neither in the file nor given.
            ModelFileError: truncated, damaged, or another kind of model.
        """
        content, name = file.read(read_t7), file.name
        model = content.get("model") if isinstance(content, Mapping) else content
        if not isinstance(model, LuaObject) or model.kind != _LANGUAGE_MODEL:
            raise ModelFileError(
                f"{name} is a Torch7 file that holds {_described(content)}, not a torch-rnn "
                f"checkpoint (a table whose `model` is an {_LANGUAGE_MODEL}); only those can be "
                "opened"
            )
        tensors = _tensors(model, name)
        # torch-rnn's vanilla layers always use tanh, so nothing is assumed about them
        modules = {
            prefix: ModuleFacts("RNN", {"mode": "RNN_TANH"}) for prefix in _recurrent(tensors)
        }
        readings = find_networks(tensors, name, Hints(modules))
        content = model.get("idx_to_token")
        return assembled(readings, content, companions, name, Torch7.title)


def _recurrent(tensors: Mapping[str, Tensor]) -> list[str]:
    return [name.removesuffix(".weight_hh") for name in tensors if name.endswith(".weight_hh")]


def _tensors(model: LuaObject, file: str) -> dict[str, Tensor]:
    """The weights under the names, and in the layout, of torch's own modules."""
    net = model.get("net")
    modules = _sequence(net.get("modules") if isinstance(net, LuaObject) else None, file)
    tensors: dict[str, Tensor] = {}
    for number, entry in enumerate(modules):
        adapted = isinstance(entry, LuaObject) and entry.kind == "nn.TemporalAdapter"
        module = entry.get("net") if adapted else entry
        if not isinstance(module, LuaObject):
            raise ModelFileError(f"{file}: the network is no list of modules; the file is damaged")
        if module.kind == "nn.LookupTable":
            tensors[f"{number}.embedding.weight"] = _tensor(module, "weight", 2, file)
        elif module.kind == "nn.Linear":
            tensors[f"{number}.output.weight"] = _tensor(module, "weight", 2, file)
            tensors[f"{number}.output.bias"] = _tensor(module, "bias", 1, file)
        elif module.kind in _KINDS:
            tensors.update(_layer(module, number, file))
        elif module.kind == "nn.GRU":
            raise ModelFileError(
                f"{file} holds a GRU of a fork of torch-rnn, whose reset gate multiplies the state "
                "before the matrix product and not after it, as torch's does; it cannot be shown. "
                "LSTMs and vanilla RNNs of torch-rnn can"
            )
        elif module.kind not in _SILENT:
            raise ModelFileError(
                f"{file} holds a module {module.kind} between the layers of its network, which is "
                "not understood here, so it could not be shown truly"
            )
    return tensors


def _layer(module: LuaObject, number: int, file: str) -> dict[str, Tensor]:
    """One recurrent layer's tensors in torch's layout."""
    facts = _KINDS[module.kind]
    blocks = facts.blocks
    weight, bias = _tensor(module, "weight", 2, file), _tensor(module, "bias", 1, file)
    units = weight.shape[1] // blocks
    inputs = weight.shape[0] - units
    if inputs < 1 or units * blocks != weight.shape[1] or bias.shape[0] != weight.shape[1]:
        raise ModelFileError(
            f"{file}: layer {number} has weights {tuple(weight.shape)} and bias "
            f"{tuple(bias.shape)}, which no {module.kind} has"
        )
    laid_out = [gate for gate in _GATE_ORDER if gate in facts.row_gates]
    order = [laid_out.index(gate) for gate in facts.row_gates]
    rows = torch.cat([torch.arange(units) + block * units for block in order])
    return {
        f"{number}.weight_ih": weight[:inputs].t()[rows],
        f"{number}.weight_hh": weight[inputs:].t()[rows],
        f"{number}.bias_ih": bias[rows],
    }


def _tensor(module: LuaObject, name: str, dimensions: int, file: str) -> Tensor:
    value = module.get(name)
    if value is None or not hasattr(value, "ndim") or value.ndim != dimensions:
        raise ModelFileError(f"{file}: the {name} of a {module.kind} is missing or misshapen")
    return torch.from_numpy(value.copy())


def _sequence(table: Any, file: str) -> list[Any]:
    """A Lua table with the keys 1 to n as a list."""
    if not isinstance(table, Mapping) or set(table) != set(range(1, len(table) + 1)):
        raise ModelFileError(f"{file}: the network is no list of modules; the file is damaged")
    return [table[number] for number in range(1, len(table) + 1)]


def _described(content: Any) -> str:
    """A short phrase for what the file holds."""
    if isinstance(content, LuaObject):
        return f"a {content.kind}"
    if isinstance(content, Mapping):
        entries = [
            f"{key} ({value.kind})" if isinstance(value, LuaObject) else str(key)
            for key, value in list(content.items())[:6]
        ]
        return f"a table with {', '.join(entries) or 'nothing in it'}"
    return f"a {type(content).__name__}"
