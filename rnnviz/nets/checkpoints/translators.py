"""Reading translation models, ours and the encoder and decoder files of PyTorch's tutorial."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import METADATA_KEY, read_description
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.checkpoints.safetensors_state import read_metadata
from rnnviz.nets.checkpoints.tutorial import is_tutorial, load_tutorial
from rnnviz.nets.translation.files import OpenedTranslation, load_translation


def is_translation(path: Path) -> bool:
    """Whether the file holds a translation model, or half of one; False where it cannot be read."""
    try:
        if not path.is_file():
            return False
        metadata = read_metadata(path)
        if metadata is not None:
            described = METADATA_KEY in metadata and read_description(path)
            return isinstance(described, TranslationDescription)
        return is_tutorial(path)
    except (ModelFileError, OSError):
        return False


def open_translation(path: Path, sentences: Path | None = None) -> OpenedTranslation:
    """The translation model in a file; nothing in the file is run.

    Args:
        path: a model file of ours, or either half of a tutorial's pair, whose other half lies in
            the same folder.
        sentences: the file of sentences, or the folder with it, that a tutorial's words come from.

    Raises:
        ModelFileError: unreadable, damaged, hostile, or no translation model.
    """
    try:
        if not path.exists():
            raise ModelFileError(f"{path} does not exist; it may have been moved or deleted")
        if path.is_file() and read_metadata(path) is not None:
            return load_translation(path)
        return load_tutorial(path, sentences)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from error
