"""Torch7 `.t7` files: language models of torch-rnn and of char-rnn.

torch-rnn keeps `weight` of a layer as (D + H, 4H), the rows for x first, then those for h, and
orders the gates i, f, o, g; torch orders them i, f, g, o and has H rows a gate. char-rnn keeps one
time step as a graph of nngraph, whose `forwardnodes` hold the linear layers in the order in which
they compute: for every layer one from below and one from the state before, or for a GRU three pairs
(update, reset, candidate), and last the decoder, which in the first layout is apart in
`protos.softmax`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

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
_KINDS = {
    "nn.LSTM": LSTM, "nn.SeqLSTM": LSTM, "nn.VanillaRNN": ELMAN, "nn.SeqRNN": ELMAN,
}  # fmt: skip
_GATE_ORDER = ("input", "forget", "output", "candidate", "hidden")
"""The order in which torch-rnn lays out the gates that a kind has; char-rnn has the same."""
_SILENT = {
    "nn.Dropout", "nn.View", "nn.LogSoftMax", "nn.SoftMax", "nn.Identity", "nn.Contiguous",
    "nn.Reshape",
}  # fmt: skip
"""Modules that change nothing while a text is walked, or only make probabilities of it."""
_VOCABULARY_BESIDE = "vocab.t7"

Tensors = dict[str, Tensor]


class Torch7:
    """Reads the language models of torch-rnn and of char-rnn."""

    name = "torch7"
    title = "Torch7 file"
    holds = (
        "language models of torch-rnn and char-rnn: LSTM, GRU and vanilla RNN, with their histories"
    )
    needs = "nothing; `vocab.t7` beside a file of char-rnn that has no `vocab` in it"
    refuses = "files in ASCII form, batch normalisation, other modules, by name"

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
        table = content if isinstance(content, Mapping) else {}
        protos = table.get("protos")
        if isinstance(model, LuaObject) and model.kind == _LANGUAGE_MODEL:
            found = _torch_rnn(_modules(model.get("net"), name), name)
            symbols: Any = model.get("idx_to_token")
        elif isinstance(protos, Mapping):
            found = _char_rnn(protos, table.get("opt"), name)
            symbols = _as_bytes(table.get("vocab")) or _beside(file.path)
        elif isinstance(model, LuaObject) and model.kind == "nn.Sequential":
            found = _torch_rnn(_modules(model, name), name)
            symbols = next(
                (table[key] for key in ("vocab", "idx_to_token", "chars") if key in table), None
            )
        else:
            raise ModelFileError(
                f"{name} is a Torch7 file that holds {_described(content)}, not a checkpoint of "
                f"torch-rnn (a table whose `model` is an {_LANGUAGE_MODEL}) nor of char-rnn (a "
                "table with `protos`); only those can be opened"
            )
        tensors, modules = found
        readings = find_networks(tensors, name, Hints(modules))
        return assembled(
            readings, symbols, companions, name, Torch7.title, training=_training(table)
        )


Found = tuple[Tensors, dict[str, ModuleFacts]]
"""Weights under the names, and in the layout, of torch's own modules, and what those compute."""


# torch-rnn


def _torch_rnn(modules: list[Any], file: str) -> Found:
    tensors: Tensors = {}
    facts: dict[str, ModuleFacts] = {}
    for number, entry in enumerate(modules):
        wrapped = isinstance(entry, LuaObject) and entry.kind in (
            "nn.TemporalAdapter",
            "nn.Sequencer",
        )
        module = (entry.get("net") or entry.get("module")) if wrapped else entry
        if not isinstance(module, LuaObject):
            raise ModelFileError(f"{file}: the network is no list of modules; the file is damaged")
        if module.kind == "nn.LookupTable":
            tensors[f"{number}.embedding.weight"] = _tensor(module, "weight", 2, file)
        elif module.kind == "nn.Linear":
            tensors |= _linear(f"{number}.output", module, file)
        elif module.kind in _KINDS:
            tensors |= _layer(module, number, file)
            # torch-rnn's vanilla layers always use tanh
            facts[f"{number}"] = ModuleFacts("RNN", {"mode": "RNN_TANH"})
        elif module.kind in ("nn.GRU", "nn.SeqGRU"):
            tensors |= _gru_of_torch_rnn(module, number, file)
            facts[f"{number}"] = ModuleFacts("GRU", {"reset_after": False})
        elif module.kind == "nn.Recurrent":
            tensors |= _recurrent(module, number, file)
            facts[f"{number}"] = ModuleFacts("RNN", {"mode": "RNN_TANH"})
        elif module.kind not in _SILENT:
            raise ModelFileError(
                f"{file} holds a module {module.kind} between the layers of its network, which is "
                "not understood here, so it could not be shown truly"
            )
    return tensors, facts


