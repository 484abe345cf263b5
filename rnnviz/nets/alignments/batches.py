"""Pairs of sentences as batches of like lengths, in an order that can be resumed anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.models.translation import END_ID, PAD_ID

_POOL = 64
"""Batches whose sentences are sorted by length together: little filling, and an order by chance."""


@dataclass(frozen=True)
class PairBatch:
    """B pairs side by side."""

    source: Tensor
    """(S, B), closed by `END_ID`, then filled with `PAD_ID`."""
    lengths: Tensor
    """(B,) tokens of each source, with the end."""
    target: Tensor
    """(G, B), likewise."""
    linked: Tensor | None = None
    """(B, G, S) True where an aligner links pieces; None where attention is not guided."""

    def to(self, device: torch.device) -> PairBatch:
        """The same on this device."""
        if device.type == "cpu":
            return self
        linked = None if self.linked is None else self.linked.to(device, non_blocking=True)
        return PairBatch(
            self.source.to(device, non_blocking=True),
            self.lengths.to(device, non_blocking=True),
            self.target.to(device, non_blocking=True),
            linked,
        )

    @property
    def tokens(self) -> int:
        """Target tokens to predict, without filling."""
        return int((self.target != PAD_ID).sum())


def side_by_side(sentences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids (S, B), each sentence closed by its end and filled, and their lengths (B,)."""
    lengths = torch.tensor([len(ids) + 1 for ids in sentences])
    block = np.full((int(lengths.max()), len(sentences)), PAD_ID, np.int64)
    for column, ids in enumerate(sentences):
        block[: len(ids), column] = ids
        block[len(ids), column] = END_ID
    return torch.from_numpy(block), lengths


def make_batch(pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> PairBatch:
    """These pairs of ids as one batch."""
    source, lengths = side_by_side([pair[0] for pair in pairs])
    target, _ = side_by_side([pair[1] for pair in pairs])
    return PairBatch(source, lengths, target)


def epoch_order(
    lengths: np.ndarray, batch: int, seed: int, epoch: int, places: int = 0
) -> list[np.ndarray]:
    """The places of the pairs of every batch of one pass, the same for the same seed and pass.

    Pairs are shuffled, sorted by length (of target, then source, (n, 2)) within pools of batches,
    and the batches are shuffled again.

    Args:
        places: above 0, a batch has as many pairs as have so many places together on their longer
            side, filling counted, and `batch` says nothing.
    """
    draw = np.random.default_rng((seed, epoch))
    order = draw.permutation(len(lengths))
    if places:
        batch = max(1, round(places / max(1.0, float(lengths.max(axis=1).mean()))))
    batches = []
    for start in range(0, len(order), batch * _POOL):
        pool = order[start : start + batch * _POOL]
        pool = pool[np.lexsort((lengths[pool, 0], lengths[pool, 1]))]
        if places:
            batches += _filled_up(pool, lengths[pool].max(axis=1).tolist(), places)
        else:
            batches += [pool[place : place + batch] for place in range(0, len(pool), batch)]
    return [batches[i] for i in draw.permutation(len(batches))]


def _filled_up(pool: np.ndarray, lengths: list[int], places: int) -> list[np.ndarray]:
    """Batches in a row, each of as many pairs as have so many places, at least one."""
    batches, start, longest = [], 0, 0
    for place, length in enumerate(lengths):
        longest = max(longest, length)
        if place > start and longest * (place + 1 - start) > places:
            batches.append(pool[start:place])
            start, longest = place, length
    return [*batches, pool[start:]]
