"""What encoder and decoder hold at every token of many pairs; see `core.alignments.state_index`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from rnnviz.core.alignments.files.parallel_corpus import Pair
from rnnviz.core.alignments.state_index import IndexedPair, unit_rows, write_index
from rnnviz.core.errors import TextError
from rnnviz.core.models.translation import BEGIN_ID
from rnnviz.nets.alignments.batches import make_batch
from rnnviz.nets.alignments.networks.model import TranslationModel

_BATCH = 32
_LONGEST = 120
"""Pairs with more tokens on a side are left out."""


@torch.inference_mode()
def index_states(
    model: TranslationModel,
    pairs: Sequence[Pair],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Write the states at every token, the translations given; how many pairs are in the index.

    An encoder's state is what attention sees of a source token; a decoder's is the one that
    foretells a target token.

    Raises:
        TextError: no pair is short enough.
    """
    encoded = [(model.source.encode(a), model.target.encode(b)) for a, b in pairs]
    fitting = [
        place
        for place, sides in enumerate(encoded)
        if all(0 < len(ids) < _LONGEST for ids in sides)
    ]
    if not fitting:
        raise TextError(f"no pair has 1 to {_LONGEST - 1} tokens on each side")
    # Sentences of like lengths side by side; the index has them in this order.
    fitting.sort(key=lambda place: len(encoded[place][1]))
    rows: dict[str, list[torch.Tensor]] = {"encoder": [], "decoder": []}
    listed: list[IndexedPair] = []
    for start in range(0, len(fitting), _BATCH):
        places = fitting[start : start + _BATCH]
        batch = make_batch([encoded[place] for place in places])
        memory = model.encode(batch.source, batch.lengths)
        previous = functional.pad(batch.target[:-1], (0, 0, 1, 0), value=BEGIN_ID)
        state, hidden = model.start(memory), list[torch.Tensor]()
        for tokens in previous:
            step = model.step(tokens, state, memory)
            state = step.state
            hidden.append(step.hidden)
        states = torch.stack(hidden, dim=1)  # (B, G, U)
        for row, place in enumerate(places):
            source, target = encoded[place]
            rows["encoder"].append(memory.states[row, : len(source) + 1])
            rows["decoder"].append(states[row, : len(target) + 1])
            listed.append(_pair(model, pairs[place], batch.source[:, row], batch.target[:, row]))
        progress(len(listed), len(fitting))
    write_index(
        folder,
        listed,
        {side: unit_rows(torch.cat(found).float().numpy()) for side, found in rows.items()},
    )
    return len(listed)


def _pair(
    model: TranslationModel, pair: Pair, source: torch.Tensor, target: torch.Tensor
) -> IndexedPair:
    sides = [
        tuple(tokenizer.shown([i for i in ids.tolist() if i], text))
        for tokenizer, ids, text in (
            (model.source, source, pair[0]),
            (model.target, target, pair[1]),
        )
    ]
    return IndexedPair(sides[0], sides[1], pair[0], pair[1])


def spread(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """At most so many pairs, from all over a corpus."""
    places = np.linspace(0, len(pairs) - 1, min(most, len(pairs))).round().astype(int)
    return [pairs[place] for place in places.tolist()]
