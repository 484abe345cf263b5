"""What was captured so far, on disk: values by call, put together by document at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

BLOCK = 4096


class Part(NamedTuple):
    """Channels of a stream that are equally wide: a group of the recording."""

    name: str
    title: str
    width: int
    channels: tuple[str, ...]


@dataclass
class Stream:
    """One group of units: a layer in one direction, at one of its calls in a forward pass.

    Values lie in a file for each channel, in the order in which they came: steps, then streams of
    the batch, then units.
    """

    name: str
    title: str
    architecture: str
    width: int
    folder: Path
    channels: tuple[str, ...]
    layer: int = 0
    backwards: bool = False
    unbounded: tuple[str, ...] = ()
    dtype: str = "<f2"
    given: int = 0
    """The width of `hidden`, where a projection makes it another than that of the cells; else 0."""
    going_on: bool = False
    """Whether the next call belongs to the documents of the last one."""
    lengths: list[npt.NDArray[np.int64]] = field(default_factory=list)
    """For each batch of documents, (B,) steps of each so far."""
    _parts: list[tuple[int, int, int, npt.NDArray[np.int64]]] = field(default_factory=list)
    """Batch, first place in the file, steps, and steps of each document, of every call."""
    _places: int = 0
    _files: dict[str, IO[bytes]] = field(default_factory=dict)

    def parts(self) -> list[Part]:
        """One group; behind a projection what is given is one and the cells are another."""
        if self.given in (0, self.width):
            return [Part(self.name, self.title, self.width, self.channels)]
        given = tuple(name for name in self.channels if name == "hidden")
        inside = tuple(name for name in self.channels if name != "hidden")
        parts = (
            Part(self.name, self.title, self.given, given),
            Part(f"{self.name}c", f"{self.title}, cells", self.width, inside),
        )
        return [part for part in parts if part.channels]

    def begin(self, batch: int) -> None:
        """New documents, so many side by side."""
        self.lengths.append(np.zeros(batch, np.int64))

    def note(self, steps: int, lengths: npt.NDArray[np.int64]) -> None:
        """A call of so many steps is about to be written; some documents may be shorter."""
        self._parts.append((len(self.lengths) - 1, self._places, steps, lengths))
        self.lengths[-1] = self.lengths[-1] + lengths
        self._places += steps * len(lengths)

    def write(self, channels: dict[str, Tensor]) -> None:
        """Some steps of the call, (t, B, U) each."""
        for name in self.channels:
            values = channels[name].detach().float().cpu().numpy()
            if self.dtype == "<f2":
                limits = np.finfo(np.float16)
                values = np.clip(values, limits.min, limits.max)
            if name not in self._files:
                self._files[name] = self._path(name).open("wb")
            self._files[name].write(np.ascontiguousarray(values, self.dtype).data)

    def _path(self, channel: str) -> Path:
        return self.folder / f"{self.name.replace('/', '_')}.{channel}"

    def close(self) -> None:
        """No more comes."""
        for file in self._files.values():
            file.close()

    def documents(self) -> npt.NDArray[np.int64]:
        """(D,) how long each document is, in the order in which they came."""
        return np.concatenate(self.lengths) if self.lengths else np.zeros(0, np.int64)

    def blocks(self, document: int) -> Iterator[dict[str, npt.NDArray[np.floating]]]:
        """The values of one document, some steps at a time, (U, t) each."""
        batch, column = 0, document
        while column >= len(self.lengths[batch]):
            column -= len(self.lengths[batch])
            batch += 1
        maps = {
            name: np.memmap(self._path(name), self.dtype, "r").reshape(self._places, -1)
            for name in self.channels
        }
        waiting: list[dict[str, npt.NDArray[np.floating]]] = []
        steps_waiting = 0
        for number, first, _, lengths in self._parts:
            if number != batch:
                continue
            size = len(lengths)
            for start in range(0, int(lengths[column]), BLOCK):
                stop = min(start + BLOCK, int(lengths[column]))
                begin = first + start * size + column
                rows = slice(begin, begin + (stop - start - 1) * size + 1, size)
                waiting.append({name: values[rows] for name, values in maps.items()})
                steps_waiting += stop - start
                if steps_waiting >= BLOCK:
                    yield _joined(waiting)
                    waiting, steps_waiting = [], 0
        if waiting:
            yield _joined(waiting)


def _joined(
    parts: list[dict[str, npt.NDArray[np.floating]]],
) -> dict[str, npt.NDArray[np.floating]]:
    return {name: np.concatenate([part[name] for part in parts]).T for name in parts[0]}
