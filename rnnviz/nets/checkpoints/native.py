"""Our own model files: one `.safetensors` whose header holds the description."""

from __future__ import annotations

from pathlib import Path

import msgspec
from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.kinds.described import decode_described
from rnnviz.core.models.model_file import (
    METADATA_KEY,
    description_in,
    encode_description,
    read_header,
)
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.pytorch.safetensors_state import metadata_of, tensors_of, write_weights
from rnnviz.nets.kinds import network_kind
from rnnviz.nets.opened import OpenedModel


def save_model(
    path: Path,
    model: nn.Module,
    description: msgspec.Struct | None = None,
    half: bool = False,
) -> None:
    """Write a model file atomically: a reader sees the old file or the new one, never a part.

    Args:
        model: a network of any kind, with its `description`.
        half: keep the weights in float16, half the size.
    """
    about = model.description if description is None else description
    assert isinstance(about, msgspec.Struct)
    write_weights(path, model, encode_description(about), half)


def copy_model(source: Path, target: Path, half: bool) -> None:
    """Write a model file once more, its weights in float16 if wanted.

    Raises:
        OSError: the target cannot be written.
    """
    with safe_open(source, framework="pt") as file:
        names = list(file.keys())
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in names}
    if half:
        tensors = {name: tensor.half() for name, tensor in tensors.items()}
    write_atomically(target, save(tensors, metadata))


class Native:
    """Reads what `save_model` wrote."""

    name = "rnnviz"
    title = "rnnviz model"
    holds = "a model that rnnviz trained or converted, of any kind"
    needs = "nothing"
    refuses = "files of a newer version"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is safetensors and its header holds our description."""
        return (metadata := metadata_of(file)) is not None and METADATA_KEY in metadata

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file; it names its own vocabulary, whatever is given.

        Raises:
            ModelFileError: truncated, inconsistent, or weights that are not finite.
        """
        raw = description_in(file.read(read_header), file.name)
        kind, description = decode_described(raw, file.name)
        if not kind.jobs:
            raise ModelFileError(f"{file.name} is {kind.with_article}, {kind.use}")
        model = network_kind(kind.key).build(description, tensors_of(file), file.name)
        return OpenedModel(kind.key, model, Native.title)
