"""The configuration of a Keras model as a row of layers, whichever version of Keras wrote it.

Keras keeps a model's structure as JSON: the classes of its layers by name and what each was made
with. Only classes that are named here are known; code that a configuration may carry (a `Lambda`,
a function or a class of the person's own) is never run, and is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from rnnviz.core.errors import ModelFileError

SILENT = {
    "InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
    "ActivityRegularization", "Masking",
}  # fmt: skip
"""Layers that change nothing of a sequence without padding, once the training is over."""
MODELS = {"Sequential", "Functional", "Model"}
_READS = "reads"
"""Where a layer of a graph has what it joins."""
_RECURRENT_V1 = {"output_dim": "units", "inner_activation": "recurrent_activation"}
_DEEPEST = 8
_MOST_LAYERS = 1000


@dataclass(frozen=True)
class KerasLayer:
    """One layer of a model: its class, and what it was made with."""

    kind: str
    """`LSTM`."""
    name: str
    config: Mapping[str, Any]
    nest: tuple[str, ...] = ()
    """The names of the models inside the model that it stands in, outermost first."""
    reads: tuple[str, ...] = ()
    """The layers that it reads, where it joins several that stand one above the other."""

    def size(self, key: str, file: str) -> int:
        """A positive whole number among what it was made with.

        Raises:
            ModelFileError: there is none under this key.
        """
        value = self.config.get(key, self.config.get("output_dim") if key == "units" else None)
        if type(value) is not int or not 0 < value <= 1 << 24:
            raise ModelFileError(
                f"{file}: {key} of the layer {self.name} is {value!r}; the file is damaged"
            )
        return value

    def activation(self, key: str, file: str, default: str = "linear") -> str:
        """The name of a function among what it was made with, as Keras 2 names it.

        Raises:
            ModelFileError: it is a function of the person's own.
        """
        old = next((before for before, now in _RECURRENT_V1.items() if now == key), key)
        value = self.config.get(key, self.config.get(old, default))
        if isinstance(value, Mapping):
            inner = value.get("config")
            named = inner if isinstance(inner, str) else value.get("class_name")
            own = value.get("module") not in (None, "keras.activations", "keras.layers")
            value = f"{named}, a function of its own" if own else named
        if value is None:
            return "linear"
        if not isinstance(value, str):
            raise ModelFileError(
                f"{file}: {key} of the layer {self.name} is {str(value)[:40]!r}, no function of "
                "Keras"
            )
        return _snake(value) if value.isalnum() else value

    def says(self, key: str, default: bool = False) -> bool:
        """Whether it was made with this set."""
        return bool(self.config.get(key, default))

    def inside(self, file: str, key: str = "layer") -> KerasLayer:
        """The layer that a wrapper such as `Bidirectional` holds.

        Raises:
            ModelFileError: there is none.
        """
        found = self.config.get(key)
        if not isinstance(found, Mapping):
            raise ModelFileError(f"{file}: {self.kind} {self.name} holds no layer; it is damaged")
        return _layer(found, file, self.nest)


def layers_in(model: Any, file: str) -> list[KerasLayer]:
    """The layers of a model's configuration, the one that is read first in front.

    Args:
        model: the parsed JSON, `{"class_name": "Sequential", "config": ...}`.

    Raises:
        ModelFileError: no such configuration, a model of the person's own class, or a network that
            forks, joins or gives several answers; the message names the layer.
    """
    if not isinstance(model, Mapping) or not isinstance(model.get("class_name"), str):
        raise ModelFileError(f"{file}: the configuration is no Keras model; the file is damaged")
    found = list(_model(model, file, (), 0))
    if len(found) > _MOST_LAYERS:
        raise ModelFileError(f"{file} claims {len(found):,} layers; the file is damaged")
    return found


def input_shape(layers: list[KerasLayer]) -> tuple[int | None, ...]:
    """The sizes behind the batch that the configuration names for what enters; () if none."""
    for layer in layers[:2]:
        for key in ("batch_input_shape", "batch_shape"):
            shape = layer.config.get(key)
            if isinstance(shape, list | tuple) and shape:
                return tuple(size if type(size) is int else None for size in shape[1:])
    return ()


def _model(model: Mapping[str, Any], file: str, nest: tuple[str, ...], depth: int) -> Iterator[Any]:
    kind, config = model["class_name"], model.get("config")
    if depth > _DEEPEST:
        raise ModelFileError(f"{file} holds models inside models without end; it is damaged")
    if isinstance(config, list):  # a Sequential of Keras 1
        config = {"layers": config}
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(layers, list) or not all(isinstance(layer, Mapping) for layer in layers):
        if kind in MODELS:
            raise ModelFileError(f"{file}: the layers of its {kind} are damaged; fetch it again")
        raise ModelFileError(
            f"{file} holds a model of a class of its own ({kind}): what it computes stands in its "
            "Python code and not in the file. Build it from Keras's layers (Sequential or "
            "Functional), load the weights into that where it was made, and save it again"
        )
    if kind != "Sequential" and isinstance(config, Mapping):
        layers = _in_order(config, layers, file)
    for entry in layers:
        layer = _layer(entry, file, nest)
        if layer.kind in MODELS:
            yield from _model(entry, file, (*nest, layer.name), depth + 1)
        else:
            yield layer


def _layer(entry: Mapping[str, Any], file: str, nest: tuple[str, ...]) -> KerasLayer:
    kind, config = entry.get("class_name"), entry.get("config")
    if not isinstance(kind, str) or not isinstance(config, Mapping | list):
        raise ModelFileError(f"{file}: a layer of the configuration is malformed; it is damaged")
    about: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    name = about.get("name") or entry.get("name") or kind.lower()
    registered = entry.get("registered_name")
    if isinstance(registered, str) and ">" in registered and kind not in MODELS:
        package = registered.partition(">")[0]
        if package not in ("keras", "Keras"):
            raise ModelFileError(
                f"{file}: {name} is of the class {registered}, a person's own: what it computes "
                "stands in its Python code and not in the file, and no code is run here"
            )
    reads = tuple(map(str, entry.get(_READS, ())))
    return KerasLayer(kind.rpartition(">")[2], str(name), about, nest, reads)


def stored_paths(model: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    """Where Keras 3 keeps the weights of each layer: `layers/lstm_1`, by its class and counted.

    The keys are the names of the models that a layer stands in, and its own.
    """
    found: dict[tuple[str, ...], str] = {}
    waiting: list[tuple[Mapping[str, Any], tuple[str, ...], str]] = [(model, (), "")]
    while waiting:
        about, nest, path = waiting.pop()
        config = about.get("config")
        layers = config.get("layers") if isinstance(config, Mapping) else None
        counted: dict[str, int] = {}
        for entry in layers if isinstance(layers, list) and len(nest) < _DEEPEST else ():
            if not isinstance(entry, Mapping):
                continue
            inner = entry.get("config")
            own = inner.get("name") if isinstance(inner, Mapping) else None
            kind = _stored_name(str(entry.get("class_name")))
            counted[kind] = counted.get(kind, -1) + 1
            stored = f"{kind}_{counted[kind]}" if counted[kind] else kind
            key = (*nest, str(own or entry.get("name")))
            found[key] = f"{path}layers/{stored}"
            if entry.get("class_name") in MODELS:
                waiting.append((entry, key, f"{path}layers/{stored}/"))
    return found


def _stored_name(kind: str) -> str:
    """The name that Keras 3 makes of a class.

    >>> _stored_name("SimpleRNN"), _stored_name("TimeDistributed"), _stored_name("LSTM")
    ('simple_rnn', 'time_distributed', 'lstm')
    """
    apart = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", apart).lower()


# A graph that is a chain


def _in_order(config: Mapping[str, Any], layers: list[Any], file: str) -> list[Any]:
    """The layers of a functional model from its input to its output, if each reads one other."""
    named = {str(entry.get("name")): entry for entry in layers}
    ends = _ends(config.get("output_layers"))
    if len(ends) != 1:
        raise ModelFileError(
            f"{file} gives {len(ends)} answers ({', '.join(ends[:4])}); a network with one can be "
            "shown"
        )
    if len(begins := _ends(config.get("input_layers"))) != 1:
        raise ModelFileError(
            f"{file} reads {len(begins)} inputs ({', '.join(begins[:4])}), as an encoder and a "
            "decoder in one file do; a network with one input can be shown"
        )
    return _Graph(named, file).chain_to(ends[0])


class _Graph:
    """The layers of a functional model by name, followed from the output down."""

    def __init__(self, named: Mapping[str, Any], file: str) -> None:
        self._named, self._file = named, file

    def chain_to(self, name: str, joined: bool = False) -> list[Any]:
        """The layers from the input to this one, each with what it joins under `reads`.

        Args:
            joined: whether a layer above has joined several already; only one may.
        """
        chain: list[Any] = []
        while True:
            entry = self._named.get(name)
            if entry is None or len(chain) > len(self._named):
                raise ModelFileError(
                    f"{self._file}: the layers of its graph are damaged at {name!r}"
                )
            if entry.get("class_name") == "InputLayer":
                chain.append(entry)
                return chain[::-1]
            sources = self._sources_of(entry, name)
            if len(sources) == 1:
                chain.append(entry)
                name = sources[0]
                continue
            below = None if joined else self._highest(sources)
            if below is None:
                self._refuse(f"{entry.get('class_name')} {name}", f"reads {', '.join(sources)}")
            reads = [self._heard(source) for source in sources]
            chain.append({**entry, _READS: reads})
            return [*below, *chain[::-1]]

    def _highest(self, sources: Sequence[str]) -> list[Any] | None:
        """The chain to the one of these that stands above all others, if there is one."""
        for name in sources:
            chain: list[str] = []
            above: str = name
            while (entry := self._named.get(above)) and len(chain) <= len(self._named):
                chain.append(above)
                if entry.get("class_name") == "InputLayer":
                    break
                below = self._sources_of(entry, above)
                if len(below) != 1:
                    break
                above = below[0]
            if set(sources) <= set(chain):
                return self.chain_to(name, joined=True)
        return None

    def _heard(self, name: str) -> str:
        """The layer whose numbers come through this one unchanged."""
        for _ in range(len(self._named)):
            entry = self._named.get(name)
            if entry is None or entry.get("class_name") not in SILENT - {"InputLayer"}:
                break
            name = self._sources_of(entry, name)[0]
        return name

    def _sources_of(self, entry: Mapping[str, Any], name: str) -> list[str]:
        """The layers that this one reads: one, or several that it lays side by side."""
        nodes = entry.get("inbound_nodes")
        if not isinstance(nodes, list) or len(nodes) != 1:
            calls = len(nodes) if isinstance(nodes, list) else 0
            self._refuse(name, f"is called {calls} times")
        found = list(_sources(nodes[0]))
        joins = entry.get("class_name") == "Concatenate"
        first = all(source[1:] in ((0, 0), (0, None)) for source in found)
        if not first or not found or (len(found) > 1 and not joins):
            read = ", ".join(dict.fromkeys(source[0] for source in found)) or "nothing"
            self._refuse(f"{entry.get('class_name')} {name}", f"reads {read}")
        return [source[0] for source in found]

    def _refuse(self, layer: str, what: str) -> NoReturn:
        raise ModelFileError(
            f"{self._file}: the layer {layer} {what}; only a network whose layers follow one "
            "another, each called once and reading the one before, can be shown, and one that "
            "lays what they give side by side at its end"
        )


def _sources(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """The outputs that a node of the graph reads, masks left out: layer, node and tensor."""
    if isinstance(node, Mapping):  # Keras 3
        kwargs = node.get("kwargs")
        given = {k: v for k, v in kwargs.items() if k != "mask"} if isinstance(kwargs, dict) else {}
        yield from _tensors([node.get("args"), given])
    elif isinstance(node, list):  # Keras 1 and 2: [[name, node, tensor, kwargs], ...]
        entries = [node] if node and isinstance(node[0], str) else node
        for entry in entries:
            if isinstance(entry, list) and len(entry) >= 3 and isinstance(entry[0], str):
                yield entry[0], entry[1], entry[2]
                for name, value in entry[3].items() if _is_dict(entry, 3) else ():
                    if name != "mask" and isinstance(value, list) and value:
                        yield from _sources(value)


def _is_dict(entry: list[Any], place: int) -> bool:
    return len(entry) > place and isinstance(entry[place], dict)


def _tensors(value: Any) -> Iterator[tuple[str, Any, Any]]:
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            about = found.get("config")
            history = about.get("keras_history") if isinstance(about, Mapping) else None
            if isinstance(history, list) and len(history) == 3:
                yield str(history[0]), history[1], history[2]
            elif about is None:
                waiting.extend(reversed(list(found.values())))
        elif isinstance(found, list):
            waiting.extend(reversed(found))


def _ends(found: Any) -> list[str]:
    """The names of the layers in `[["dense", 0, 0]]`, or in `["dense", 0, 0]` as Keras 3 has it."""
    if isinstance(found, Mapping):
        found = list(found.values())
    if not isinstance(found, list):
        return []
    if found and isinstance(found[0], str):
        return [found[0]]
    return [str(end[0]) for end in found if isinstance(end, list) and end]


def _snake(name: str) -> str:
    """`hardSigmoid`, as TensorFlow.js has it, as `hard_sigmoid`."""
    return "".join(f"_{c.lower()}" if c.isupper() and place else c.lower()
                   for place, c in enumerate(name))  # fmt: skip
