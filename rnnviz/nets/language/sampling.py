"""Sampling: one character at a time, each fed back as the next input."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.language.model import CharacterLanguageModel, State


def choose(
    logits: Tensor, temperature: float, top_k: int, generator: torch.Generator | None
) -> int:
    """Draw one id from logits (V,).

    Args:
        temperature: divides the logits; 0 takes the likeliest.
        top_k: only the likeliest k may be drawn; 0 allows all.

    Raises:
        RnnvizError: the logits are not finite, as after a training that exploded.
    """
    if not torch.isfinite(logits).all():
        raise RnnvizError("the model predicts NaN: its training exploded. Open an earlier one")
    if temperature <= 0:
        return int(logits.argmax())
    if 0 < top_k < logits.numel():
        least = logits.topk(top_k).values[-1]
        logits = logits.masked_fill(logits < least, -torch.inf)
    probabilities = torch.softmax(logits.double() / temperature, dim=0)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def prime(model: CharacterLanguageModel, text: str) -> tuple[Tensor, State]:
    """Logits (V,) after this text and the state there; characters unknown to it are skipped.

    An empty text is replaced by a newline, or by the first character where the model has none.

    Raises:
        TextError: no character of the text is in the vocabulary.
    """
    vocabulary = model.description.characters()
    if not text:
        text = "\n" if "\n" in vocabulary.characters else vocabulary.characters[0]
    ids = vocabulary.encode(text)
    ids = ids[ids != UNKNOWN]
    if ids.size == 0:
        raise TextError(f"none of the characters of {text[:40]!r} is in the model's vocabulary")
    entering = torch.from_numpy(ids).long().unsqueeze(1).to(model.device)
    logits, state = model(entering, model.zero_state(1))
    return logits[-1, 0], state


def sample(
    model: CharacterLanguageModel,
    length: int,
    *,
    start: str = "",
    temperature: float = 1.0,
    top_k: int = 0,
    seed: int | None = None,
) -> Iterator[str]:
    """Characters drawn one after the other; the same seed gives the same text.

    Raises:
        TextError: nothing of `start` is in the vocabulary.
        RnnvizError: the model predicts NaN.
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        logits, state = prime(model, start)
        for _ in range(length):
            # Drawn on the processor, so that a seed gives the same text on every device.
            drawn = choose(logits.cpu(), temperature, top_k, generator)
            yield model.description.vocabulary[drawn]
            following, state = model(torch.tensor([[drawn]], device=model.device), state)
            logits = following[0, 0]
