"""Torch7 `.t7` files: language models of torch-rnn and of char-rnn.

torch-rnn keeps `weight` of a layer as (D + H, 4H), the rows for x first, then those for h, and
orders the gates i, f, o, g; torch orders them i, f, g, o and has H rows a gate. char-rnn keeps one
time step as a graph of nngraph, whose `forwardnodes` hold the linear layers in the order in which
they compute: for every layer one from below and one from the state before, or for a GRU three pairs
(update, reset, candidate), and last the decoder, which in the first layout is apart in
`protos.softmax`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnviz.core.architectures.elman import ELMAN
from rnnviz.core.architectures.gru import GRU
from rnnviz.core.architectures.lstm import LSTM
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.gate_layout import GateLayout
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.pytorch.file import ModuleFacts
from rnnviz.nets.checkpoints.torch7.objects import LuaObject, looks_like_t7, read_t7
from rnnviz.nets.opened import OpenedModel

_LANGUAGE_MODEL = "nn.LanguageModel"
_LSTM = GateLayout(LSTM, ("nn.LSTM", "nn.SeqLSTM"), ("input", "forget", "output", "candidate"))
_GRU = GateLayout(GRU, ("nn.GRU", "nn.SeqGRU"), ("update", "reset", "new"))
_RNN = GateLayout(ELMAN, ("nn.VanillaRNN", "nn.SeqRNN"), ("hidden",))
"""As torch-rnn and its forks lay out their layers; char-rnn orders the gates in the same way."""
_LAYOUTS = {name: layout for layout in (_LSTM, _GRU, _RNN) for name in layout.named}
_TANH = ModuleFacts("RNN", {"mode": "RNN_TANH"})
"""Vanilla layers of both programs always use tanh."""
_FACTS = {ELMAN.name: _TANH, GRU.name: ModuleFacts("GRU", {"reset_after": False})}
"""What the weights of a layer do not tell, by its architecture."""
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
        elif layout := _LAYOUTS.get(module.kind):
            tensors |= _layer(module, layout, number, file)
            if own := _FACTS.get(layout.facts.name):
                facts[f"{number}"] = own
        elif module.kind == "nn.Recurrent":
            tensors |= _recurrent(module, number, file)
            facts[f"{number}"] = _TANH
        elif module.kind not in _SILENT:
            raise ModelFileError(
                f"{file} holds a module {module.kind} between the layers of its network, which is "
                "not understood here, so it could not be shown truly"
            )
    return tensors, facts


def _layer(module: LuaObject, layout: GateLayout, number: int, file: str) -> Tensors:
    """One recurrent layer's tensors in torch's layout."""
    into, again, bias = _split(module, layout.blocks, number, file)
    return {
        f"{number}.weight_ih": _laid_out(layout, into),
        f"{number}.weight_hh": _laid_out(layout, again),
        f"{number}.bias_ih": _laid_out(layout, bias),
    }


def _laid_out(layout: GateLayout, rows: Tensor) -> Tensor:
    """Rows in the order of torch's layers.

    A GRU is h' = (1 - u) h + u n in both programs, and h' = (1 - z) n + z h in torch: z = 1 - u,
    the sigmoid of the negative.
    """
    if layout.facts is GRU:
        update, *others = rows.chunk(layout.blocks)
        rows = torch.cat([-update, *others])
    return layout.ordered(rows)


def _split(module: LuaObject, blocks: int, number: int, file: str) -> tuple[Tensor, Tensor, Tensor]:
    """The weights from below (rows, D) and of the state (rows, H), and the bias."""
    weight, bias = _tensor(module, "weight", 2, file), _tensor(module, "bias", 1, file)
    units = weight.shape[1] // blocks
    inputs = weight.shape[0] - units
    if inputs < 1 or units * blocks != weight.shape[1] or bias.shape[0] != weight.shape[1]:
        raise ModelFileError(
            f"{file}: layer {number} has weights {tuple(weight.shape)} and bias "
            f"{tuple(bias.shape)}, which no {module.kind} has"
        )
    return weight[:inputs].t(), weight[inputs:].t(), bias


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
        made = _layer_of_graph(mine, kind.layout, units, file)
        tensors |= {f"layers.{number}.{name}": value for name, value in made.items()}
        if own := _FACTS.get(kind.layout.facts.name):
            facts[f"layers.{number}"] = own
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


def _check_pair(pair: tuple[Tensors, Tensors], rows: int, units: int, file: str) -> None:
    """Refuse matrices that are not the one from below and the one of the state, in this order."""
    into, again = pair[0]["x.weight"], pair[1]["x.weight"]
    if tuple(again.shape) != (rows, units) or into.shape[0] != rows:
        raise ModelFileError(
            f"{file}: a layer of the graph has matrices {tuple(into.shape)} and "
            f"{tuple(again.shape)}; with {units} units the second should be {(rows, units)}"
        )


def _layer_of_graph(
    inside: Sequence[Tensors], layout: GateLayout, units: int, file: str
) -> Tensors:
    """One recurrent layer's tensors in torch's layout, of its pairs of linear layers."""
    pairs = list(zip(inside[::2], inside[1::2], strict=True))
    for pair in pairs:
        _check_pair(pair, layout.blocks // len(pairs) * units, units, file)
    return {
        f"{part}_{side}": _laid_out(layout, torch.cat([pair[n][f"x.{part}"] for pair in pairs]))
        for part in ("weight", "bias")
        for n, side in enumerate(("ih", "hh"))
    }


class _Kind(NamedTuple):
    """A kind of layer of char-rnn."""

    model: str
    """What the option `model` calls it."""
    matrices: int
    """How many linear layers one layer has in the graph of a step."""
    layout: GateLayout

    @property
    def blocks(self) -> int:
        """How many times U rows each of them has."""
        return 2 * self.layout.blocks // self.matrices


_GRAPH_KINDS = (_Kind("lstm", 2, _LSTM), _Kind("rnn", 2, _RNN), _Kind("gru", 6, _GRU))


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


def _training(table: Mapping[Any, Any]) -> dict[str, object]:
    """Options and histories, in a summary for people."""
    found: dict[str, object] = {}
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
