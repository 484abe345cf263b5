"""Writes a recording, block by block; knows nothing of networks, and is used by whoever has values.

    writer = RecordingWriter(folder, Text.of("hello"), layers_of(2, 8, ("hidden",)), Next(), "helo")
    writer.write(0, {"hidden": values}, {"surprisal": bits, "top_ids": ids, "top_p": p})

A block of steps may be written for all groups at once (`write`), or for one group after another
(`write_group`, `write_output`), in any order of steps.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import RecordingError
from rnnviz.core.files.writing import replacing
from rnnviz.core.recordings.completeness import COMPLETE, CompleteWriter, slots
from rnnviz.core.recordings.description import (
    DESCRIPTION,
    DTYPES,
    SUFFIXES,
    FloatType,
    Output,
    RecordingDescription,
    size_bytes,
)
from rnnviz.core.recordings.groups import Group, Groups
from rnnviz.core.recordings.recording import DOCUMENTS, Recording, read_state, saved_states
from rnnviz.core.sequences import base

_AT_ONCE = 1 << 23
"""A file up to this size is written with zeros as it is made."""
_ZEROS = bytes(1 << 16)
"""Written in larger pieces, they now and then take ten times as long."""
_PIECES = (1 << 12, 1 << 15)
"""Of a larger one so many bytes a row are, before values come there: first few, then more."""
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))

Numbers = npt.NDArray[np.number]


class RecordingWriter:
    """Writes a recording block by block; readers see all but the block being written.

    Args:
        sequence: what is read.
        groups: which units there are, in the order of their rows.
        output: what comes out; None for nothing.
        vocabulary: what the network knows of characters or tokens.
        dtype: of the values; float16 keeps three figures and numbers up to 65,504.
        until: no step from here on will be written, and no room is taken for it.
        again: go on with the recording of exactly this that the folder holds.
        notes: what a person should know about how it was made, a sentence each.

    Raises:
        RecordingError: the disk is too full for it, or cannot be written; with `again`, the folder
            does not hold it.
    """

    def __init__(
        self,
        folder: Path,
        sequence: base.Sequence,
        groups: Sequence[Group],
        output: Output | None,
        vocabulary: Sequence[str] = (),
        *,
        dtype: FloatType = "float16",
        model_name: str = "",
        model_path: str = "",
        notes: Sequence[str] = (),
        until: int | None = None,
        again: bool = False,
    ) -> None:
        self.folder = folder
        self.groups = Groups(groups)
        self.length = length = len(sequence)
        self._until = length if until is None else min(until, length)
        self._pages: list[_Pages] = []
        was_there = folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise RecordingError(f"cannot write to {folder}: {error.strerror}") from error
        needed = 0 if again else size_bytes(self._until, self.groups, output, dtype)
        if needed > free:
            raise RecordingError(
                f"the recording needs {needed / 1e9:,.1f} GB and {folder} has {free / 1e9:,.1f} GB "
                "free; choose fewer channels or a shorter text"
            )
        self.description = RecordingDescription(
            length=length,
            sequence=sequence.layout(tuple(vocabulary)),  # type: ignore[arg-type]
            documents=max(1, len(sequence.documents)),
            dtype=dtype,
            groups=tuple(groups),
            output=output,
            text_name=sequence.name,
            text_path=str(sequence.path or ""),
            model_name=model_name,
            model_path=model_path,
            notes=tuple(notes),
        )
        try:
            self.description.check()
        except ValueError as error:
            raise RecordingError(f"there is no such recording: {error}") from error
        arrays = dict(sequence.arrays())
        if sequence.documents.many:
            arrays[DOCUMENTS] = np.ascontiguousarray(sequence.documents.offsets, "<i8")
        if again:
            self._require_same(arrays)
        self._file = self._open if again else self._create
        try:
            self._make(arrays, again)
        except OSError as error:
            if not again:
                self._remove(arrays, was_there)
            if error.errno in _FULL:
                raise RecordingError(f"the disk is full: {folder}") from error
            raise RecordingError(f"cannot write to {folder}: {error.strerror}") from error

    def _make(self, arrays: Mapping[str, npt.NDArray[Any]], again: bool) -> None:
        """Make all files, or open those that are there."""
        if not again:
            for name in (DESCRIPTION, DOCUMENTS, *arrays):
                (self.folder / name).unlink(missing_ok=True)
            self.forget_states()
            for name, array in arrays.items():
                (self.folder / name).write_bytes(array.data if array.size else b"")
        suffix = SUFFIXES[self.description.dtype]
        # A map, so that a walk that was given up cannot write into the one that replaced it.
        shape = (len(self.groups) + 1, slots(self.description.documents), 2)
        self._complete = CompleteWriter(self._file(COMPLETE, "<i8", shape, whole=True))
        self._rows = {
            name: self._file(
                f"{name}.{suffix}", DTYPES[suffix], (self.groups.rows(name), self.length)
            )
            for name in self.groups.channels
        }
        self._output = {
            name.partition(".")[0]: self._file(
                name,
                DTYPES[file.dtype],
                (self.length, file.columns) if file.columns else (self.length,),
            )
            for name, file in self.description.output_files.items()
        }
        if not again:
            content = msgspec.json.encode(self.description)
            (self.folder / DESCRIPTION).write_bytes(content)

    def _remove(self, arrays: Mapping[str, npt.NDArray[Any]], was_there: bool) -> None:
        """Leave nothing of a recording that could not be made: its disk is full."""
        suffix = SUFFIXES[self.description.dtype]
        channels = (f"{name}.{suffix}" for name in self.groups.channels)
        made = (COMPLETE, DESCRIPTION, *arrays, *channels, *self.description.output_files)
        with contextlib.suppress(OSError):
            for name in made:
                (self.folder / name).unlink(missing_ok=True)
            if not was_there:
                self.folder.rmdir()

    # Values

    def write(
        self, start: int, channels: Mapping[str, Numbers], output: Mapping[str, Numbers]
    ) -> None:
        """Write b steps of all groups from `start` on, and note that they are complete.

        Args:
            channels: each (R, b), the rows of all groups that have the channel, or any array that
                reads so; converted to the type of the values.
            output: what came out by name, each (b,) or (b, columns); see `description.Output`.
        """
        stop = start
        for pages in self._pages:
            pages.make(start, start + next(iter(channels.values())).shape[1])
        for name, rows in self._rows.items():
            values = channels[name]
            stop = start + values.shape[1]
            rows[:, start:stop] = values
        self.put_output(start, output)
        self.complete(start, stop)

    def complete(self, start: int, stop: int) -> None:
        """Note that all groups and what came out are complete from start to stop."""
        for place in range(len(self.groups) + 1):
            self._complete.add(place, start, stop)

    def write_group(self, group: int, start: int, channels: Mapping[str, Numbers]) -> None:
        """Write b steps of one group from `start` on, each (U, b), and note that."""
        self._complete.add(group, start, self.put_group(group, start, channels))

    def put_group(self, group: int, start: int, channels: Mapping[str, Numbers]) -> int:
        """As `write_group`, without noting it: see `complete`. The step after the last."""
        self._pages.clear()  # values come in another order than that of the steps
        stop, width = start, self.groups[group].width
        for name in self.groups[group].channels:
            first, values = self.groups.first_row(name, group), channels[name]
            stop = start + values.shape[1]
            self._rows[name][first : first + width, start:stop] = values
        return stop

    def write_output(self, start: int, output: Mapping[str, Numbers]) -> None:
        """Write what came out at b steps from `start` on, and note that."""
        self._complete.add(len(self.groups), start, self.put_output(start, output))

    def put_output(self, start: int, output: Mapping[str, Numbers]) -> int:
        """As `write_output`, without noting it: see `complete`. The step after the last."""
        stop = start
        for name, array in self._output.items():
            stop = start + len(output[name])
            array[start:stop] = output[name]
        return stop

    # States

    def save_state(self, step: int, state: bytes) -> None:
        """Keep what a walk goes on with from this step; whoever looks sees all of it or nothing.

        Args:
            step: how many steps have been read.

        Raises:
            OSError: it cannot be written.
        """
        with replacing(self.folder / f"state.{step}") as beside:
            beside.write_bytes(state)

    def forget_state(self, step: int) -> None:
        """Delete what was kept there."""
        (self.folder / f"state.{step}").unlink(missing_ok=True)

    def states(self) -> tuple[int, ...]:
        """The steps whose states are kept, ascending."""
        return saved_states(self.folder)

    def state(self, step: int) -> bytes:
        """What was kept there.

        Raises:
            RecordingError: nothing was.
        """
        return read_state(self.folder, step)

    def forget_states(self) -> None:
        """Delete all of them."""
        for step in self.states():
            self.forget_state(step)

    # Files

    def _require_same(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        kept = Recording(self.folder)
        found = dict(kept.sequence.arrays())
        if kept.documents.many:
            found[DOCUMENTS] = kept.documents.offsets
        if (
            kept.description != self.description
            or found.keys() != arrays.keys()
            or not all(np.array_equal(found[name], array) for name, array in arrays.items())
        ):
            raise RecordingError(f"{self.folder} holds the recording of something else")

    def _open(
        self, name: str, kind: str, shape: tuple[int, ...], *, whole: bool = False
    ) -> npt.NDArray[Any]:
        """The map of a file that is there in its whole size."""
        if np.prod(shape) == 0:
            return np.zeros(shape, np.dtype(kind))
        return np.memmap(self.folder / name, dtype=np.dtype(kind), mode="r+", shape=shape)

    def _create(
        self, name: str, kind: str, shape: tuple[int, ...], *, whole: bool = False
    ) -> npt.NDArray[Any]:
        dtype = np.dtype(kind)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        # Never cut a file short that somebody may have mapped.
        (self.folder / name).unlink(missing_ok=True)
        with (self.folder / name).open("wb", buffering=0) as file:
            if written := size <= _AT_ONCE and self._until == self.length:
                # A page that a map makes as it is first written to costs what 1,000 numbers do.
                left = size
                while left:
                    left -= file.write(_ZEROS[: min(left, len(_ZEROS))])
            else:
                file.truncate(size)
            if size > 0 and not written and hasattr(os, "posix_fallocate"):
                # Rows stay in one piece, and no write into the map can meet a full disk.
                try:
                    self._reserve(file.fileno(), dtype.itemsize, shape, whole)
                except OSError as error:
                    if error.errno in _FULL:  # anything else: a file system that cannot reserve
                        raise
        if size == 0:
            return np.zeros(shape, dtype)
        if not written and not whole and shape[0] != self.length and hasattr(os, "pwrite"):
            self._pages.append(_Pages(self.folder / name, dtype.itemsize, shape, self._until))
        return np.memmap(self.folder / name, dtype=dtype, mode="r+", shape=shape)

    def _reserve(self, file: int, item: int, shape: tuple[int, ...], whole: bool) -> None:
        """Take room on the disk for what will be written of an array of this shape."""
        if self._until == self.length or whole:
            os.posix_fallocate(file, 0, int(np.prod(shape, dtype=np.int64)) * item)
        elif shape[0] == self.length:  # a row a step
            os.posix_fallocate(file, 0, max(1, self._until * int(np.prod(shape[1:])) * item))
        else:
            for row in range(shape[0]):
                start = row * self.length * item
                os.posix_fallocate(file, start, max(1, self._until * item))


class _Pages:
    """Zeros in a new file of rows, just ahead of where values are written step after step.

    A map makes its pages one by one, as they are first written to; written as zeros, several of
    them come at once. Where values do not come in the order of the steps the map makes them.
    """

    def __init__(self, path: Path, item: int, shape: tuple[int, ...], until: int) -> None:
        self._rows, self._stride = shape[0], shape[1] * item
        self._item, self._end = item, until * item
        self._next = self._there = 0
        """Where values are expected, and up to where there are pages, in bytes of a row."""
        # Of its own: by its name the file of a writer that replaced this one might be found.
        self._file = os.open(path, os.O_RDWR)
        weakref.finalize(self, os.close, self._file)
        # The first at once: whoever makes the files has time while the first values are computed.
        self._make_more()

    def make(self, start: int, stop: int) -> None:
        """Make the pages of these steps, and of some that follow."""
        in_order = start * self._item == self._next
        self._next = stop * self._item if in_order else -1
        while in_order and self._there < min(self._next, self._end):
            self._make_more()

    def _make_more(self) -> None:
        size = min(_PIECES[self._there > 0], self._end - self._there)
        for place in range(self._there, self._rows * self._stride, self._stride):
            os.pwrite(self._file, _ZEROS[:size], place)
        self._there += size
