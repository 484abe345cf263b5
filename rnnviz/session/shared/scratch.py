"""A folder for what the engine writes for this session alone."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from rnnviz.core.system.deleting import delete

_numbers = itertools.count(1)


class Scratch:
    """Names folders in the cache, and deletes all of them at the end."""

    def __init__(self, cache: Path, name: str) -> None:
        self.folder = cache / f"{name}-{os.getpid()}-{next(_numbers)}"
        """Made by the engine when it first writes."""
        self._given = 0

    def new(self) -> Path:
        """A folder of its own; whoever writes into it makes it, so a job dropped leaves none."""
        self._given += 1
        return self.folder / str(self._given)

    def close(self) -> None:
        """Delete everything."""
        delete(self.folder)
