"""TensorBoard's event files: scalars are written by hand, scalars and histograms are read.

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
from rnnviz.core.files.reading import open_regular
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.histograms import Floats, Histogram

PATTERN = "*tfevents*"
PIECE_BYTES = 1 << 24
"""So much of a file is read at once."""
_CHECKED_BYTES = 1 << 16
_MOST_TAGS = 4000
_OVERLAP_SECONDS = 60.0
"""So much the clocks of two machines may differ, or a run that ends and one that goes on."""
_MOST_HISTOGRAMS, _MOST_STEPS, _MOST_BINS = 500, 400, 4096
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
    histogram: Histogram | None = None
    """No value, but how many lie between each two edges."""


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
                if size < self._offset:
                    self.problem = (
                        f"{self.path.name} became shorter than what was read of it: it was written "
                        "anew; open it again"
                    )
                    return []
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
                # Of what is too long to be checked no number is believed.
                checked = length <= _CHECKED_BYTES
                event = data[place + 12 : place + 12 + length]
                found.extend(one for one in _scalars(event) if checked or not one.histogram)
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
        self.histograms: dict[str, list[Histogram]] = {}
        """Of each tag, by ascending steps; of very many every second is let go."""
        self.lost = ""
        """Why values of a tag are not shown that no run which was taken up again made void."""
        self._sources: dict[str, dict[str, float]] = {}
        """Of each tag the files that gave it, in this order, and the time of the last value."""

    def take(self, scalars: Iterable[Scalar], source: str = "") -> None:
        """Add what one file gave, the files in the order of their names.

        Args:
            source: the name of the file.
        """
        waiting: dict[str, list[Scalar]] = {}
        for scalar in scalars:
            if scalar.histogram is not None:
                self._keep(scalar.tag, scalar.histogram)
                continue
            if scalar.tag or not scalar.voids:
                waiting.setdefault(scalar.tag, []).append(scalar)
                continue
            self._append(waiting, source)
            waiting = {}
            for curve in self.curves.values():
                curve.cut(scalar.step - 1)
            for tag, kept in self.histograms.items():
                self.histograms[tag] = [one for one in kept if one.step < scalar.step]
        self._append(waiting, source)

    def _keep(self, tag: str, histogram: Histogram) -> None:
        if tag not in self.histograms and len(self.histograms) >= _MOST_HISTOGRAMS:
            return
        kept = self.histograms.setdefault(tag, [])
        while kept and kept[-1].step >= histogram.step:
            kept.pop()
        kept.append(histogram)
        if len(kept) > _MOST_STEPS:
            kept[1:-1] = kept[1:-1:2]

    def _append(self, by_tag: Mapping[str, list[Scalar]], source: str) -> None:
        for tag, of_tag in by_tag.items():
            if tag not in self.curves and len(self.curves) >= _MOST_TAGS:
                self.lost = self.lost or f"of its tags the first {_MOST_TAGS:,} are shown"
                continue
            curve = self.curves.setdefault(tag, Curve())
            mixed = self._is_mixed(tag, of_tag[0].time, source)
            for first, last in _ascending(of_tag):
                part = of_tag[first:last]
                before = int(curve.steps[-1]) if len(curve) else part[0].step
                if part[0].step < before and (first or mixed) and not self.lost:
                    self.lost = (
                        f"the steps of {tag!r} go back, from {before:,} to {part[0].step:,}: what "
                        "stood at later steps is not shown"
                    )
                curve.cut(part[0].step - 1)
                curve.append([each.step for each in part], [each.value for each in part])
            self._sources[tag][source] = of_tag[-1].time

    def _is_mixed(self, tag: str, began: float, source: str) -> bool:
        """Whether another file was written while this one was, and gave the same tag."""
        sources = self._sources.setdefault(tag, {})
        others = [(name, until) for name, until in sources.items() if name != source]
        again = source in sources
        at_once = [name for name, until in others if again or 0 < began < until - _OVERLAP_SECONDS]
        if again and list(sources)[-1] == source:
            return True  # the same file goes on: it went back by itself
        if at_once:
            self.lost = (
                f"{at_once[0]} and {source} were written at the same time and both hold {tag!r}, "
                "so their values void each other; let each program write to a folder of its own"
            )
        return bool(at_once)


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
        yield from _of_summary(summary, step, when)


def _of_summary(summary: bytes, step: int, when: float) -> Iterator[Scalar]:
    for tag, scalar, bins in _values(summary):
        if bins is not None:
            yield Scalar(tag, step, when, math.nan, histogram=Histogram(step, *bins))
        elif scalar is not None:
            yield Scalar(tag, step, when, scalar)


_Bins = tuple[Floats, Floats]
"""Edges (B + 1,), ascending, and counts (B,)."""


def _values(summary: bytes) -> Iterator[tuple[str, float | None, _Bins | None]]:
    """The tags of a `Summary` with a number or with bins; pictures are passed over."""
    for number, value in _fields(summary):
        if number == 1 and isinstance(value, bytes):
            yield _value(value)


def _value(message: bytes) -> tuple[str, float | None, _Bins | None]:
    """What a `Summary.Value` holds: its tag, and a number, a histogram, or neither."""
    tag, scalar, bins = "", None, None
    for number, value in _fields(message):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            tag = value.decode("utf-8", "replace")
        elif number == 2 and len(value) == 4:
            scalar = float(struct.unpack("<f", value)[0])
        elif number == 5:
            bins = _histogram(value)
        elif number == 8:
            scalar, bins = _tensor(value), _tensor_of_bins(value)
    return tag, scalar, bins


def _histogram(message: bytes) -> _Bins | None:
    """A `HistogramProto`: the least, the greatest, the upper edges of buckets, and the counts."""
    low, high = math.nan, math.nan
    limits, counts = np.zeros(0), np.zeros(0)
    for number, value in _fields(message):
        if not isinstance(value, bytes) or len(value) % 8:
            continue
        if number in (1, 2) and len(value) == 8:
            (found,) = struct.unpack("<d", value)
            low, high = (found, high) if number == 1 else (low, found)
        elif number == 6:
            limits = np.concatenate([limits, np.frombuffer(value, "<f8")])
        elif number == 7:
            counts = np.concatenate([counts, np.frombuffer(value, "<f8")])
    if not len(limits) or len(limits) != len(counts):
        return None
    filled = np.flatnonzero(counts > 0)
    first, last = (int(filled[0]), int(filled[-1])) if len(filled) else (0, len(counts) - 1)
    # The outermost edges are as far away as numbers go; what was seen lies between these two.
    before = limits[first - 1] if first else low
    edges = np.concatenate([[max(before, low) if math.isfinite(low) else before], limits[first:]])
    edges, counts = edges[: last - first + 2].copy(), counts[first : last + 1]
    if math.isfinite(high):
        edges[-1] = min(edges[-1], high)
    return _sound(edges, counts)


def _tensor_of_bins(message: bytes) -> _Bins | None:
    """The tensor (B, 3) of `tf.summary.histogram`: left and right edge and count of each bin."""
    kind, raw, shape = 0, b"", list[int]()
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            shape = [
                _size(part) for n, part in _fields(value) if n == 2 and isinstance(part, bytes)
            ]
        elif number == 4 and isinstance(value, bytes):
            raw = value
    dtype = np.dtype(_TYPES.get(kind, "<f8"))
    if kind not in (1, 2) or len(shape) != 2 or shape[1] != 3 or not 0 < shape[0] <= _MOST_BINS:
        return None
    if len(raw) != shape[0] * 3 * dtype.itemsize:
        return None
    rows = np.frombuffer(raw, dtype).reshape(-1, 3).astype(float)
    return _sound(np.append(rows[:, 0], rows[-1, 1]), rows[:, 2])


def _size(dimension: bytes) -> int:
    """The size of a dimension of a `TensorShapeProto`."""
    return next((v for n, v in _fields(dimension) if n == 1 and isinstance(v, int)), 0)


def _sound(edges: Floats, counts: Floats) -> _Bins | None:
    """Edges that ascend and counts that count; None where they do not."""
    if len(counts) > _MOST_BINS or not (np.isfinite(edges).all() and np.isfinite(counts).all()):
        return None
    if (counts < 0).any() or (np.diff(edges) < 0).any():
        return None
    if edges[-1] == edges[0]:
        room = abs(edges[0]) * 1e-3 or 1e-6
        return np.array([edges[0] - room, edges[0] + room]), np.array([counts.sum()])
    kept = np.diff(edges) > 0
    return np.append(edges[:-1][kept], edges[-1]), counts[kept]


_TYPES = {
    1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 17: "<u2",
    19: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
"""numpy's names of `DataType`."""
_LISTS = {5: "<f4", 6: "<f8"}
_VARINTS = (7, 10, 11, 13, 16, 17)
"""`int_val`, `int64_val`, `bool_val`, `half_val`, `uint32_val`, `uint64_val`."""
_BFLOAT16, _HALF = 14, 19


def _tensor(message: bytes) -> float | None:
    """The number of a tensor that holds one, as TensorFlow 2 and Keras write scalars."""
    kind, raw, dtype, numbers = 0, b"", "", list[int]()
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            if kind == _BFLOAT16 and len(value) == 2:
                return _of_varint(int.from_bytes(value, "little"), kind)
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
    if kind == _BFLOAT16:
        return float(np.array((number & 0xFFFF) << 16, np.uint32).view(np.float32))
    number &= (1 << 64) - 1
    signed = kind in (3, 5, 6, 9) and number >= 1 << 63
    return float(number - (1 << 64) if signed else number)
