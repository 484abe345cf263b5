"""The weights that a network starts with, from seeds tied to the parameters' names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor, nn

from rnnviz.core.architectures import ArchitectureFacts


def draw_first_weights(
    model: nn.Module,
    seed: int,
    facts: ArchitectureFacts,
    units: int,
    bound: Callable[[str, Tensor], float],
) -> None:
    """Draw all weights anew.

    A parameter of the same name and shape starts from the same numbers in every network of the same
    seed, so that an RNN, a GRU and an LSTM differ in nothing but their recurrence.

    Embeddings are normal, recurrent weights orthogonal, one block a gate (Saxe et al. 2014); all
    else is uniform. The bias of a gate that is to be open starts at 1 (Jozefowicz et al. 2015)

    Args:
        bound: the largest number that a uniform parameter starts with, by its name and shape.
    """
    for name, parameter in model.named_parameters():
        draw_parameter(name, parameter, seed, (facts, units), bound)


@torch.no_grad()
def draw_parameter(
    name: str,
    parameter: Tensor,
    seed: int,
    kind: tuple[ArchitectureFacts, int],
    bound: Callable[[str, Tensor], float],
) -> None:
    """Draw one of the weights anew; `kind` is what there is to know of its layer, and its U."""
    facts, units = kind
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7]))
    if name.endswith("embedding.weight"):
        parameter.normal_(generator=generator)
    elif ".weight_hh" in name:
        for block in parameter.chunk(facts.blocks):
            nn.init.orthogonal_(block, generator=generator)
    else:
        drawn = torch.rand(parameter.shape, generator=generator)
        parameter.copy_((2 * drawn - 1) * bound(name, parameter))
    if facts.open_gate and ".bias_ih" in name:
        parameter[facts.open_rows(units)] += 1
