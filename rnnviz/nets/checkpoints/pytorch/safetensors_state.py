"""Safetensors files of other programs: a state_dict, often without its characters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import read_head
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.models.model_file import read_header
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.pytorch.file import Weights
from rnnviz.nets.checkpoints.pytorch.shards import whole_of_shards
from rnnviz.nets.checkpoints.vocabulary.found import sizes_in
from rnnviz.nets.opened import OpenedModel


def looks_like_safetensors(path: Path) -> bool:
    """Whether a JSON object follows eight bytes that are a number and no text."""
    first = read_head(path, 9)
    return first[8:] == b"{" and any(byte < 9 or byte > 126 for byte in first[:8])


def metadata_of(file: ModelFile) -> dict[str, object] | None:
    """The metadata in the header, {} if it has none; None if the file is not safetensors.

    Raises:
        ModelFileError: safetensors, but its header is cut short or damaged.
    """
    if not file.read(looks_like_safetensors):
        return None
    metadata = file.read(read_header).get("__metadata__", {})
    return metadata if isinstance(metadata, dict) else {}


def write_weights(path: Path, model: nn.Module, metadata: Mapping[str, str], half: bool) -> None:
    """Write all weights of a network, in float16 if `half`, as a whole or not at all."""
    tensors: dict[str, Tensor] = {}
    written: set[int] = set()
    for name, tensor in model.state_dict().items():
        own = tensor.detach().to("cpu", torch.float16 if half else torch.float32).contiguous()
        # Weights that are tied lie at one place, and each is written.
        tensors[name] = own.clone() if own.untyped_storage().data_ptr() in written else own
        written.add(own.untyped_storage().data_ptr())
    write_atomically(path, save(tensors, dict(metadata)))


def tensors_of(file: ModelFile) -> dict[str, Tensor]:
    """All tensors of a safetensors file.

    Raises:
        ModelFileError: sizes that do not fit the file, or damage.
    """
    size = file.path.stat().st_size
    for name, entry in file.read(read_header).items():
        shape = entry.get("shape") if isinstance(entry, Mapping) else None
        if name != "__metadata__" and not (
            isinstance(shape, list)
            and all(type(length) is int and length >= 0 for length in shape)
            and len(shape) <= 8
            and math.prod(shape) <= size
        ):
            raise ModelFileError(
                f"{file.name} announces a tensor {name[:80]} of shape {str(shape)[:80]} in a file "
                f"of {size:,} bytes: it is cut short or damaged"
            )
    try:
        return load(file.path.read_bytes())
    except Exception as error:  # damaged bytes may raise anything in the two libraries
        reason = str(error).partition("\n")[0][:120]
        raise ModelFileError(f"{file.name} is damaged or cut short: {reason}") from error


class SafetensorsStateDict:
    """Reads a recurrent network's state_dict that another program saved as safetensors."""

    name = "safetensors"
    title = "safetensors state_dict"
    holds = "a state_dict that another program saved as safetensors, or shards of one"
    needs = "the characters or words, where the metadata name none"
    refuses = "quantised weights and parts of a model, by name"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is safetensors; ours are recognised before this is asked."""
        return file.read(looks_like_safetensors)

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the characters are neither in the metadata nor given.
            ModelFileError: damaged, or not a language model that can be shown.
        """
        found, notes = whole_of_shards(
            file,
            [Weights(file.find(tensors_of))],
            lambda path: [Weights(tensors_of(ModelFile(path)))],
        )
        content = _decoded(metadata_of(file) or {})
        hints = Hints(names=(file.name, *content), symbols=sizes_in(content))
        readings = find_networks(found[0].tensors, file.name, hints)
        return assembled(
            readings, content, companions, file.name, SafetensorsStateDict.title, notes
        )


def _decoded(metadata: Mapping[str, Any]) -> dict[str, object]:
    """Metadata values are strings; those that are JSON lists or objects are decoded."""
    decoded: dict[str, object] = {}
    for key, value in metadata.items():
        decoded[key] = value
        if isinstance(value, str) and value[:1] in ("[", "{"):
            try:
                decoded[key] = json.loads(value)
            except (ValueError, RecursionError):
                continue
    return decoded
