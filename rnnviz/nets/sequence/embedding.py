"""Vectors of symbols, made so that opening a model costs nothing beside its file."""

from __future__ import annotations

import torch
from torch import nn


def new_embedding(size: int, width: int) -> nn.Embedding:
    """An embedding (size, width) with weights as PyTorch draws them; undrawn on the meta device.

    There PyTorch would import its compiler to draw numbers that nobody sees: two seconds.
    """
    weight = torch.empty(size, width)
    made = nn.Embedding(size, width, _weight=weight)
    if not weight.is_meta:
        made.reset_parameters()
    return made
