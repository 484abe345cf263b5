"""Documents side by side: filled up to the longest, with their lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.models.translation import PAD_ID


@dataclass(frozen=True)
class DocumentBatch:
    """B documents."""

    ids: Tensor
    """(T, B), filled with `PAD_ID`."""
    lengths: Tensor
    """(B,) tokens of each, at least 1; always on the processor."""
    labels: Tensor
    """(B,) the class of each."""

    def to(self, device: torch.device) -> DocumentBatch:
        """The same on this device."""
        if device.type == "cpu":
            return self
        ids, labels = (
            each.pin_memory().to(device, non_blocking=True)
            if device.type == "cuda"
            else each.to(device)
            for each in (self.ids, self.labels)
        )
        return DocumentBatch(ids, self.lengths, labels)


def make_batch(
    documents: Sequence[Sequence[int] | np.ndarray], labels: Sequence[int]
) -> DocumentBatch:
    """These documents as one batch; none may be empty."""
    lengths = np.array([len(ids) for ids in documents], np.int64)
    block = np.full((int(lengths.max()), len(documents)), PAD_ID, np.int64)
    for column, ids in enumerate(documents):
        block[: len(ids), column] = ids
    return DocumentBatch(
        torch.from_numpy(block), torch.from_numpy(lengths), torch.tensor(list(labels))
    )
