"""Passes over examples of unequal length: which of them are the next batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.alignments.batches import epoch_order
from rnnviz.nets.training_tasks.task import Share


class Passes:
    """Batches of one pass after the other, each in an order of its own; see `epoch_order`.

    Args:
        lengths: (n, 2) of each example on both of its sides, or twice the same.
        places: above 0, a batch has so many places instead of `batch` examples.
    """

    def __init__(
        self,
        config: TrainingConfig,
        lengths: npt.NDArray[np.int64],
        share: Share,
        places: int = 0,
    ) -> None:
        self._config, self._lengths, self._share, self._places = config, lengths, share, places
        self.epoch, self.place = 0, 0
        self.order = self._order()

    def __len__(self) -> int:
        """The batches of this pass."""
        return len(self.order)

    def next_rows(self) -> npt.NDArray[np.int64]:
        """The examples of the next batch that are this process's share of it."""
        if self.place >= len(self.order):
            self.epoch, self.place = self.epoch + 1, 0
            self.order = self._order()
        rows = self.order[self.place][self._share.number :: self._share.of]
        if len(rows) == 0:  # the last batch of a pass may be smaller than the processes are many
            rows = self.order[self.place][:1]
        self.place += 1
        return rows

    @property
    def facts(self) -> dict[str, int]:
        """The pass, and the batch in it."""
        return {"epoch": self.epoch, "place": self.place}

    def restore(self, facts: Mapping[str, Any]) -> None:
        """Go back there."""
        self.epoch, self.place = int(facts["epoch"]), int(facts["place"])
        self.order = self._order()

    def _order(self) -> list[npt.NDArray[np.int64]]:
        batch, seed = self._config.batch, self._config.seed
        return epoch_order(self._lengths, batch, seed, self.epoch, self._places)
