"""What lies in a file of weights, whether or not it can be shown: its tensors, module by module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from rnnviz.core.errors import ModelFileError, ReadingNeeded, RnnvizError
from rnnviz.core.files.reading import check_fits
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.base import LIST_READINGS, ModelFile
from rnnviz.nets.checkpoints.pytorch.file import (
    Weights,
    contents_in_words,
    looks_like_pytorch,
    read_pytorch,
    weights_in,
)
from rnnviz.nets.checkpoints.pytorch.importers import readings_of
from rnnviz.nets.checkpoints.pytorch.safetensors_state import looks_like_safetensors, tensors_of
from rnnviz.work.jobs.models import TensorGroup, TensorsListed

_MOST_GROUPS = 40
_MOST_TENSORS = 6


def list_tensors(path: Path) -> TensorsListed:
    """The tensors in a file, grouped by module, and the networks that they may be.

    Raises:
        ModelFileError: damaged, or a file that holds no tensors by name.
        OSError: it cannot be read.
    """
    check_fits(path)
    file = ModelFile(path)
    if looks_like_safetensors(path):
        return TensorsListed("safetensors", _groups(file.find(tensors_of)), _readings(file))
    if not looks_like_pytorch(path):
        return TensorsListed("", (), _readings(file))
    found = file.read(read_pytorch)
    weights = list(weights_in(found.content, found.form == "torchscript"))
    try:
        _, _, taken = readings_of(found, weights, file.name)
    except ModelFileError:
        taken = max(weights, key=lambda one: len(one.tensors), default=Weights({}))
    module = taken.kind and f"a module of the class {taken.kind}"
    others = "" if taken.place == "" and not taken.kind else contents_in_words(found.content)
    holds = ", ".join(filter(None, (module, others)))
    return TensorsListed(holds, _groups(taken.tensors), _readings(file))


def _readings(file: ModelFile) -> tuple[str, ...]:
    """What the file may be read as, in words; empty where no network can be shown."""
    try:
        open_model(file.path, reading=LIST_READINGS, known=file)
    except ReadingNeeded as needed:
        return needed.readings
    except RnnvizError:
        pass
    return ()


def _groups(tensors: Mapping[str, Tensor]) -> tuple[TensorGroup, ...]:
    """The tensors of each module, in the order of the file."""
    by_module: dict[str, list[str]] = {}
    for name, tensor in tensors.items():
        module, _, leaf = name.rpartition(".")
        by_module.setdefault(module, []).append(f"{leaf} {tuple(tensor.shape)}")
    groups = []
    for module, found in list(by_module.items())[:_MOST_GROUPS]:
        more = f" and {len(found) - _MOST_TENSORS} more" if len(found) > _MOST_TENSORS else ""
        groups.append(TensorGroup(module or "at the top", ", ".join(found[:_MOST_TENSORS]) + more))
    return tuple(groups)
