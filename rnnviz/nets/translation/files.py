"""Translation models on disk: one `.safetensors` whose header holds the description."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import encode_description, read_description
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.checkpoints.safetensors_state import read_tensors, write_weights
from rnnviz.nets.translation.model import TranslationModel, build_translation


@dataclass(frozen=True)
class OpenedTranslation:
    """A translation model and what a person should know about how it was read."""

    model: Any
    """A `TranslationModel`, or another network that decodes the same way; in evaluation mode."""
    format_title: str
    notes: tuple[str, ...] = ()


def save_translation(
    path: Path,
    model: TranslationModel,
    description: TranslationDescription | None = None,
    half: bool = False,
) -> None:
    """Write a model file atomically.

    Args:
        half: keep the weights in float16, half the size.
    """
    write_weights(path, model, encode_description(description or model.description), half)


def load_translation(path: Path) -> OpenedTranslation:
    """The translation model in a file that `save_translation` wrote.

    Raises:
        ModelFileError: no translation model, truncated, or inconsistent.
    """
    description = read_description(path)
    if not isinstance(description, TranslationDescription):
        raise ModelFileError(
            f"{path.name} is a character model, which continues texts; choose a translation model"
        )
    model = build_translation(description, read_tensors(path), path.name)
    return OpenedTranslation(model, "rnnviz translation model")
