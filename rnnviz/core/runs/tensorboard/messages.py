"""What the records of event files say: protocol buffers, of which scalars and histograms are taken.

See `tensorflow/core/util/event.proto`, `summary.proto` and `tensor.proto`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rnnviz.core.runs.histograms import Floats, Histogram

_MOST_BINS = 4096
_LAST_STEP = 1 << 53
STARTED = b"\x08\x01"
"""A `SessionLog` whose status is START."""


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


# Written


def varint(number: int) -> bytes:
    """A whole number as protocol buffers write it: seven bits a byte, the low ones first."""
    number &= (1 << 64) - 1
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def message_field(tag: int, content: bytes) -> bytes:
    """The field of this number, which holds a message or a text."""
    return bytes([tag << 3 | 2]) + varint(len(content)) + content


def float_bytes(value: float) -> bytes:
    """A number in four bytes; one that does not fit is infinity."""
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


# Read

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


def scalars_in(event: bytes) -> Iterator[Scalar]:
    """What the record of an event holds that is shown; damage in it ends what is found."""
    when, step, voids = 0.0, 0, False
    summaries: list[bytes] = []
    for number, value in _fields(event):
        if number == 1 and isinstance(value, bytes) and len(value) == 8:
            when = float(struct.unpack("<d", value)[0])
        elif number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >= 1 << 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
        elif number == 7 and value == STARTED:
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
