"""Layers models of TensorFlow.js: a `model.json`, and the shards of weights that it names.

The structure is that of Keras, so what reads Keras's layers reads these. Weights may be quantised:
8 or 16 bits, with the scale and the least value that the manifest names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import DamagedFileError, memory_left, read_head, read_json
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.keras.config import KerasLayer, input_shape, layers_in
from rnnviz.nets.checkpoints.keras.layers import parts_of
from rnnviz.nets.checkpoints.named_files import read_named_file
from rnnviz.nets.checkpoints.networks.chain import chain_of
from rnnviz.nets.checkpoints.networks.chain_opened import opened_chain
from rnnviz.nets.opened import OpenedModel

_LARGEST_JSON = 1 << 26
_HEAD = 1 << 16
_STORED = {
    "float32": "<f4", "float16": "<f2", "int32": "<i4", "uint8": "|u1", "uint16": "<u2",
    "bool": "|b1",
}  # fmt: skip
_MOST_WEIGHTS = 1 << 14
_ROLES = (
    "embeddings", "kernel", "recurrent_kernel", "bias", "gamma", "beta", "moving_mean",
    "moving_variance", "W", "U", "b", "running_mean", "running_std",
)  # fmt: skip
"""The last parts of the names of a layer's weights, in the order in which Keras keeps them."""
_GATES = {"i": 0, "c": 1, "f": 2, "o": 3, "z": 0, "r": 1, "h": 2}
_KERAS_1 = re.compile(r"(?P<layer>.+)_(?P<role>W|U|b)(?:_(?P<gate>[icfozrh]))?")


class TensorFlowJS:
    """Reads what TensorFlow.js saves, and what its converter makes of a Keras model."""

    name = "tensorflow-js"
    title = "TensorFlow.js layers model"
    holds = "the same networks, as `model.json` with its shards, also quantised to 8 and 16 bits"
    needs = "the characters, or the word index, of a network that reads symbols"
    refuses = "graph models, shards outside the folder"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is JSON with a topology or a manifest of weights."""
        return file.read(_content) is not None

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model of this file and the shards beside it.

        Raises:
            VocabularyNeeded: the symbols are not given; TensorFlow.js never keeps them.
            ModelFileError: damaged, a shard is missing, a graph model, or a network that cannot be
                shown.
        """
        content, name = file.read(_content), file.name
        if content is None:
            raise ModelFileError(f"{name} is no model.json of TensorFlow.js")
        topology = content.get("modelTopology")
        if content.get("format") == "graph-model" or (
            isinstance(topology, dict) and "node" in topology
        ):
            raise ModelFileError(
                f"{name} is a graph model of TensorFlow.js: single operations, without layers. "
                "Convert the Keras model itself, with --output_format=tfjs_layers_model"
            )
        if not isinstance(topology, dict):
            raise ModelFileError(
                f"{name} names weights of TensorFlow.js and no structure (modelTopology); save the "
                "whole model"
            )
        model = topology.get("model_config", topology)
        layers = layers_in(model, name)
        weights = _Manifest(content.get("weightsManifest"), file.path)
        version = topology.get("keras_version")
        read = [(layer, weights.of(layer)) for layer in layers]
        parts, notes = parts_of(read, version if isinstance(version, str) else "", name)
        return opened_chain(
            chain_of(parts, name),
            companions,
            file.path,
            TensorFlowJS.title,
            (*weights.notes, *notes),
            window=next(iter(input_shape(layers)), None),
        )


def _content(path: Path) -> dict[str, object] | None:
    """The JSON of a model; None if the file is something else."""
    head = read_head(path, _HEAD)
    if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return None
    if b'"modelTopology"' not in head and b'"weightsManifest"' not in head:
        return None
    try:
        content = read_json(path, limit=_LARGEST_JSON)
    except DamagedFileError as error:
        raise ModelFileError(
            f"{path.name} is the model.json of a TensorFlow.js model, and damaged: {error}; fetch "
            "it again"
        ) from error
    return content if isinstance(content, dict) else None


