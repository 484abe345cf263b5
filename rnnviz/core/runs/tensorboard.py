"""TensorBoard's event files, written and read by hand: scalars and nothing else.

A file is a sequence of records, each `length u64, crc u32, bytes, crc u32`; the bytes are a
protocol buffer `Event`. The checksum is CRC-32C, masked. See `tensorflow/core/util/event.proto`,
`summary.proto` and `tensor.proto`.
"""

from __future__ import annotations

import itertools
import math
import os
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.reading import open_regular
from rnnviz.core.runs.curve import Curve

PATTERN = "*tfevents*"
PIECE_BYTES = 1 << 24
"""So much of a file is read at once."""
_CHECKED_BYTES = 1 << 16
_MOST_TAGS = 4000
_LAST_STEP = 1 << 53


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
    step: int
    time: float
    """Seconds since 1970."""
    value: float
    voids: bool = False
    """No value: a run was taken up again, and what was said of this step and later is void."""


class EventFile:
    """Reads one event file to its present end, as often as it is asked; a cut tail waits.

    Checksums are looked at, as TensorBoard does: what precedes damage is kept, and nothing after it
    is read. Zeros at the end are a record that is not yet written, as file systems leave it.

    Attributes:
        problem: what is damaged and where; empty where nothing is.
        behind: whether more lies there to be read at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self.behind = False
        self._offset = 0

    def read(self) -> list[Scalar]:
        """The scalars that are new, of at most some megabytes.

        Raises:
            RunDirectoryError: it cannot be read.
        """
        self.behind = False
        if self.problem:
            return []
        try:
            with open_regular(self.path) as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(self._offset)
                data = file.read(PIECE_BYTES)
        except OSError as error:
            raise RunDirectoryError(f"cannot read {self.path}: {error.strerror}") from error
        found: list[Scalar] = []
        place = 0
        while place + 12 <= len(data) and not self.problem:
            length, crc = struct.unpack_from("<QI", data, place)
            if length == crc == 0 and not data[place:].strip(b"\0"):
                break
            end = place + 16 + length
            if masked_crc(data[place : place + 8]) != crc:
                self._find_damaged(place)
            elif end > len(data):
                # A picture larger than a piece is passed over: it holds no scalar.
                place = end if place == 0 and end <= size - self._offset else place
                break
            elif not _is_whole(data, place, length):
                self._find_damaged(place)
            else:
                found.extend(_scalars(data[place + 12 : place + 12 + length]))
                place = end
        self._offset += place
        self.behind = place > 0 and len(data) == PIECE_BYTES and not self.problem
        return found

    def _find_damaged(self, place: int) -> None:
        at = self._offset + place
        kept = "what stands before it was read" if at else "it may be no TensorBoard event file"
        self.problem = (
            f"{self.path.name} is damaged at byte {at:,}: the checksum does not fit; {kept}"
        )


def _is_whole(data: bytes, place: int, length: int) -> bool:
    """Whether the content of a record has the checksum that follows it.

    Pictures and histograms are long, and nothing of them is read.
    """
    if length > _CHECKED_BYTES:
        return True
    (crc,) = struct.unpack_from("<I", data, place + 12 + length)
    return bool(masked_crc(data[place + 12 : place + 12 + length]) == crc)


class ScalarFolder:
    """The scalars of the event files of one folder, which are one run, by their tags.

    A run that was taken up again writes a new file that begins with the step from which on what
    older files say is void (`purge_step`); one that only goes back, goes back tag by tag.
    """

    def __init__(self) -> None:
        self.curves: dict[str, Curve] = {}

    def take(self, scalars: Iterable[Scalar]) -> None:
        """Add what one file gave, the files in the order of their names."""
        waiting: dict[str, list[Scalar]] = {}
        for scalar in scalars:
            if scalar.tag or not scalar.voids:
                waiting.setdefault(scalar.tag, []).append(scalar)
                continue
            self._append(waiting)
            waiting = {}
            for curve in self.curves.values():
                curve.cut(scalar.step - 1)
        self._append(waiting)

    def _append(self, by_tag: Mapping[str, list[Scalar]]) -> None:
        for tag, of_tag in by_tag.items():
            if tag not in self.curves and len(self.curves) >= _MOST_TAGS:
                continue
            curve = self.curves.setdefault(tag, Curve())
            for first, last in _ascending(of_tag):
                part = of_tag[first:last]
                curve.cut(part[0].step - 1)
                curve.append([each.step for each in part], [each.value for each in part])


def _ascending(scalars: list[Scalar]) -> list[tuple[int, int]]:
    """Where the steps ascend: a run that was taken up again begins earlier than it ended."""
    breaks = [
        place for place in range(1, len(scalars)) if scalars[place].step <= scalars[place - 1].step
    ]
    edges = [0, *breaks, len(scalars)]
    return list(itertools.pairwise(edges))


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
    when, step, voids = 0.0, 0, False
    summaries: list[bytes] = []
    for number, value in _fields(event):
        if number == 1 and isinstance(value, bytes) and len(value) == 8:
            when = float(struct.unpack("<d", value)[0])
        elif number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >= 1 << 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
        elif number == 7 and value == _STARTED:
            voids = True
    # The fields may come in any order: what they belong to is known at the end.
    if abs(step) > _LAST_STEP:
        return
    if voids:
        yield Scalar("", step, when, math.nan, voids=True)
    for summary in summaries:
        for tag, scalar in _values(summary):
            yield Scalar(tag, step, when, scalar)


def _values(summary: bytes) -> Iterator[tuple[str, float]]:
    """The tags and numbers of a `Summary`; pictures and histograms are passed over."""
    for number, value in _fields(summary):
        if number == 1 and isinstance(value, bytes):
            tag, scalar = _value(value)
            if scalar is not None:
                yield tag, scalar


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


_TYPES = {
    1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 17: "<u2",
    19: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
"""numpy's names of `DataType`."""
_LISTS = {5: "<f4", 6: "<f8"}
_VARINTS = (7, 10, 11, 13, 16, 17)
"""`int_val`, `int64_val`, `bool_val`, `half_val`, `uint32_val`, `uint64_val`."""
_HALF = 19


def _tensor(message: bytes) -> float | None:
    """The number of a tensor that holds one, as TensorFlow 2 and Keras write scalars."""
    kind, raw, dtype, numbers = 0, b"", "", list[int]()
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            raw, dtype = value, _TYPES.get(kind, "")
        elif number in _LISTS and isinstance(value, bytes):
            raw, dtype = value, _LISTS[number]
        elif number in _VARINTS:
            numbers += [value] if isinstance(value, int) else _varints(value)
    if len(numbers) == 1 and not raw:
        return _of_varint(numbers[0], kind)
    if not dtype or len(raw) != np.dtype(dtype).itemsize:
        return None
    return float(np.frombuffer(raw, dtype)[0])


def _varints(packed: bytes) -> list[int]:
    found: list[int] = []
    place = 0
    while place < len(packed) and len(found) < 2:
        number, place = _read_varint(packed, place)
        found.append(number)
    return found


def _of_varint(number: int, kind: int) -> float:
    if kind == _HALF:
        return float(np.array(number & 0xFFFF, np.uint16).view(np.float16))
    number &= (1 << 64) - 1
    signed = kind in (3, 5, 6, 9) and number >= 1 << 63
    return float(number - (1 << 64) if signed else number)
