"""The windows of a sequence that end at each of its steps, those of one length side by side."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


class Windowed:
    """The windows of at most n steps that end at each of T steps of B streams.

    Args:
        steps: n.
        before: (M, B, ...) the steps before these, at most n - 1.
        read: (T, B, ...).
    """

    def __init__(self, steps: int, before: Tensor, read: Tensor) -> None:
        self._steps = steps
        self._first = len(before)
        self._whole = torch.cat([before.to(read), read]) if len(before) else read

    def parts(self, most: int) -> Iterator[Tensor]:
        """The windows in their order, (n, T', B, ...): up to `most` of one length at a time.

        Where fewer steps than n were read before, n is what there is.
        """
        whole, steps = self._whole, self._steps
        short = min(len(whole), steps - 1)
        for end in range(self._first, short):
            yield whole[: end + 1].unsqueeze(1)
        starts = range(max(0, self._first + 1 - steps), len(whole) - steps + 1)
        for start in starts[:: max(1, most)]:
            count = min(most, starts.stop - start)
            # (T', B, ..., n)
            found = whole[start : start + count + steps - 1].unfold(0, steps, 1)
            yield found.movedim(-1, 0)

    def last(self) -> Tensor:
        """The steps that the next windows begin with, (M', B, ...)."""
        return self._whole[max(0, len(self._whole) - self._steps + 1) :]