def _layer(module: LuaObject, number: int, file: str) -> Tensors:
    """One recurrent layer's tensors in torch's layout."""
    facts = _KINDS[module.kind]
    into, again, bias, units = _split(module, facts.blocks, number, file)
    laid_out = [gate for gate in _GATE_ORDER if gate in facts.row_gates]
    rows = _rows([laid_out.index(gate) for gate in facts.row_gates], units)
    return {
        f"{number}.weight_ih": into[rows],
        f"{number}.weight_hh": again[rows],
        f"{number}.bias_ih": bias[rows],
    }


def _gru_of_torch_rnn(module: LuaObject, number: int, file: str) -> Tensors:
    """A GRU of the forks of torch-rnn: gates u, r and candidate; h' = (1 - u) h + u n.

    Torch has r, z, n and h' = (1 - z) n + z h: z = 1 - u, the sigmoid of the negative.
    """
    into, again, bias, units = _split(module, 3, number, file)
    sign = torch.ones(3 * units, dtype=into.dtype)
    sign[:units] = -1
    rows = _rows([1, 0, 2], units)
    return {
        f"{number}.weight_ih": (into * sign[:, None])[rows],
        f"{number}.weight_hh": (again * sign[:, None])[rows],
        f"{number}.bias_ih": (bias * sign)[rows],
    }


def _split(
    module: LuaObject, blocks: int, number: int, file: str
) -> tuple[Tensor, Tensor, Tensor, int]:
    """The weights from below (rows, D) and of the state (rows, H), the bias, and H."""
    weight, bias = _tensor(module, "weight", 2, file), _tensor(module, "bias", 1, file)
    units = weight.shape[1] // blocks
    inputs = weight.shape[0] - units
    if inputs < 1 or units * blocks != weight.shape[1] or bias.shape[0] != weight.shape[1]:
        raise ModelFileError(
            f"{file}: layer {number} has weights {tuple(weight.shape)} and bias "
            f"{tuple(bias.shape)}, which no {module.kind} has"
        )
    return weight[:inputs].t(), weight[inputs:].t(), bias, units


def _rows(order: list[int], units: int) -> Tensor:
    return torch.cat([torch.arange(units) + block * units for block in order])


def _recurrent(module: LuaObject, number: int, file: str) -> Tensors:
    """`nn.Recurrent` of the package rnn: tanh(input(x) + feedback(h)), both linear."""
    parts = [module.get(key) for key in ("inputModule", "feedbackModule", "transferModule")]
    first, again, transfer = parts
    linear = all(isinstance(part, LuaObject) and part.kind == "nn.Linear" for part in parts[:2])
    if not linear or not isinstance(transfer, LuaObject) or transfer.kind != "nn.Tanh":
        raise ModelFileError(
            f"{file} holds an nn.Recurrent of other parts than two nn.Linear and an nn.Tanh, which "
            "cannot be shown"
        )
    into, back = _linear("a", first, file), _linear("a", again, file)
    return {
        f"{number}.weight_ih": into["a.weight"], f"{number}.weight_hh": back["a.weight"],
        f"{number}.bias_ih": into["a.bias"], f"{number}.bias_hh": back["a.bias"],
    }  # fmt: skip


# char-rnn


