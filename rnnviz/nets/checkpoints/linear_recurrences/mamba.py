"""Mamba (the first): state_dicts of `mamba_ssm` and of Hugging Face, which share most names.

`backbone.layers.0.mixer.in_proj.weight` in both; the embedding is `backbone.embedding.weight` or
`backbone.embeddings.weight`. The head is the embedding once more where the file holds none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from rnnviz.core.architectures.mamba import MAMBA
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import LayerDescription
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.linear_recurrences.weights import (
    Taken,
    names_in,
    opened_stack,
    tensors_by_name,
)
from rnnviz.nets.opened import OpenedModel

_TELLING = re.compile(r"layers\.\d+\.mixer\.A_log$")


class Mamba:
    """Reads language models of Mamba."""

    name = "mamba"
    title = "Mamba model"
    holds = "language models of Mamba, with the names of mamba_ssm and of Hugging Face"
    needs = "the symbols, unless it reads bytes"
    refuses = "Mamba-2 and hybrids with attention, by name"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether its tensors have the names of such a network."""
        return any(_TELLING.search(name) for name in file.find(names_in))

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: its symbols are neither in the file nor given.
            ModelFileError: damaged, or with more in it than a network.
        """
        named = tensors_by_name(file, "mixer.A_log")
        taken = Taken(_renamed(named.tensors), file.name)
        if "layers.0.mixer.x_proj.weight" not in taken:
            # the steps of Mamba-2 come out of in_proj, and it alone keeps their biases apart
            second = any(name.endswith("mixer.dt_bias") for name in named.tensors)
            what = "of Mamba-2" if second else "that mixes Mamba with other layers"
            raise ModelFileError(
                f"{file.name} holds a network {what}, which is not computed here; the first "
                "Mamba is"
            )
        embedding = taken.take("embedding.weight")
        if embedding.dim() != 2:
            raise ModelFileError(f"the embedding of {file.name} is no matrix: it is damaged")
        size, width = embedding.shape
        layers: list[LayerDescription] = []
        tensors = {"embedding.weight": embedding}
        while f"layers.{len(layers)}.mixer.A_log" in taken:
            place = len(layers)
            layer, parameters = _layer(taken, f"layers.{place}", width)
            layers.append(layer)
            tensors |= {f"layers.{place}.{name}": part for name, part in parameters.items()}
        tensors |= {
            "head_norm.weight": taken.take("norm_f.weight", width),
            "output.weight": taken.take("lm_head.weight", size, width)
            if "lm_head.weight" in taken
            else embedding.clone(),
            "output.bias": torch.zeros(size),
        }
        taken.finish("Mamba")
        return opened_stack(named, layers, tensors, companions, file, Mamba.title, "rms", ())


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors without what stands before `layers`, and one name for the embedding."""
    telling = next(name for name in tensors if _TELLING.search(name))
    prefix = telling[: telling.index("layers.")]
    outer = prefix.removesuffix("backbone.")
    found = {}
    for name, tensor in tensors.items():
        short = name.removeprefix(prefix) if name.startswith(prefix) else name.removeprefix(outer)
        found[short.replace("embeddings.weight", "embedding.weight")] = tensor
    return found


def _layer(taken: Taken, name: str, width: int) -> tuple[LayerDescription, dict[str, Tensor]]:
    units, states = (*taken.size(f"{name}.mixer.A_log"), 0, 0)[:2]
    kernel = (taken.size(f"{name}.mixer.conv1d.weight") or (0,))[-1]
    rank = (*taken.size(f"{name}.mixer.dt_proj.weight"), 0, 0)[1]
    take = taken.take
    selecting = take(f"{name}.mixer.x_proj.weight", rank + 2 * states, units)
    ranks, into, out_of = selecting.split([rank, states, states])
    parameters = {
        "norm_weight": take(f"{name}.norm.weight", width),
        "entering": take(f"{name}.mixer.in_proj.weight", 2 * units, width),
        "conv_weight": take(f"{name}.mixer.conv1d.weight", units, kernel),
        "conv_bias": take(f"{name}.mixer.conv1d.bias", units)
        if f"{name}.mixer.conv1d.bias" in taken
        else torch.zeros(units),
        "rank": ranks,
        "into": into,
        "out_of": out_of,
        "step_weight": take(f"{name}.mixer.dt_proj.weight", units, rank),
        "step_bias": take(f"{name}.mixer.dt_proj.bias", units),
        "decay": take(f"{name}.mixer.A_log", units, states),
        "skip": take(f"{name}.mixer.D", units),
        "output": take(f"{name}.mixer.out_proj.weight", width, units),
    }
    layer = LayerDescription(
        architecture=MAMBA.name,
        units=units,
        variant={"states": states, "kernel": kernel, "step_rank": rank},
        residual=True,
        projection=width if units != width else 0,
    )
    return layer, parameters
