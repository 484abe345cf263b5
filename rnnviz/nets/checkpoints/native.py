"""Our own model files: one `.safetensors` whose header holds the description."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import (
    CHARACTER_LANGUAGE_MODEL,
    METADATA_KEY,
    ModelDescription,
    encode_description,
    read_description,
)
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.core.system.files import write_atomically
from rnnviz.nets.checkpoints.base import OpenedModel, build_model
from rnnviz.nets.checkpoints.safetensors_state import read_metadata, read_tensors, write_weights
from rnnviz.nets.language.model import CharacterLanguageModel


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
    write_weights(path, model, encode_description(description or model.description), half)


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

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether the file is safetensors and its header holds our description."""
        return (metadata := read_metadata(path)) is not None and METADATA_KEY in metadata

    @staticmethod
    def load(path: Path, vocabulary: Sequence[str] | None = None) -> OpenedModel:
        """The model in this file; it names its own vocabulary, whatever is given.

        Raises:
            ModelFileError: truncated, inconsistent, or weights that are not finite.
        """
        description = read_description(path)
        if isinstance(description, TranslationDescription):
            raise ModelFileError(
                f"{path.name} is a translation model, which reads sentences; it opens in the "
                "window's Alignments, with `rnnviz translate` and `rnnviz align`"
            )
        if description.task.startswith("memory-"):
            raise ModelFileError(
                f"{path.name} was trained on a memory task and reads no text; what it learned is "
                "seen in its run, in the window's Training and Gradients"
            )
        if description.task != CHARACTER_LANGUAGE_MODEL:
            raise ModelFileError(
                f"{path.name} is an rnnviz model for the task {description.task!r}, which this "
                "version cannot show; update rnnviz"
            )
        return OpenedModel(build_model(description, read_tensors(path), path.name), Native.title)
