"""Unpacking what another machine sends of a run: its files, in their places, and nothing else."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path
from typing import IO, Protocol

from rnnviz.core.files.writing import replacing

FOLDERS = ("arrays", "checkpoints")
SMALL_FILES = ("run.json", "control.json")
SMALL_BYTES = 1 << 24
LARGEST_FILE = 1 << 36
MOST_BYTES = 1 << 38
MOST_ENTRIES = 100_000
SPARE_BYTES = 1 << 28
"""So much of the disk stays free."""
_LARGEST_HEADER = 1 << 20
_LATEST_TIME = 1 << 40


class RefusedArchiveError(ValueError):
    """What came is not what a run consists of; the message says what came."""


class Stream(Protocol):
    """Whatever bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many; none at the end."""
        ...


class _Metered(io.RawIOBase):
    """Reads a stream until an allowance is used up: a header may claim any size."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self.left = stream, _LARGEST_HEADER

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self.left:
            raise RefusedArchiveError("the archive that came is no run: a header is too large")
        data = self._stream.read(size)
        self.left -= len(data)
        return data


def unpack(stream: Stream, folder: Path) -> None:
    """Unpack a tar archive of a run into its mirror; files are replaced, never written into.

    Only `run.json`, `control.json` and plain files directly in `arrays` and `checkpoints` are
    taken; a half-written one (`.name.part`) is passed over. Whatever else comes ends the unpacking.

    Raises:
        RefusedArchiveError: it holds a link, a device, a name that leads elsewhere, or too much.
        OSError: the disk is full, or the folder cannot be written.
        tarfile.TarError: the archive is damaged.
    """
    metered = _Metered(stream)
    entries, total = 0, 0
    with tarfile.open(fileobj=metered, mode="r|", bufsize=tarfile.BLOCKSIZE) as archive:
        while True:
            metered.left = _LARGEST_HEADER
            entry = archive.next()
            if entry is None:
                return
            entries, total = entries + 1, total + entry.size
            if entries > MOST_ENTRIES or total > MOST_BYTES:
                raise RefusedArchiveError("more came than any run consists of")
            target = _target(entry, folder)
            # Also what is passed over is read.
            metered.left = entry.size + 2 * tarfile.BLOCKSIZE
            content = archive.extractfile(entry) if target is not None else None
            if target is not None and content is not None:
                _write(content, target, entry)
            elif entry.isreg():
                _skip(archive, entry)


def _skip(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    content = archive.extractfile(entry)
    while content is not None and content.read(1 << 20):
        pass


def _target(entry: tarfile.TarInfo, folder: Path) -> Path | None:
    """Where this entry belongs; None for what need not be written.

    Raises:
        RefusedArchiveError: it belongs nowhere.
    """
    inside, _, name = entry.name.rpartition("/")
    if entry.isdir() and entry.name in FOLDERS:
        return None
    plain = entry.isreg() and not entry.issparse()
    small = not inside and name in SMALL_FILES and entry.size <= SMALL_BYTES
    large = inside in FOLDERS and _is_plain_name(name) and entry.size <= LARGEST_FILE
    if not plain or not (small or large):
        raise RefusedArchiveError(f"{entry.name[:200]!r} came, which is no part of a run")
    return None if name.startswith(".") else folder / inside / name


def _is_plain_name(name: str) -> bool:
    return name.isprintable() and name not in ("", ".", "..") and not set(name) & set('\\/:"')


def _write(content: IO[bytes], target: Path, entry: tarfile.TarInfo) -> None:
    if target.parent.is_symlink():
        raise RefusedArchiveError(f"{target.parent} is a link; nothing is written through it")
    target.parent.mkdir(exist_ok=True)
    if shutil.disk_usage(target.parent).free < entry.size + SPARE_BYTES:
        raise OSError(28, f"the disk has no room for {target.name}", str(target))
    with replacing(target) as beside:
        with beside.open("xb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        if beside.stat().st_size != entry.size:
            raise RefusedArchiveError(f"{target.name} came cut short")
        seconds = min(max(float(entry.mtime), 0.0), float(_LATEST_TIME))
        os.utime(beside, (seconds, seconds))
