"""Normalisations as programs keep them: their epsilons, and what they are in evaluation."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnviz.nets.checkpoints.pytorch.file import ModuleFacts

TORCH_EPSILON = 1e-5
"""What torch's normalisations add to a variance, and ours."""


def epsilon_of(about: ModuleFacts | None) -> float:
    """What a normalisation of torch adds to a variance: the usual, where the file does not tell."""
    found = about.attributes.get("eps") if about else None
    return float(found) if isinstance(found, int | float) else TORCH_EPSILON


def batch_norm_as_map(
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | None,
    beta: Tensor | None,
    epsilon: float,
) -> tuple[Tensor, Tensor]:
    """Scale and shift of each number of a step, which a batch normalisation is in evaluation.

    γ (x - μ) / √(σ² + ε) + β, with what the running averages were last (Ioffe and Szegedy 2015).
    """
    root = (variance + epsilon).sqrt()
    scale = (torch.ones_like(root) if gamma is None else gamma) / root
    shift = -mean * scale
    return scale, shift if beta is None else beta + shift
