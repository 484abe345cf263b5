"""Reads stretches of a recording's rows into memory of its own, block by block.

Touching a memory map of the whole text would count its pages as memory of the process; plain reads
into buffers keep the memory of a long text that of a short one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.recording import Halves, Recording

Codes16 = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]

_SIGN = np.uint16(0x8000)
_SAMPLE_PIECE = 1024
SAMPLE_PIECES = 16


class Tile(NamedTuple):
    """Some neighbouring units of one channel."""

    channel: str
    first: int
    stop: int


def tiles(recording: Recording, channels: Sequence[str], size: int) -> Iterator[Tile]:
    """All units of these channels in order, at most `size` together."""
    for channel in channels:
        for first in range(0, recording.total_units, size):
            yield Tile(channel, first, min(first + size, recording.total_units))


def chosen_channels(recording: Recording, channels: Sequence[str] | None) -> tuple[str, ...]:
    """These channels, or all that were recorded.

    Raises:
        RecordingError: one of them was not recorded.
    """
    chosen = recording.channels if channels is None else tuple(channels)
    for channel in chosen:
        recording.rows(channel)
    return chosen


def read_tile(recording: Recording, tile: Tile, start: int, stop: int) -> Halves:
    """Characters start to stop of the units of a tile, (units, stop - start) float16.

    Raises:
        RecordingError: the file is gone or shorter than when it was opened.
    """
    values = np.empty((tile.stop - tile.first, stop - start), np.float16)
    path = recording.folder / f"{tile.channel}.f16"
    try:
        # A file of its own for each call: several threads may read at once, on any system.
        with path.open("rb", buffering=0) as file:
            for row, unit in zip(values, range(tile.first, tile.stop), strict=True):
                if _read_at(file, row, (unit * recording.length + start) * 2) != row.nbytes:
                    raise RecordingError(f"{path.name} was cut short; walk the text again")
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror}") from error
    return values


def _read_at(file: io.FileIO, row: Halves, place: int) -> int:
    """Fill the row from this place of the file, in one call to the system where it has one."""
    if hasattr(os, "preadv"):
        return os.preadv(file.fileno(), [row.data], place)
    file.seek(place)
    return file.readinto(row.data)


def sample_tile(recording: Recording, tile: Tile, length: int, most: int = SAMPLE_PIECES) -> Halves:
    """Some values of every unit of a tile, (units, n), from all over the first characters.

    They are at most so many pieces of 1,024 characters; a text of that length is taken whole.
    """
    pieces = max(1, -(-length // _SAMPLE_PIECE))
    chosen = np.linspace(0, pieces - 1, min(pieces, most)).astype(int)
    parts = [
        read_tile(recording, tile, start, min(start + _SAMPLE_PIECE, length))
        for start in (chosen * _SAMPLE_PIECE).tolist()
    ]
    return np.concatenate(parts, axis=1)


def to_float32(values: Halves) -> Floats:
    """The same numbers in float32; what overflowed float16 becomes a number beyond 65,504.

    Moving the bits into place and scaling by 2 ** 112 is four times as fast as numpy's cast.
    """
    bits = values.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70000001)
    numbers = bits.view(np.float32)
    numbers *= np.float32(2.0**112)
    return numbers


def sortable(values: Halves) -> Codes16:
    """Codes that sort as the values do: negative numbers mirrored, then lifted above zero."""
    bits = values.view(np.uint16)
    negative = (values.view(np.int16) >> 15).view(np.uint16)
    codes = bits ^ (negative | _SIGN)
    codes += codes == _SIGN - 1  # minus zero and zero are one value
    return codes


def from_sortable(codes: Codes16) -> Halves:
    """The values that `sortable` turned into these codes."""
    positive = codes >= _SIGN
    return np.where(positive, codes ^ _SIGN, ~codes).astype(np.uint16).view(np.float16)


def blocks(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """The range in pieces of at most `size`, in order."""
    for first in range(start, stop, size):
        yield first, min(first + size, stop)
