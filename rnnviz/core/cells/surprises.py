"""Where a language model was most surprised: the passages that it predicted worst."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from rnnviz.core.recordings.recording import Recording

LENGTH, COUNT = 40, 30
_BLOCK = 1 << 18


class Passage(msgspec.Struct, frozen=True):
    """Some steps and the mean surprisal of those that were predicted."""

    start: int
    stop: int
    bits: float


def worst_passages(
    recording: Recording,
    length: int = LENGTH,
    count: int = COUNT,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Passage, ...]:
    """The passages of this many steps with the highest mean surprisal, the worst first.

    They do not overlap, and none crosses from one document to the next; at least half of its steps
    were predicted. Nothing where no surprisal was recorded.
    """
    surprisal, walked = recording.surprisal, recording.walked
    if surprisal is None:
        return ()
    found: list[Passage] = []
    for begin, end in recording.documents.within(0, walked):
        for start in range(begin, end, _BLOCK):
            # Passages that begin in this block may end in the next.
            stop = min(start + _BLOCK + length - 1, end)
            found += _of_block(np.asarray(surprisal[start:stop], np.float64), start, length)
            found = _apart(found, 4 * count)
            progress(stop, walked)
    return tuple(_apart(found, count))


def _of_block(bits: np.ndarray, start: int, length: int) -> list[Passage]:
    """Every passage of a block that is worse than its neighbours."""
    size = min(length, len(bits))
    if not size:
        return []
    known = np.isfinite(bits)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, bits, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    total, many = sums[size:] - sums[:-size], counts[size:] - counts[:-size]
    means = np.where(2 * many >= size, total / np.maximum(many, 1), -np.inf)
    # The first of each plateau; whatever overlaps a worse one goes later.
    higher = np.concatenate([[-np.inf], means[:-1]])
    lower = np.concatenate([means[1:], [-np.inf]])
    peaks = np.flatnonzero((means > higher) & (means >= lower) & np.isfinite(means))
    return [
        Passage(start + int(place), start + int(place) + size, float(means[place]))
        for place in peaks[np.argsort(-means[peaks], kind="stable")][:1000]
    ]


def _apart(passages: list[Passage], count: int) -> list[Passage]:
    """The worst of them that do not overlap."""
    kept: list[Passage] = []
    for passage in sorted(passages, key=lambda one: (-one.bits, one.start)):
        if all(passage.stop <= one.start or one.stop <= passage.start for one in kept):
            kept.append(passage)
            if len(kept) == count:
                break
    return kept
