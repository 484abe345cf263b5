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
from rnnviz.core.recordings.ranges import Ranges, part_of, steps_in
from rnnviz.core.recordings.recording import Halves, Recording, Values

Codes16 = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]

_SIGN = np.uint16(0x8000)
_SAMPLE_PIECE = 1024
SAMPLE_PIECES = 16
_MOST_AT_ONCE = 1 << 30
"""Every system reads so many bytes in one call."""


class Tile(NamedTuple):
    """Some neighbouring rows of one channel: see `Groups` for whose they are."""

    channel: str
    first: int
    stop: int


def tile_of(recording: Recording, channel: str, unit: int) -> Tile:
    """The row of one unit.

    Raises:
        RecordingError: this channel of it was not recorded.
    """
    recording.rows(channel)
    row = recording.groups.row(channel, unit)
    return Tile(channel, row, row + 1)


def tiles(recording: Recording, channels: Sequence[str], size: int) -> Iterator[Tile]:
    """All rows of these channels in order, at most `size` together."""
    for channel in channels:
        rows = recording.groups.rows(channel)
        for first in range(0, rows, size):
            yield Tile(channel, first, min(first + size, rows))


def chosen_channels(recording: Recording, channels: Sequence[str] | None) -> tuple[str, ...]:
    """These channels, or all that were recorded.

    Raises:
        RecordingError: one of them was not recorded.
    """
    chosen = recording.channels if channels is None else tuple(channels)
    for channel in chosen:
        recording.rows(channel)
    return chosen


def read_tile(recording: Recording, tile: Tile, start: int, stop: int) -> Values:
    """Steps start to stop of the rows of a tile, (rows, stop - start), as they were recorded.

    Raises:
        RecordingError: the file is gone or shorter than when it was opened.
    """
    values = np.empty((tile.stop - tile.first, stop - start), recording.dtype)
    path = recording.file_of(tile.channel)
    place = (tile.first * recording.length + start) * values.itemsize
    whole = values.shape[1] == recording.length and values.nbytes < _MOST_AT_ONCE
    try:
        # A file of its own for each call: several threads may read at once, on any system.
        with path.open("rb", buffering=0) as file:
            for part in (values,) if whole else values:
                if _read_at(file, part, place) != part.nbytes:
                    raise RecordingError(f"{path.name} was cut short; walk the text again")
                place += recording.length * values.itemsize
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror}") from error
    return values


def _read_at(file: io.FileIO, part: Values, place: int) -> int:
    """Fill the part from this place of the file, in one call to the system where it has one."""
    if hasattr(os, "preadv"):
        return os.preadv(file.fileno(), [part.data], place)
    file.seek(place)
    return file.readinto(part.data)


def sample_tile(
    recording: Recording,
    tile: Tile,
    steps: int | Ranges,
    most: int = SAMPLE_PIECES,
    held: Values | None = None,
) -> Values:
    """Some values of every row of a tile, (rows, n), from all over the first steps, or these.

    They are at most so many pieces of 1,024 steps; a sequence of that length is taken whole.

    Args:
        held: the rows from the first step on, where they are in memory already.
    """
    ranges: Ranges = ((0, steps),) if isinstance(steps, int) else steps
    length = steps_in(ranges)
    pieces = max(1, -(-length // _SAMPLE_PIECE))
    chosen = np.linspace(0, pieces - 1, min(pieces, most)).astype(int)
    parts = [
        read_tile(recording, tile, *part) if held is None else held[:, slice(*part)]
        for start in (chosen * _SAMPLE_PIECE).tolist()
        for part in part_of(ranges, start, min(start + _SAMPLE_PIECE, length))
    ]
    return np.concatenate([np.empty((tile.stop - tile.first, 0), recording.dtype), *parts], axis=1)


def halves(values: Values) -> Halves:
    """The same in float16; a larger number becomes the largest there is."""
    if values.dtype == np.float16:
        return values
    limits = np.finfo(np.float16)
    return np.clip(values, limits.min, limits.max).astype(np.float16)


def to_float32(values: Values) -> Floats:
    """The same numbers in float32, a copy; what overflowed float16 becomes one beyond 65,504.

    Moving the bits into place and scaling by 2 ** 112 is four times as fast as numpy's cast.
    """
    if values.dtype != np.float16:
        return values.astype(np.float32)
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


def blocks_of(ranges: Ranges, size: int) -> Iterator[tuple[int, int]]:
    """These ranges in pieces of at most `size`, in order."""
    for start, stop in ranges:
        yield from blocks(start, stop, size)


def blocks(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """The range in pieces of at most `size`, in order."""
    for first in range(start, stop, size):
        yield first, min(first + size, stop)
