"""The tensors of a file by their names, whichever container they lie in, and what is left of them.

A network of RWKV or Mamba lies in a PyTorch file as often as in safetensors; what it is, its names
tell alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import read_header
from rnnviz.core.models.network import Embedding, LayerDescription, Readout
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.found import FoundNetwork, Normalisation
from rnnviz.nets.checkpoints.pytorch.file import (
    Weights,
    looks_like_pytorch,
    read_pytorch,
    weights_in,
)
from rnnviz.nets.checkpoints.pytorch.safetensors_state import (
    looks_like_safetensors,
    metadata_of,
    tensors_of,
)
from rnnviz.nets.checkpoints.pytorch.shards import whole_of_shards
from rnnviz.nets.checkpoints.vocabulary.found import vocabulary_in
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.weights import shape_of

_BYTES = 256


class NamedTensors(NamedTuple):
    """The state_dict of a file, and what lies beside it."""

    tensors: Mapping[str, Tensor]
    content: Any
    notes: list[str]


def names_in(file: ModelFile) -> list[str]:
    """The names of the tensors in a file of either container; [] of any other and of a damaged one.

    Of safetensors the header alone is read.
    """
    try:
        if file.read(looks_like_safetensors):
            return [name for name in file.read(read_header) if name != "__metadata__"]
        if file.read(looks_like_pytorch):
            found = file.read(read_pytorch)
            if found.harmful or found.form == "torchscript":
                return []
            return [name for one in weights_in(found.content) for name in one.tensors]
    except ModelFileError:
        pass  # whoever is asked last says what is wrong
    return []


def tensors_by_name(file: ModelFile, telling: str) -> NamedTensors:
    """All tensors of the state_dict one of whose names ends so, those of its other shards too.

    Raises:
        ModelFileError: damaged, or a shard is missing.
    """
    if file.read(looks_like_safetensors):
        own = [Weights(file.find(tensors_of))]
        found, notes = whole_of_shards(
            file, own, lambda path: [Weights(tensors_of(ModelFile(path)))]
        )
        return NamedTensors(found[0].tensors, metadata_of(file), notes)
    content = file.read(read_pytorch).content
    fitting = [one for one in weights_in(content) if any(telling in name for name in one.tensors)]
    found, notes = whole_of_shards(
        file, fitting[:1], lambda path: list(weights_in(read_pytorch(path).content))
    )
    return NamedTensors(found[0].tensors, content, notes)


class Taken:
    """Tensors that are taken one after the other, each once; what is left over is told."""

    def __init__(self, tensors: Mapping[str, Tensor], file: str) -> None:
        self._left = dict(tensors)
        self.file = file

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str, *shape: int) -> Tensor:
        """The tensor of this name, in float32 and of this shape.

        Raises:
            ModelFileError: it is missing or of another size.
        """
        if name not in self._left:
            raise ModelFileError(
                f"{self.file} lacks the tensor {name}: part of the model is missing"
            )
        tensor = self._left.pop(name)
        size = 1
        for side in shape:
            size *= side
        if shape and tensor.numel() != size:
            raise ModelFileError(
                f"the tensor {name} of {self.file} is {shape_of(tensor)}, not {shape}: it does not "
                "fit the rest of the model"
            )
        return tensor.float().reshape(shape) if shape else tensor.float()

    def size(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor that is not taken yet; () if there is none."""
        return tuple(self._left[name].shape) if name in self._left else ()

    def finish(self, what: str) -> None:
        """Refuse a file with more in it than `what` has.

        Raises:
            ModelFileError: naming some of it.
        """
        if self._left:
            shown = ", ".join(list(self._left)[:4])
            raise ModelFileError(
                f"{self.file} holds {len(self._left):,} tensors that are no part of {what} "
                f"({shown}): it is a variant of it that is not computed here"
            )


def opened_stack(
    named: NamedTensors,
    layers: Sequence[LayerDescription],
    tensors: Mapping[str, Tensor],
    companions: Companions,
    file: ModelFile,
    title: str,
    normalisation: Normalisation,
    notes: Sequence[str],
) -> OpenedModel:
    """The language model of these layers; 256 symbols without names are bytes.

    Raises:
        VocabularyNeeded: its symbols are neither in the file nor given.
        ModelFileError: tensors that do not fit each other.
    """
    size, width = tensors["embedding.weight"].shape
    found = FoundNetwork(
        front=Embedding(width=width),
        symbols=True,
        reads=size,
        layers=tuple(layers),
        readout=Readout(),
        hidden=(),
        gives="softmax",
        outputs=size,
        tensors=tensors,
        notes=tuple(notes),
        normalisation=normalisation,
        purpose="language",
    )
    content = named.content
    if size == _BYTES and companions.vocabulary is None and not vocabulary_in(content, size):
        content = {"vocabulary": [f"<0x{byte:02X}>" for byte in range(_BYTES)]}
    return assembled([found], content, companions, file.name, title, named.notes)
