"""TensorBoard's event files, written and read by hand: scalars and nothing else.

A file is a sequence of records, each `length u64, crc u32, bytes, crc u32`; the bytes are a
protocol buffer `Event`. The checksum is CRC-32C, masked. See `tensorflow/core/util/event.proto`,
`summary.proto` and `tensor.proto`.
"""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import RunDirectoryError

PATTERN = "*tfevents*"


def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)  # noqa: PLW2901
        table.append(number)
    return tuple(table)


_TABLE = _crc_table()


def masked_crc(data: bytes) -> int:
    """CRC-32C of the bytes, rotated and shifted as TensorFlow does.

    >>> hex(masked_crc(b"123456789"))
    '0xc78ab0e5'
    """
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _message(tag: int, content: bytes) -> bytes:
    return bytes([tag << 3 | 2]) + _varint(len(content)) + content


class ScalarWriter:
    """Appends scalars to a new event file in a folder; every write is flushed.

    Args:
        resumed_at: a run goes on from this step: TensorBoard forgets what older files say of later
            ones.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, folder: Path, resumed_at: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while True:
            path = folder / f"events.out.tfevents.{int(time.time())}.rnnviz.{number}"
            try:
                self._file = path.open("xb", buffering=0)
                break
            except FileExistsError:
                number += 1
        self._record(b"\x1a" + _varint(13) + b"brain.Event:2", 0)
        if resumed_at is not None:
            self._record(_message(7, _STARTED), resumed_at + 1)

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Append the values of one step; NaN and infinity as they are."""
        values = b"".join(
            _message(1, _message(1, tag.encode()) + b"\x15" + _float(value))
            for tag, value in scalars.items()
        )
        self._record(_message(5, values), step)

    def _record(self, content: bytes, step: int) -> None:
        event = b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step) + content
        length = struct.pack("<Q", len(event))
        self._file.write(
            b"".join(
                (
                    length,
                    struct.pack("<I", masked_crc(length)),
                    event,
                    struct.pack("<I", masked_crc(event)),
                )
            )
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _float(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


class Scalar(NamedTuple):
    """One value that an event file holds."""

    tag: str
    """Empty where a run went on: what older files say of this step and later ones is void."""
    step: int
    time: float
    """Seconds since 1970."""
    value: float


class Scalars(NamedTuple):
    """All values of one tag, in the order of their steps; each (events,)."""

    steps: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


class EventFile:
    """Reads one event file to its present end, as often as it is asked; a cut tail waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self) -> list[Scalar]:
        """The scalars that are new.

        Raises:
            RunDirectoryError: it cannot be read, or is no event file.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError as error:
            raise RunDirectoryError(f"cannot read {self.path}: {error.strerror}") from error
        found: list[Scalar] = []
        place = 0
        while place + 12 <= len(data):
            length, crc = struct.unpack_from("<QI", data, place)
            if masked_crc(data[place : place + 8]) != crc:
                raise RunDirectoryError(
                    f"{self.path.name} is damaged at byte {self._offset + place:,}: the checksum "
                    "does not fit; it may be no TensorBoard event file"
                )
            if place + 16 + length > len(data):
                break
            event = data[place + 12 : place + 12 + length]
            found.extend(_scalars(event))
            place += 16 + length
        self._offset += place
        return found


def read_scalars(folder: Path) -> dict[str, Scalars]:
    """The scalars of every event file in a folder, by their tags.

    Raises:
        RunDirectoryError: there is none, or one is damaged.
    """
    paths = sorted(folder.glob(PATTERN))
    if not paths:
        raise RunDirectoryError(f"{folder} holds no TensorBoard event file")
    by_tag: dict[str, list[Scalar]] = {}
    for path in paths:
        for scalar in EventFile(path).read():
            if scalar.tag:
                by_tag.setdefault(scalar.tag, []).append(scalar)
                continue
            for tag, before in by_tag.items():
                by_tag[tag] = [each for each in before if each.step < scalar.step]
    return {tag: _in_order(scalars) for tag, scalars in by_tag.items()}


def _in_order(scalars: list[Scalar]) -> Scalars:
    """In the order of the steps; where a step was written again, what was written last."""
    last = {scalar.step: scalar for scalar in scalars}
    ordered = [last[step] for step in sorted(last)]
    return Scalars(
        np.array([each.step for each in ordered], np.int64),
        np.array([each.time for each in ordered], np.float64),
        np.array([each.value for each in ordered], np.float64),
    )


_STARTED = b"\x08\x01"
"""A `SessionLog` whose status is START."""

_Field = tuple[int, int | bytes]


def _fields(message: bytes) -> Iterator[_Field]:
    """(number, value) of every field of a protocol buffer; a cut one ends it."""
    place, size = 0, len(message)
    while place < size:
        key, place = _read_varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _read_varint(message, place)
            yield number, value
            continue
        if kind == 2:
            length, place = _read_varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            return
        if place + length > size:
            return
        yield number, message[place : place + length]
        place += length


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while place < len(message) and shift < 70:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return number, place


def _scalars(event: bytes) -> Iterator[Scalar]:
    when, step = 0.0, 0
    summaries: list[bytes] = []
    for number, value in _fields(event):
        if number == 1 and isinstance(value, bytes) and len(value) == 8:
            when = float(struct.unpack("<d", value)[0])
        elif number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >= 1 << 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
        elif number == 7 and value == _STARTED:
            yield Scalar("", step, when, math.nan)
    for summary in summaries:
        for number, value in _fields(summary):
            if number == 1 and isinstance(value, bytes):
                tag, scalar = _value(value)
                if scalar is not None:
                    yield Scalar(tag, step, when, scalar)


def _value(message: bytes) -> tuple[str, float | None]:
    """The tag and the number of a `Summary.Value`; None where it is a picture or a histogram."""
    tag, scalar = "", None
    for number, value in _fields(message):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            tag = value.decode("utf-8", "replace")
        elif number == 2 and len(value) == 4:
            scalar = float(struct.unpack("<f", value)[0])
        elif number == 8:
            scalar = _tensor(value)
    return tag, scalar


_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}
_LISTS = {5: "<f4", 6: "<f8"}


def _tensor(message: bytes) -> float | None:
    """The number of a tensor that holds one, as TensorFlow 2 writes scalars."""
    kind, raw, dtype = 0, b"", ""
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            raw, dtype = value, _TYPES.get(kind, "")
        elif number in _LISTS and isinstance(value, bytes):
            raw, dtype = value, _LISTS[number]
    if not dtype or len(raw) != np.dtype(dtype).itemsize:
        return None
    return float(np.frombuffer(raw, dtype)[0])
