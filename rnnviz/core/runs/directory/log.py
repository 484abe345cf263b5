"""The event file of a run: one JSON object a line, appended in one write each, never changed."""

from __future__ import annotations

import io
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import JsonObject, open_regular, read_head
from rnnviz.core.runs.directory.event import (
    HEAD_BYTES,
    LONGEST_LINE,
    AnyEvent,
    Count,
    is_of_another_kind,
    is_void,
)
from rnnviz.core.system.ready_types import ready

EVENTS = "events.jsonl"
_TAIL = 1 << 16


class _Line(msgspec.Struct):
    """What every event has."""

    seq: Count
    k: str


_LINE, _EVENT = msgspec.json.Decoder(ready(_Line)), msgspec.json.Decoder(ready(AnyEvent))


def finite_or_name(value: Any) -> Any:
    """NaN and infinity as strings, since JSON has no numbers for them; all else as it is."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {key: finite_or_name(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [finite_or_name(item) for item in value]
    return value


def whole_letters(value: Any) -> Any:
    """The same, with a question mark for each half of a character, which no file can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {whole_letters(key): whole_letters(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_letters(item) for item in value]
    return value


class EventLog:
    """Appends to an event file; a torn last line, which a crash may leave, is cut off at first.

    Raises:
        RunDirectoryError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoder = msgspec.json.Encoder()
        try:
            if path.exists():
                open_regular(path).close()
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            last = self._repair()
        except OSError as error:
            raise RunDirectoryError(f"cannot write {path}: {error.strerror}") from error
        self.next_number = 0 if last is None else last.seq + 1
        """The number of the event to come."""
        self.last_step = 0 if last is None else _step_of_last(path)
        """The highest step that an event of the file is about."""

    def append(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Append one event: its number, the time, its kind and its fields, in one write.

        Raises:
            RunDirectoryError: the disk is full, or the file cannot be written; what was written
                before stays whole.
        """
        line = {"seq": self.next_number, "t": time.time(), "k": kind}
        line |= {key: finite_or_name(value) for key, value in fields.items()}
        try:
            encoded = self._encoder.encode(line) + b"\n"
        except UnicodeEncodeError:
            encoded = self._encoder.encode(whole_letters(line)) + b"\n"
        try:
            written = os.write(self._file, encoded)
            if written < len(encoded):
                # What a full disk still took is no line; without it the next reader sees none.
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                raise OSError(28, "No space left on device")
        except OSError as error:
            raise write_error(self.path, error) from error
        self.next_number += 1

    def is_in_place(self) -> bool:
        """Whether the file that is written still lies at its path, and no other in its stead.

        By what it holds, not by its number alone: some network drives number a file anew.
        """
        mine = os.fstat(self._file)
        try:
            there = self.path.stat()
            if (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino):
                return True
            os.lseek(self._file, 0, os.SEEK_SET)  # it is appended to, wherever one reads
            head = os.read(self._file, HEAD_BYTES)
            return there.st_size == mine.st_size and read_head(self.path, HEAD_BYTES) == head
        except OSError:
            return False

    def void_after(self, step: int, kept: int) -> bool:
        """Whether events beyond the first `kept` say something that a way back to `step` undoes."""
        return any(
            is_void(event["k"], event.get("seq", 0), event.get("step", 0), step, kept)
            for event in read_lines(self.path)
        )

    def said_since(self, kind: str, kept: int) -> bool:
        """Whether an event of this kind stands beyond the first `kept`."""
        return any(
            event["k"] == kind and event.get("seq", 0) >= kept for event in read_lines(self.path)
        )

    def flush(self) -> None:
        """Bring what was written to the disk.

        Raises:
            RunDirectoryError: the disk did not take it.
        """
        try:
            os.fsync(self._file)
        except OSError as error:
            raise write_error(self.path, error) from error

    def close(self) -> None:
        """Flush and close.

        Raises:
            RunDirectoryError: as `flush` does; it is closed all the same.
        """
        try:
            self.flush()
        finally:
            os.close(self._file)

    def _repair(self) -> _Line | None:
        """Cut off what follows the last newline; the last event, or None."""
        size = os.fstat(self._file).st_size
        tail, start, piece = b"", size, _TAIL
        while start > 0 and tail.count(b"\n") < 2 and len(tail) < LONGEST_LINE:
            start, piece = max(0, size - piece), 2 * piece
            os.lseek(self._file, start, os.SEEK_SET)
            tail = os.read(self._file, size - start)
        if start > 0 and b"\n" not in tail:
            raise RunDirectoryError(
                f"{self.path} ends in {len(tail):,} bytes without a line; it is damaged, and the "
                "run cannot be continued"
            )
        end = tail.rfind(b"\n") + 1
        if end < len(tail):
            os.ftruncate(self._file, start + end)
        lines = tail[:end].splitlines()
        if not lines:
            return None
        try:
            return _LINE.decode(lines[-1])
        except (ValueError, RecursionError) as error:
            raise RunDirectoryError(
                f"the last line of {self.path} is no event ({error}); the run cannot be continued, "
                "but what stands before it can still be read"
            ) from error


def write_error(path: Path, error: OSError) -> RunDirectoryError:
    """What to tell the person when something of a run cannot be written."""
    if error.errno == 28:
        return RunDirectoryError(
            f"the disk is full: {path} cannot grow. What was written stays readable; make room and "
            "continue with `rnnviz train --resume`"
        )
    if not path.parent.exists():
        # What was moved may be far above: the folder that is missing furthest up says which.
        gone = next(folder for folder in reversed(path.parents) if not folder.exists())
        return RunDirectoryError(
            f"the directory {gone} has vanished: it was moved or deleted, or its drive is "
            "gone; the training cannot write on"
        )
    return RunDirectoryError(f"cannot write {path}: {error.strerror or error}")


def _step_of_last(path: Path) -> int:
    return max((event.get("step", 0) for event in read_lines(path)), default=0)


def read_lines(path: Path) -> Iterator[JsonObject]:
    """The events of an event file, oldest first, without a torn last line and damaged ones.

    A file that is not there has none.

    Raises:
        RunDirectoryError: it is there and cannot be read.
    """
    decoder = msgspec.json.Decoder(ready(JsonObject))
    try:
        with io.BufferedReader(open_regular(path)) as file:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    return  # torn, or longer than any event
                try:
                    if not is_of_another_kind(line):
                        _EVENT.decode(line)
                    event = decoder.decode(line)
                except (ValueError, RecursionError):
                    continue
                yield event
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror}") from error


def read_events(directory: Path, kind: str | None = None) -> Iterator[JsonObject]:
    """The events of a run that hold, oldest first; those that a resumed run took back are left out.

    A torn last line is left for the next reading.
    """
    path = directory / EVENTS
    void = _taken_back(path)
    for event in read_lines(path):
        number, step = event.get("seq", 0), event.get("step", 0)
        taken = any(
            number < rewind and is_void(event["k"], number, step, to_step, kept)
            for rewind, to_step, kept in void
        )
        if not taken and (kind is None or event["k"] == kind):
            yield event


def _taken_back(path: Path) -> list[tuple[int, int, int | None]]:
    """(number of the event that says so, the step it goes back to, how many events it keeps)."""
    return [
        (event.get("seq", 0), event.get("step", 0), event.get("kept"))
        for event in read_lines(path)
        if event["k"] == "rewind"
    ]