def _char_rnn(protos: Mapping[Any, Any], options: Any, file: str) -> Found:
    """The network of char-rnn: one-hot input, layers of one kind, a linear decoder."""
    graph = next((protos[one.model] for one in _GRAPH_KINDS if protos.get(one.model)), None)
    linear = _linear_of_graph(graph, file)
    apart = protos.get("softmax")
    if isinstance(apart, LuaObject):
        decoders = [one for one in _modules(apart, file) if _is(one, "nn.Linear")]
        linear += [_linear("x", one, file) for one in decoders]
    told = str(options.get("model", "")) if isinstance(options, Mapping) else ""
    if len(linear) < 3:
        raise ModelFileError(
            f"{file}: the graph of a time step holds {len(linear)} linear layers; char-rnn has two "
            "or more for each layer, and one for the characters"
        )
    *inside, decoder = linear
    units = decoder["x.weight"].shape[1]
    kind = next((one for one in _GRAPH_KINDS if one.model == told), None)
    if not told:
        kind = _kind_of_graph(inside, units)
    if kind is None or len(inside) % kind.matrices:
        raise ModelFileError(
            f"{file} holds a graph of {len(inside)} linear layers for a {told or 'network'}, which "
            "char-rnn does not make"
        )
    inside = _in_pairs(inside, units) if kind.matrices == 6 else inside
    tensors: Tensors = {}
    facts: dict[str, ModuleFacts] = {}
    embed = protos.get("embed")
    if isinstance(embed, LuaObject) and embed.kind == "nn.LookupTable":
        tensors["embedding.weight"] = _tensor(embed, "weight", 2, file)
    for number in range(len(inside) // kind.matrices):
        mine = inside[number * kind.matrices : (number + 1) * kind.matrices]
        made = kind.make(mine, units, file)
        tensors |= {f"layers.{number}.{name}": value for name, value in made.items()}
        if kind.facts is not None:
            facts[f"layers.{number}"] = kind.facts
    tensors |= {"decoder.weight": decoder["x.weight"], "decoder.bias": decoder["x.bias"]}
    return tensors, facts


def _linear_of_graph(graph: Any, file: str) -> list[Tensors]:
    """The linear layers of an nngraph module in the order in which they compute."""
    nodes = graph.get("forwardnodes") if isinstance(graph, LuaObject) else None
    if not isinstance(nodes, Mapping):
        raise ModelFileError(f"{file}: `protos` holds no graph of a time step that could be read")
    found = []
    for number in sorted(key for key in nodes if type(key) is int):
        node = nodes[number]
        data = node.get("data") if isinstance(node, LuaObject) else None
        module = data.get("module") if isinstance(data, Mapping) else None
        if isinstance(module, LuaObject) and module.kind == "nn.Linear":
            found.append(_linear("x", module, file))
        elif isinstance(module, LuaObject) and module.kind == "nn.BatchNormalization":
            raise ModelFileError(
                f"{file} normalises over the batch inside its time step, which cannot be shown"
            )
    return found


def _kind_of_graph(inside: list[Tensors], units: int) -> _Kind:
    """The kind of layer, by the height of the first matrix, and by how many there are."""
    high = len(inside[0]["x.weight"]) // max(1, units)
    alike = [one for one in _GRAPH_KINDS if one.blocks == high and not len(inside) % one.matrices]
    return max(alike or _GRAPH_KINDS, key=lambda one: one.matrices if alike else -one.blocks)


def _checked(pair: list[Tensors], rows: int, units: int, file: str) -> None:
    """Refuse matrices that are not the one from below and the one of the state, in this order."""
    into, again = pair[0]["x.weight"], pair[1]["x.weight"]
    if tuple(again.shape) != (rows, units) or into.shape[0] != rows:
        raise ModelFileError(
            f"{file}: a layer of the graph has matrices {tuple(into.shape)} and "
            f"{tuple(again.shape)}; with {units} units the second should be {(rows, units)}"
        )


def _lstm(pair: list[Tensors], units: int, file: str) -> Tensors:
    """Gates i, f, o, g of char-rnn as torch's i, f, g, o."""
    _checked(pair, 4 * units, units, file)
    rows = _rows([0, 1, 3, 2], units)
    return {
        "weight_ih": pair[0]["x.weight"][rows], "weight_hh": pair[1]["x.weight"][rows],
        "bias_ih": pair[0]["x.bias"][rows], "bias_hh": pair[1]["x.bias"][rows],
    }  # fmt: skip


def _rnn(pair: list[Tensors], units: int, file: str) -> Tensors:
    _checked(pair, units, units, file)
    return {
        "weight_ih": pair[0]["x.weight"], "weight_hh": pair[1]["x.weight"],
        "bias_ih": pair[0]["x.bias"], "bias_hh": pair[1]["x.bias"],
    }  # fmt: skip


def _gru(six: list[Tensors], units: int, file: str) -> Tensors:
    """Update, reset, candidate; h' = z n + (1 - z) h, so torch's z is 1 - z here, as sigma(-x)."""
    update, reset, candidate = six[:2], six[2:4], six[4:]
    for pair in (update, reset, candidate):
        _checked(pair, units, units, file)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    found = {}
    for name in names:
        side, part = (0 if name.endswith("ih") else 1), f"x.{name.partition('_')[0]}"
        found[name] = torch.cat([reset[side][part], -update[side][part], candidate[side][part]])
    return found


class _Kind(NamedTuple):
    """A kind of layer of char-rnn."""

    model: str
    """What the option `model` calls it."""
    matrices: int
    """How many linear layers one layer has in the graph of a step."""
    blocks: int
    """How many times U rows each of them has."""
    make: Callable[[list[Tensors], int, str], Tensors]
    facts: ModuleFacts | None


_GRAPH_KINDS = (
    _Kind("lstm", 2, 4, _lstm, None),
    _Kind("rnn", 2, 1, _rnn, ModuleFacts("RNN", {"mode": "RNN_TANH"})),
    _Kind("gru", 6, 1, _gru, ModuleFacts("GRU", {"reset_after": False})),
)


def _in_pairs(inside: list[Tensors], units: int) -> list[Tensors]:
    """The layers of a GRU's graph, pair by pair: the graph may make the candidate's earlier.

    What comes from below is told from what comes from the state by its width in the first layer;
    the graphs of all layers are alike.
    """
    below = [one["x.weight"].shape[1] != units for one in inside[:6]]
    orders: dict[tuple[bool, ...], tuple[int, ...]] = {
        (True, False, True, True, False, False): (0, 1, 3, 4, 2, 5),
        (True, False, True, False, False, True): (0, 1, 2, 3, 5, 4),
    }
    order = orders.get(tuple(below), (0, 1, 2, 3, 4, 5))
    return [inside[first + place] for first in range(0, len(inside), 6) for place in order]


def _as_bytes(vocabulary: Any) -> Any:
    """char-rnn's characters are single bytes: those above 127 as torch-rnn writes them."""
    if not isinstance(vocabulary, Mapping):
        return None
    single = [key for key in vocabulary if isinstance(key, str)]
    if not any(len(key) == 1 and 127 < ord(key) < 256 for key in single):
        return vocabulary
    return {
        f"[{ord(key):03d}]" if isinstance(key, str) and len(key) == 1 and ord(key) > 127 else key:
        number for key, number in vocabulary.items()
    }  # fmt: skip


def _beside(path: Path) -> Any:
    """The vocabulary of char-rnn's data folder, where it lies beside the checkpoint."""
    file = path.parent / _VOCABULARY_BESIDE
    try:
        return _as_bytes(read_t7(file)) if file.is_file() and looks_like_t7(file) else None
    except (OSError, ModelFileError):
        return None


# What both share


def _training(table: Mapping[Any, Any]) -> dict[str, Any]:
    """Options and histories, in a summary for people."""
    found: dict[str, Any] = {}
    for key, ours in (("i", "steps"), ("epoch", "epochs")):
        if isinstance(table.get(key), int | float):
            found[ours] = table[key]
    for names, ours in (
        (("train_loss_history", "train_losses"), "loss_nats"),
        (("val_loss_history", "val_losses"), "held_out_nats"),
    ):
        kept = [table[name] for name in names if isinstance(table.get(name), Mapping)]
        history: Mapping[Any, Any] = kept[0] if kept else {}
        numbers = [history[key] for key in sorted(key for key in history if type(key) is int)]
        numbers = [float(one) for one in numbers if isinstance(one, int | float)]
        if numbers:
            found[ours] = numbers[-1]
            found[f"{ours}_history"] = numbers[:: max(1, len(numbers) // 200)]
    if isinstance(options := table.get("opt"), Mapping):
        found["options"] = {
            str(key): value
            for key, value in options.items()
            if isinstance(value, str | int | float)
        }
    return found


def _linear(name: str, module: Any, file: str) -> Tensors:
    weight = _tensor(module, "weight", 2, file)
    bias = _tensor(module, "bias", 1, file) if module.get("bias") is not None else None
    return {
        f"{name}.weight": weight,
        f"{name}.bias": torch.zeros(len(weight), dtype=weight.dtype) if bias is None else bias,
    }


def _tensor(module: LuaObject, name: str, dimensions: int, file: str) -> Tensor:
    value = module.get(name)
    if value is None or not hasattr(value, "ndim") or value.ndim != dimensions:
        raise ModelFileError(f"{file}: the {name} of a {module.kind} is missing or misshapen")
    return torch.from_numpy(value.copy())


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, LuaObject) and value.kind == kind


def _modules(container: Any, file: str) -> list[Any]:
    """The modules of a Lua container, a table with the keys 1 to n, as a list."""
    table = container.get("modules") if isinstance(container, LuaObject) else None
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
