"""Sampling: one character at a time, each fed back as the next input."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError, RnnvizError, TextError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.language.model import LanguageModel, State
from rnnviz.nets.sequence.symbols.reader import Writing

_BEGINNINGS = ("<s>", "\n", "<eos>")
"""What a text begins behind, the likeliest first: the mark of its beginning, or a line end."""


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


def prime(model: LanguageModel, text: str) -> tuple[Tensor, State]:
    """Logits (V,) after this text and the state there; symbols unknown to it are skipped.

    An empty text is replaced by the mark that texts begin with, a line end, or by the first symbol
    where the model has neither.

    Raises:
        TextError: no symbol of the text is in the vocabulary.
        ModelFileError: the model reads from the end.
    """
    if model.network.from_the_end:
        raise ModelFileError(
            "the model reads from the end and predicts what stands before: it cannot write on"
        )
    symbols = model.symbols
    if text:
        reading = model.read(Text.of(text))
        _, ids = reading.take(0, len(reading))
    else:
        known = [symbols.index(one) for one in _BEGINNINGS if one in symbols]
        ids = torch.tensor(known[:1] or [0])
    if len(ids) == 0:
        what = "characters" if all(len(one) == 1 for one in symbols) else "symbols"
        raise TextError(f"none of the {what} of {text[:40]!r} is in the model's vocabulary")
    logits, state = model(ids.unsqueeze(1).to(model.device), model.zero_state(1))
    return logits[-1, 0], state


def sample(
    model: LanguageModel,
    length: int,
    *,
    start: str = "",
    temperature: float = 1.0,
    top_k: int = 0,
    seed: int | None = None,
    network_at: Callable[[int], LanguageModel] | None = None,
) -> Iterator[str]:
    """Pieces of text drawn one after the other, one a symbol; the same seed gives the same text.

    Args:
        network_at: which network reads the symbol that was drawn at a step; this model where it is
            not said.

    Raises:
        TextError: nothing of `start` is in the vocabulary.
        RnnvizError: the model predicts NaN.
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    writing = Writing(model.reader, start)
    with torch.inference_mode():
        logits, state = prime(model, start)
        for step in range(length):
            # Drawn on the processor, so that a seed gives the same text on every device.
            drawn = choose(logits.cpu(), temperature, top_k, generator)
            yield writing.add(drawn)
            network = network_at(step) if network_at else model
            following, state = network.advance(torch.tensor([drawn], device=model.device), state)
            logits = following[0]
