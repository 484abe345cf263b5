"""Rows of a run's side files: numbers too many for a line of JSON."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnviz.core.runs.record import ArrayRow

Rows = npt.NDArray[np.float32]
_MOST_KEPT_BYTES = 64_000_000
_LARGEST_ROW = 1 << 24


class RowReader:
    """Reads rows once and keeps them, within bounds; a row that is not there yet is None."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._kept: dict[tuple[str, int], Rows] = {}
        self._bytes = 0

    def known(self, row: ArrayRow) -> bool:
        """Whether this row is kept: it is then read at no cost."""
        return (row.file, row.row) in self._kept

    def read(self, row: ArrayRow) -> Rows | None:
        """The numbers of this row in its shape, read-only."""
        known = self._kept.get((row.file, row.row))
        if known is not None:
            return known
        size = row.shape[0] * row.shape[1]
        path = (self._directory / row.file).resolve()
        if not 0 < size <= _LARGEST_ROW or row.row < 0 or self._directory not in path.parents:
            return None
        try:
            with path.open("rb") as file:
                file.seek(row.row * size * 4)
                data = file.read(size * 4)
        except OSError:
            return None
        if len(data) < size * 4:
            return None
        values = np.frombuffer(data, "<f4").reshape(row.shape)
        if self._bytes > _MOST_KEPT_BYTES:
            self._kept.clear()
            self._bytes = 0
        self._kept[row.file, row.row] = values
        self._bytes += len(data)
        return values
