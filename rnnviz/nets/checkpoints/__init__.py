"""Reading model files, ours and other people's. To add a format: a file, and its name below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnviz.core.errors import ModelFileError
from rnnviz.core.reading import check_fits
from rnnviz.nets.checkpoints.base import Importer, OpenedModel
from rnnviz.nets.checkpoints.foreign import describe
from rnnviz.nets.checkpoints.native import Native
from rnnviz.nets.checkpoints.pytorch import PyTorchStateDict
from rnnviz.nets.checkpoints.safetensors_state import SafetensorsStateDict
from rnnviz.nets.checkpoints.torch7 import Torch7

IMPORTERS: tuple[type[Importer], ...] = (Native, SafetensorsStateDict, PyTorchStateDict, Torch7)
"""Asked in this order, the surest first."""

__all__ = ["IMPORTERS", "Importer", "OpenedModel", "open_model"]


def open_model(path: Path, vocabulary: Sequence[str] | None = None) -> OpenedModel:
    """The model in a file, whatever its name; nothing in the file is run.

    Args:
        vocabulary: the characters in the order of their ids, for a file that lacks them.

    Raises:
        VocabularyNeeded: the network is fine, the characters are neither in the file nor given.
        ModelFileError: unreadable, of no known format, damaged, hostile, or no character model.
    """
    try:
        if path.is_dir():
            raise ModelFileError(f"{path.name} is a folder; choose the model file inside it")
        check_fits(path)
        for importer in IMPORTERS:
            if importer.recognises(path):
                return importer.load(path, vocabulary)
        raise ModelFileError(f"{path.name} is {describe(path)}")
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise ModelFileError(f"{path.name} needs more memory than there is") from error
