"""How good a translation model is on pairs of sentences: its loss, and its translations."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.nn import functional

from rnnviz.core.alignments.files.parallel_corpus import Pair
from rnnviz.nets.alignments.batches import make_batch
from rnnviz.nets.alignments.decoding.decoding import decode_many
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.device import device_of


@torch.inference_mode()
def held_out_loss(model: TranslationModel, pairs: Sequence[Pair], batch: int = 64) -> float:
    """Mean loss in nats a target token, the end included."""
    encoded = [(model.source.encode(a), model.target.encode(b)) for a, b in pairs]
    encoded = sorted((pair for pair in encoded if pair[0] and pair[1]), key=lambda p: len(p[1]))
    losses, tokens, device = [], 0, device_of(model)
    for start in range(0, len(encoded), batch):
        given = make_batch(encoded[start : start + batch]).to(device)
        logits, targets, _ = model(given.source, given.lengths, given.target)
        losses.append(functional.cross_entropy(logits.float(), targets, reduction="sum"))
        tokens += len(targets)
    return sum(torch.stack(losses).tolist()) / tokens if tokens else math.nan


def translate_lines(
    model: TranslationModel, lines: Sequence[str], settings: Settings, batch: int = 32
) -> list[str]:
    """The translations of these sentences; an empty line stays empty."""
    found = decode_many(model, [model.source.encode(line) for line in lines], settings, batch=batch)
    return [model.target.decode(one.best.ids) if one else "" for one in found]
