"""What a walk leaves on disk: every unit at every character, memory-mapped, unit-major.

    RECORDING/recording.json     sizes, channels, vocabulary, versions: written once
    RECORDING/text.codes         the code points of the text, fixed width
    RECORDING/<channel>.f16      (N, T) float16: `hidden`, `cell`, and the gates
    RECORDING/surprisal.f16      (T,) bits; NaN where the model gave no prediction
    RECORDING/top_ids.u32        (T, 5) the likeliest characters after each one
    RECORDING/top_p.f16          (T, 5) their probabilities
    RECORDING/walked             8 bytes: how many characters are complete
    RECORDING/state.safetensors  while a walk is under way: how to go on with it (`nets.walk`)

The format is specified in `docs/formats.md`.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.architectures import Channel, Range, channel_named
from rnnviz.core.errors import ModelFileError, RecordingError
from rnnviz.core.reading import DamagedFileError, open_regular, read_json
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.vocabulary import UNKNOWN, Vocabulary

RECORDING_VERSION = 1
TOP = 5
"""How many of the likeliest next characters are kept."""

STATE_FILE = "state.safetensors"

_DERIVED = ("ranking-*.json", "probe-*.json", "labels-*.npy", STATE_FILE, f"{STATE_FILE}.part")
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))

Halves = npt.NDArray[np.float16]


_Channel = Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,64}\Z")]
"""A name that is part of a file's name, and leads nowhere else."""


class RecordingDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What `recording.json` holds."""

    length: Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
    """T, the characters of the text."""
    layers: Annotated[int, msgspec.Meta(ge=1, le=1 << 16)]
    units: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)]
    """U, in one layer; N = layers * units."""
    channels: Annotated[tuple[_Channel, ...], msgspec.Meta(min_length=1, max_length=64)]
    ranges: dict[str, Range] = {}
    """Where the values of a channel lie, where its name alone does not tell it."""
    vocabulary: tuple[str, ...]
    code_width: Literal[1, 2, 4]
    text_name: str = ""
    text_path: str = ""
    model_name: str = ""
    model_path: str = ""
    version: int = RECORDING_VERSION


def size_bytes(length: int, total_units: int, channels: int) -> int:
    """What a recording of T characters, N units and so many channels takes on disk."""
    return length * (total_units * channels * 2 + 2 + TOP * 6 + 4)


def remove_recording(folder: Path) -> None:
    """Delete what a recording holds, and what was derived from it; other files there stay."""
    description = folder / "recording.json"
    try:
        channels = read_json(description, RecordingDescription).channels
    except (OSError, DamagedFileError):
        channels = ()
    names = ["recording.json", "text.codes", "walked", "surprisal.f16", "top_ids.u32", "top_p.f16"]
    names += [f"{channel}.f16" for channel in channels]
    derived = [path for pattern in _DERIVED for path in folder.glob(pattern) if path.is_file()]
    for path in (*(folder / name for name in names), *derived):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


class Recording:
    """A recording opened read-only; it may still be growing (see `walked`).

    ==================  ===========================================================
    `values(c, n)`      (T,) float16, one unit over the whole text
    `rows(c)`           (N, T) float16, memory-mapped
    `surprisal`         (T,) float16, bits; NaN where unknown
    `top_ids`           (T, 5) uint32, ids of the likeliest next characters
    `top_p`             (T, 5) float16, their probabilities
    ==================  ===========================================================

    Only the first `walked` characters hold values; the rest reads as zero. A character outside the
    vocabulary was skipped: every unit keeps its value there, and the surprisal is NaN.

    Raises:
        RecordingError: not a recording, cut short, or of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.description = read_json(folder / "recording.json", RecordingDescription)
        except OSError as error:
            raise RecordingError(f"{folder} holds no recording: {error.strerror}") from error
        except DamagedFileError as error:
            raise RecordingError(f"{folder / 'recording.json'} is damaged: {error}") from error
        about = self.description
        if about.version > RECORDING_VERSION:
            raise RecordingError(f"{folder} was written by a newer rnnviz; update this one")
        self.length = about.length
        self.layers, self.units = about.layers, about.units
        self.channels = about.channels
        try:
            self.vocabulary = Vocabulary(about.vocabulary)
        except ModelFileError as error:
            raise RecordingError(f"{folder / 'recording.json'} is damaged: {error}") from error
        self._walked = self._map("walked", "<i8", (1,))
        codes = self._map("text.codes", f"<u{about.code_width}", (self.length,))
        self.text = Text(codes, about.text_name, Path(about.text_path) if about.text_path else None)
        shape = (self.total_units, self.length)
        self._rows = {name: self._map(f"{name}.f16", "<f2", shape) for name in self.channels}
        self.surprisal: Halves = self._map("surprisal.f16", "<f2", (self.length,))
        self.top_ids: npt.NDArray[np.uint32] = self._map("top_ids.u32", "<u4", (self.length, TOP))
        self.top_p: Halves = self._map("top_p.f16", "<f2", (self.length, TOP))

    @property
    def total_units(self) -> int:
        """N: the units of all layers together."""
        return self.layers * self.units

    @property
    def walked(self) -> int:
        """How many characters are complete by now; equals T when the walk is over."""
        return max(0, min(self.length, int(self._walked[0])))

    @property
    def complete(self) -> bool:
        """Whether the walk is over."""
        return self.walked == self.length

    def rows(self, channel: str) -> Halves:
        """One channel, (N, T) float16, memory-mapped and read-only.

        Raises:
            RecordingError: this channel was not recorded.
        """
        try:
            return self._rows[channel]
        except KeyError:
            raise RecordingError(
                f"the channel {channel!r} was not recorded; here are {', '.join(self.channels)}. "
                "Walk the text again with it chosen"
            ) from None

    def about_channel(self, channel: str) -> Channel:
        """What there is to know of a channel of this recording."""
        about = channel_named(channel)
        return replace(about, range=self.description.ranges.get(channel, about.range))

    def values(self, channel: str, unit: int) -> Halves:
        """One unit over the whole text, (T,) float16; `unit` counts through all layers."""
        values: Halves = self.rows(channel)[unit]
        return values

    def known(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """Which characters of this range the model knows."""
        ids = self.vocabulary.encode_codes(np.asarray(self.text.codes[start:stop]))
        return np.not_equal(ids, UNKNOWN)

    def layer_and_unit(self, unit: int) -> tuple[int, int]:
        """(layer, unit in the layer), both from 0, of a unit counted through all layers."""
        return divmod(unit, self.units)

    def _map(self, name: str, kind: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        path, dtype = self.folder / name, np.dtype(kind)
        wanted = math.prod(shape) * dtype.itemsize
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
            if size != wanted:
                raise RecordingError(
                    f"{path.name} of the recording {self.folder.name} holds {size:,} bytes instead "
                    f"of {wanted:,}; walk the text again"
                )
            if wanted == 0:
                return np.zeros(shape, dtype)
            return np.memmap(path, dtype=dtype, mode="r", shape=shape)
        except OSError as error:
            raise RecordingError(f"cannot read {path}: {error.strerror}") from error


class RecordingWriter:
    """Writes a recording block by block; readers see all but the block being written.

    Args:
        until: no character from here on will be written, and no room is taken for it.
        again: go on with the recording of exactly this that the folder holds.
        ranges: where the values of a channel lie, where its name alone does not tell it.

    Raises:
        RecordingError: the disk is too full for it, or cannot be written; with `again`, the folder
            does not hold it.
    """

    def __init__(
        self,
        folder: Path,
        text: Text,
        vocabulary: Sequence[str],
        layers: int,
        units: int,
        channels: Sequence[str],
        model_name: str = "",
        model_path: str = "",
        until: int | None = None,
        again: bool = False,
        ranges: Mapping[str, Range] | None = None,
    ) -> None:
        length, total = len(text), layers * units
        self._until = length if until is None else min(until, length)
        self.folder = folder
        self.length = length
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise RecordingError(f"cannot write to {folder}: {error.strerror}") from error
        needed = 0 if again else size_bytes(self._until, total, len(channels))
        if needed > free:
            raise RecordingError(
                f"the recording needs {needed / 1e9:,.1f} GB and {folder} has {free / 1e9:,.1f} GB "
                "free; choose fewer channels or a shorter text"
            )
        codes = np.ascontiguousarray(text.codes)
        description = RecordingDescription(
            length=length,
            layers=layers,
            units=units,
            channels=tuple(channels),
            ranges=dict(ranges or {}),
            vocabulary=tuple(vocabulary),
            code_width=cast("Literal[1, 2, 4]", codes.dtype.itemsize),
            text_name=text.name,
            text_path=str(text.path or ""),
            model_name=model_name,
            model_path=model_path,
        )
        if again:
            self._require_same(description, codes)
        file = self._open if again else self._create
        try:
            if not again:
                for name in ("recording.json", "text.codes", STATE_FILE):
                    (folder / name).unlink(missing_ok=True)
                (folder / "text.codes").write_bytes(codes.data)
            # A map, so that a walk that was given up cannot write into the one that replaced it.
            self._walked = file("walked", "<i8", (1,))
            self._rows = {name: file(f"{name}.f16", "<f2", (total, length)) for name in channels}
            self._surprisal = file("surprisal.f16", "<f2", (length,))
            self._top_ids = file("top_ids.u32", "<u4", (length, TOP))
            self._top_p = file("top_p.f16", "<f2", (length, TOP))
            if not again:
                (folder / "recording.json").write_bytes(msgspec.json.encode(description))
        except OSError as error:
            if error.errno in _FULL:
                raise RecordingError(f"the disk is full: {folder}") from error
            raise RecordingError(f"cannot write to {folder}: {error.strerror}") from error

    def write(
        self,
        start: int,
        channels: Mapping[str, npt.NDArray[np.floating]],
        surprisal: npt.NDArray[np.floating],
        top_ids: npt.NDArray[np.integer],
        top_p: npt.NDArray[np.floating],
    ) -> None:
        """Write b characters from `start` on.

        Args:
            channels: each (N, b), or any array that reads so; converted to float16.
            surprisal: (b,) bits.
            top_ids: (b, 5).
            top_p: (b, 5).
        """
        stop = start + len(surprisal)
        for name, rows in self._rows.items():
            rows[:, start:stop] = channels[name]
        self._surprisal[start:stop] = surprisal
        self._top_ids[start:stop] = top_ids
        self._top_p[start:stop] = top_p
        self._walked[0] = max(stop, int(self._walked[0]))

    def _require_same(self, description: RecordingDescription, codes: npt.NDArray[Any]) -> None:
        kept = Recording(self.folder)
        if kept.description != description or not np.array_equal(kept.text.codes, codes):
            raise RecordingError(f"{self.folder} holds the recording of something else")

    def _open(self, name: str, kind: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The map of a file that is there in its whole size."""
        if np.prod(shape) == 0:
            return np.zeros(shape, np.dtype(kind))
        return np.memmap(self.folder / name, dtype=np.dtype(kind), mode="r+", shape=shape)

    def _create(self, name: str, kind: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        dtype = np.dtype(kind)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        # Never cut a file short that somebody may have mapped.
        (self.folder / name).unlink(missing_ok=True)
        with (self.folder / name).open("wb") as file:
            file.truncate(size)
            if size > 0 and hasattr(os, "posix_fallocate"):
                # Rows stay in one piece, and no write into the map can meet a full disk.
                try:
                    self._reserve(file.fileno(), dtype.itemsize, shape)
                except OSError as error:
                    if error.errno in _FULL:  # anything else: a file system that cannot reserve
                        raise
        if size == 0:
            return np.zeros(shape, dtype)
        return np.memmap(self.folder / name, dtype=dtype, mode="r+", shape=shape)

    def _reserve(self, file: int, item: int, shape: tuple[int, ...]) -> None:
        """Take room on the disk for what will be written of an array of this shape."""
        if self._until == self.length or shape == (1,):
            os.posix_fallocate(file, 0, int(np.prod(shape, dtype=np.int64)) * item)
        elif shape[0] == self.length:  # a row a character
            os.posix_fallocate(file, 0, max(1, self._until * int(np.prod(shape[1:])) * item))
        else:
            for row in range(shape[0]):
                start = row * self.length * item
                os.posix_fallocate(file, start, max(1, self._until * item))
