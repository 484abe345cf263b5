"""What an importer is, what it gives, and the one place where a model is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.nets.language.model import CharacterLanguageModel, parameter_shapes


@dataclass(frozen=True)
class OpenedModel:
    """A model and what a person should know about how it was read."""

    model: CharacterLanguageModel
    """In float32, on the CPU, in evaluation mode."""
    format_title: str
    """For people: `PyTorch state_dict`."""
    notes: tuple[str, ...] = ()
    """Sentences about anything that was assumed."""


class Importer(Protocol):
    """A file format: recognised by its content, read without running anything that it holds."""

    name: str
    """The key: `torch7`."""
    title: str
    """For people: `Torch7 file of torch-rnn`."""

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether the first bytes, or the table of contents, are of this format."""
        ...

    @staticmethod
    def load(path: Path, vocabulary: Sequence[str] | None = None) -> OpenedModel:
        """The model in this file.

        Args:
            vocabulary: the characters in the order of their ids, for a file that lacks them; where
                the file names its own, these win, except for our own format.

        Raises:
            VocabularyNeeded: the characters are neither in the file nor given.
            ModelFileError: truncated, hostile, or not a character model that can be shown.
        """
        ...


def build_model(
    description: ModelDescription, tensors: Mapping[str, Tensor], file: str
) -> CharacterLanguageModel:
    """The model of this description with these weights, in float32, in evaluation mode.

    Shapes are compared before any memory is taken: a description may claim anything.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    wanted = parameter_shapes(description)
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise ModelFileError(
                f"the tensors of {file} do not fit its description: {name} should be "
                f"{wanted.get(name, 'absent')} and is {found.get(name, 'absent')}"
            )
    weights = {}
    for name, tensor in tensors.items():
        check_weights(name, tensor, file)
        weights[name] = tensor.detach().float().contiguous()
    model = CharacterLanguageModel(description)
    model.load_state_dict(weights)
    return model.eval()


def check_weights(name: str, tensor: Tensor, file: str) -> None:
    """Refuse a tensor that cannot be weights.

    Raises:
        ModelFileError: not floating point, or NaN or infinity among the numbers.
    """
    if not tensor.is_floating_point():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ModelFileError(
            f"the weights {name} in {file} are of type {kind}; only floating-point weights can be "
            "opened, so save the model before it is quantised"
        )
    bad = int((~torch.isfinite(tensor.float())).sum())
    if bad:
        raise ModelFileError(
            f"the weights {name} in {file} hold {bad:,} numbers that are NaN or infinite: the "
            "training diverged, or the file is damaged; open an earlier checkpoint"
        )
