"""Small translation models, drawn by chance or trained in a moment."""

from __future__ import annotations

from typing import Any

import torch

from rnnviz.core.models.translation import SPECIAL, TokenizerDescription, TranslationDescription
from rnnviz.nets.alignments.batches import PairBatch, make_batch
from rnnviz.nets.alignments.networks.model import TranslationModel

WORDS = ("le", "chat", "dort", "un", "chien", "the", "cat", "sleeps", "a", "dog", ".")


def described(**changed: Any) -> TranslationDescription:
    """A small description; the source knows French words, the target English ones."""
    side = TokenizerDescription(kind="words", tokens=(*SPECIAL, *WORDS))
    fields: dict[str, Any] = {
        "architecture": "gru",
        "layers": 1,
        "units": 5,
        "embedding": 4,
        "source": side,
        "target": side,
        "examples": ("le chat dort .",),
        **changed,
    }
    return TranslationDescription(**fields)


def small_translator(seed: int = 0, scale: float = 3.0, **changed: Any) -> TranslationModel:
    """A model whose weights were drawn wide enough that its attention is not flat."""
    model = TranslationModel(described(**changed), seed=seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    return model.eval()


def two_pairs() -> PairBatch:
    """Two pairs of different lengths side by side."""
    return make_batch([([4, 5, 6], [9, 10]), ([7, 8], [9, 10, 11, 14])])
