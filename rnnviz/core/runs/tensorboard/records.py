"""TensorBoard's event files: scalars are written by hand, scalars and histograms are read.

A file is a sequence of records, each `length u64, crc u32, bytes, crc u32`; the bytes are a
protocol buffer `Event` (`messages.py`). The checksum is CRC-32C, masked.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.runs.tensorboard.checksum import masked_crc
from rnnviz.core.runs.tensorboard.messages import (
    STARTED,
    Scalar,
    float_bytes,
    message_field,
    scalars_in,
    varint,
)

PATTERN = "*tfevents*"
PIECE_BYTES = 1 << 24
"""So much of a file is read at once."""


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
        self._record(b"\x1a" + varint(13) + b"brain.Event:2", 0)
        if resumed_at is not None:
            self._record(message_field(7, STARTED), resumed_at + 1)

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Append the values of one step; NaN and infinity as they are."""
        values = b"".join(
            message_field(
                1, message_field(1, tag.encode("utf-8", "replace")) + b"\x15" + float_bytes(value)
            )
            for tag, value in scalars.items()
        )
        self._record(message_field(5, values), step)

    def _record(self, content: bytes, step: int) -> None:
        event = b"\x09" + struct.pack("<d", time.time()) + b"\x10" + varint(step) + content
        length = struct.pack("<Q", len(event))
        record = b"".join(
            (
                length,
                struct.pack("<I", masked_crc(length)),
                event,
                struct.pack("<I", masked_crc(event)),
            )
        )
        written = self._file.write(record)
        if written < len(record):
            # Half a record would be damage to all that is written behind it.
            self._file.truncate(self._file.tell() - written)
            raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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
                    self.problem = f"{self.path.name} is shorter than what was read: written anew"
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
                found.extend(scalars_in(data[place + 12 : place + 12 + length]))
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
    """Whether the content of a record has the checksum that follows it."""
    (crc,) = struct.unpack_from("<I", data, place + 12 + length)
    return bool(masked_crc(data[place + 12 : place + 12 + length]) == crc)
