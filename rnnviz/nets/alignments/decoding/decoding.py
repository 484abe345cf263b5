"""Decoding: greedy, beam search and sampling; each gives its alignment and its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.nets.alignments.batches import side_by_side
from rnnviz.nets.alignments.decoding.hypotheses import Translated
from rnnviz.nets.alignments.decoding.search import Search, Translator
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.device import device_of


@torch.inference_mode()
def decode(
    model: Translator,
    sources: Sequence[Sequence[int]],
    settings: Settings | None = None,
    *,
    keep: bool = False,
    progress: Callable[[list[int]], None] | None = None,
) -> list[Translated]:
    """Translate these sentences, given as ids without the end, together.

    Args:
        keep: also keep the tree and what every step gave; for one sentence.
        progress: told the tokens so far of the first sentence after every step; what it raises
            ends the work.

    Raises:
        TextError: a sentence is empty.
        RnnvizError: the settings cannot work, or the model predicts NaN.
    """
    settings = settings or Settings()
    settings.check()
    if any(len(ids) == 0 for ids in sources):
        raise TextError("the sentence is empty; type something to translate")
    if settings.sampling_temperature > 0 and settings.beam > 1:
        raise RnnvizError("sampling draws one translation; set the beam to 1")
    ids, lengths = side_by_side(sources)
    device = device_of(model)
    memory = model.encode(ids.to(device), lengths.to(device))
    search = Search(model, memory, lengths, settings, keep and len(sources) == 1)
    search.run(progress)
    return [
        Translated(
            tuple(ids[: int(lengths[b]), b].tolist()),
            memory.states[b, : int(lengths[b])].cpu(),
            search.hypotheses(b),
            tuple(search.nodes),
        )
        for b in range(len(sources))
    ]


def decode_many(
    model: Translator,
    sources: Sequence[Sequence[int]],
    settings: Settings | None = None,
    *,
    batch: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> list[Translated | None]:
    """Translate many sentences in batches of like lengths; None for an empty one."""
    order = sorted((len(ids), place) for place, ids in enumerate(sources) if ids)
    found: list[Translated | None] = [None] * len(sources)
    for start in range(0, len(order), batch):
        places = [place for _, place in order[start : start + batch]]
        given = decode(model, [sources[place] for place in places], settings)
        for place, decoded in zip(places, given, strict=True):
            found[place] = decoded
        if progress is not None:
            progress(min(start + batch, len(order)), len(order))
    return found
