"""Our own model files: one `.safetensors` whose header holds the description."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, save

from rnnviz.core.errors import ModelFileError
from rnnviz.core.model_file import ModelDescription, encode_description, read_description
from rnnviz.nets.base import CharacterLanguageModel


def save_model(
    path: Path,
    model: CharacterLanguageModel,
    description: ModelDescription | None = None,
    half: bool = False,
) -> None:
    """Write a model file atomically: a reader sees the old file or the new one, never a part.

    Args:
        half: keep the weights in float16, half the size.
    """
    tensors = {
        name: tensor.detach().to("cpu", torch.float16 if half else torch.float32).contiguous()
        for name, tensor in model.state_dict().items()
    }
    write_atomically(path, save(tensors, encode_description(description or model.description)))


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the target, flush to the disk, then rename over it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


class Native:
    """Reads what `save_model` wrote."""

    name = "rnnviz"
    title = "rnnviz model"

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether the file is safetensors: it announces a JSON header that fits in the file."""
        with path.open("rb") as file:
            first = file.read(9)
        return len(first) == 9 and first[8:9] == b"{" and first[:1] != b"{"

    @staticmethod
    def load(path: Path, vocabulary: tuple[str, ...] | None = None) -> CharacterLanguageModel:
        """The model in this file, in float32, in evaluation mode.

        Raises:
            ModelFileError: truncated, inconsistent, or weights that are not finite.
        """
        description = read_description(path)
        try:
            tensors = load(path.read_bytes())
        except (safetensors.SafetensorError, ValueError) as error:
            raise ModelFileError(f"{path.name} is damaged: {error}") from error
        with torch.device("meta"):
            wanted = {
                name: tuple(tensor.shape)
                for name, tensor in CharacterLanguageModel(description).state_dict().items()
            }
        found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        if wanted != found:
            differing = sorted(
                name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
            )
            first = differing[0]
            raise ModelFileError(
                f"the tensors of {path.name} do not fit its description: {first} should be "
                f"{wanted.get(first, 'absent')} and is {found.get(first, 'absent')}"
            )
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise ModelFileError(f"the weights {name} in {path.name} hold NaN or infinity")
        model = CharacterLanguageModel(description)
        model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
        return model.eval()
