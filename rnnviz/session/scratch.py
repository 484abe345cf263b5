"""A folder for what the engine writes for this session alone."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


class Scratch:
    """Makes folders in the cache, and deletes all of them at the end."""

    def __init__(self, cache: Path, name: str) -> None:
        self._cache, self._name = cache, name
        self.folder: Path | None = None
        """Made when it is first needed."""

    def new(self) -> Path:
        """An empty folder of its own."""
        if self.folder is None:
            self._cache.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=f"{self._name}-", dir=self._cache))
        return Path(tempfile.mkdtemp(dir=self.folder))

    def close(self) -> None:
        """Delete everything."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