class _Manifest:
    """The weights that a manifest lists, read from the shards that lie beside it."""

    def __init__(self, manifest: Any, path: Path) -> None:
        self._file, self._path = path.name, path
        self._arrays: dict[str, Tensor] = {}
        self.notes: list[str] = []
        if not isinstance(manifest, list):
            raise ModelFileError(f"{self._file} names no weights (weightsManifest); save it whole")
        for group in manifest:
            self._read_group(group)

    def of(self, layer: KerasLayer) -> Sequence[Tensor]:
        """The arrays of a layer in Keras's order; empty where it has none."""
        inner = layer.config.get("layer")
        about = inner.get("config") if isinstance(inner, Mapping) else None
        own = about.get("name") if isinstance(about, Mapping) else None
        names = [layer.name]
        if isinstance(own, str):
            base = own.removeprefix("forward_")
            names += [own, base, f"forward_{base}", f"backward_{base}"]
        found = [
            (order, tensor)
            for name, tensor in self._arrays.items()
            if (order := _place(name, names)) is not None
        ]
        return [tensor for _, tensor in sorted(found, key=lambda pair: pair[0])]

    def _read_group(self, group: Any) -> None:
        paths, weights = (
            (group.get("paths"), group.get("weights")) if isinstance(group, dict) else (None, None)
        )
        if not isinstance(paths, list) or not isinstance(weights, list):
            raise ModelFileError(f"{self._file}: its list of weights is damaged")
        if len(weights) > _MOST_WEIGHTS:
            raise ModelFileError(f"{self._file} lists {len(weights):,} weights; it is damaged")
        entries = [self._entry(entry) for entry in weights]
        wanted = sum(size for *_, size in entries)
        if wanted > memory_left():
            raise ModelFileError(
                f"{self._file} claims {wanted:,} bytes of weights; it is damaged or made to harm"
            )
        content = b"".join(read_named_file(self._path, path, wanted + 1) for path in paths)
        if len(content) != wanted:
            raise ModelFileError(
                f"{self._file} needs {wanted:,} bytes of weights and {', '.join(map(str, paths))} "
                f"hold {len(content):,}: a file is cut, or of another model"
            )
        start = 0
        for name, shape, stored, quantised, size in entries:
            values = np.frombuffer(content, stored, offset=start, count=math.prod(shape))
            self._arrays[name] = self._tensor(name, values, quantised).reshape(shape)
            start += size

    def _entry(self, entry: Any) -> tuple[str, tuple[int, ...], str, Mapping[str, Any], int]:
        """Name, shape, type in the file, how it was quantised, and how many bytes it takes."""
        about = entry if isinstance(entry, dict) else {}
        name, shape = about.get("name"), about.get("shape")
        quantised = about.get("quantization")
        quantised = quantised if isinstance(quantised, dict) else {}
        dtype = quantised.get("dtype", about.get("dtype"))
        if not isinstance(name, str) or not isinstance(shape, list):
            raise ModelFileError(f"{self._file}: its list of weights is damaged")
        if not all(type(size) is int and 0 < size < 1 << 32 for size in shape):
            raise ModelFileError(f"{self._file}: {name} has the shape {shape}; it is damaged")
        if not isinstance(dtype, str) or dtype not in _STORED:
            raise ModelFileError(
                f"{self._file}: {name} is of type {dtype!r}; known are {', '.join(_STORED)}"
            )
        stored = _STORED[dtype]
        return name, tuple(shape), stored, quantised, math.prod(shape) * np.dtype(stored).itemsize

    def _tensor(self, name: str, values: Any, quantised: Mapping[str, Any]) -> Tensor:
        if values.dtype.kind == "f":
            return torch.from_numpy(values.astype(np.float32))
        scale, least = quantised.get("scale"), quantised.get("min", 0)
        if not isinstance(scale, int | float) or not isinstance(least, int | float):
            raise ModelFileError(
                f"{self._file}: {name} holds whole numbers without a scale, which are no weights"
            )
        bits = 8 * values.dtype.itemsize
        said = f"its weights are quantised to {bits} bits, and taken for what these stand for"
        self.notes = [said]
        return torch.from_numpy((values.astype(np.float64) * scale + least).astype(np.float32))


def _place(name: str, layers: Sequence[str]) -> tuple[int, ...] | None:
    """Where among a layer's weights this one stands; None if it belongs to another layer."""
    parts = name.removesuffix(":0").split("/")
    mine = [layers.index(part) for part in parts if part in layers]
    role, gate = parts[-1], 0
    if old := _KERAS_1.fullmatch(parts[-1]):
        role, gate = old["role"], _GATES.get(old["gate"] or "", 0)
        mine += [layers.index(old["layer"])] if old["layer"] in layers else []
    if not mine:
        return None
    backward = any(part.startswith("backward_") for part in parts)
    return backward, gate, _ROLES.index(role) if role in _ROLES else len(_ROLES)
