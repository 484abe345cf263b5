"""Rows of a run's side files: numbers too many for a line of JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnviz.core.files.reading import open_regular
from rnnviz.core.runs.record import ArrayRow
from rnnviz.core.system.background import Background

Rows = npt.NDArray[np.float32]
_Key = tuple[str, int, int]
_MOST_KEPT_BYTES = 64_000_000
_LARGEST_ROW = 1 << 24


class RowReader:
    """Reads rows once and keeps them, within bounds; a row that is not there yet is None.

    It belongs to one record: a run that is written anew, and another that takes the place of its
    directory, have a record of their own, whose rows are other ones.

    A drive that stalls is not waited for: its rows come with a later `load`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[_Key, Rows] = {}
        self._bytes = 0
        self._reading: Background[list[tuple[ArrayRow, Rows]]] = Background("reading rows")
        self._asked: set[_Key] = set()
        """What is being read, or was last."""

    def known(self, row: ArrayRow) -> bool:
        """Whether this row is kept: it is then read at no cost."""
        return _key(row) in self._kept

    def load(self, rows: Sequence[ArrayRow]) -> bool:
        """Read and keep those that are not kept; False where the drive needs longer for it."""
        read: set[_Key] = set()
        if self._reading.busy:
            if not self._reading.ready():
                return False
            read = self._asked
            self._keep(self._reading.take())
        # What was read just now and is still not known is not there: asking again is of no use.
        missing = [row for row in rows if not self.known(row) and _key(row) not in read]
        if not missing:
            return True
        if self._bytes > _MOST_KEPT_BYTES:
            self._kept.clear()
            self._bytes = 0
            missing = list(rows)
        self._asked = {_key(row) for row in missing}
        self._reading.start(partial(self._read_all, missing))
        self._reading.close()
        if not self._reading.ready_soon():
            return False
        self._keep(self._reading.take())
        return True

    def _keep(self, found: Sequence[tuple[ArrayRow, Rows]]) -> None:
        for row, values in found:
            self._kept[_key(row)] = values
            self._bytes += values.nbytes

    @property
    def waits_seconds(self) -> float:
        """How long the drive has been waited for."""
        return self._reading.waits_seconds

    def kept(self, row: ArrayRow) -> Rows | None:
        """The numbers of this row, if they were read before."""
        return self._kept.get(_key(row))

    def read(self, row: ArrayRow) -> Rows | None:
        """The numbers of this row in its shape, read-only."""
        self.load([row])
        return self.kept(row)

    def _read_all(self, rows: Sequence[ArrayRow]) -> list[tuple[ArrayRow, Rows]]:
        found = ((row, self._read(row)) for row in rows)
        return [(row, values) for row, values in found if values is not None]

    def _read(self, row: ArrayRow) -> Rows | None:
        size = row.shape[0] * row.shape[1]
        # Loops of links are no error here, and a name that leads out of the folder is no file.
        directory = os.path.realpath(self._directory)
        path = Path(os.path.realpath(os.path.join(directory, row.file)))  # noqa: PTH118
        if not 0 < size <= _LARGEST_ROW or row.row < 0 or Path(directory) not in path.parents:
            return None
        try:
            with open_regular(path) as file:
                if row.row * size * 4 >= os.fstat(file.fileno()).st_size:
                    return None
                file.seek(row.row * size * 4)
                data = file.read(size * 4)
        except (OSError, ValueError):
            return None
        return np.frombuffer(data, "<f4").reshape(row.shape) if len(data) == size * 4 else None


def _key(row: ArrayRow) -> _Key:
    """A run that was taken up again writes its rows anew, where void ones were."""
    return row.file, row.row, row.number
