"""Writing a file so that nobody ever reads half of it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from rnnviz.core.files.names import digest_of

_LONGEST_NAME = 255
"""Bytes that a file system allows."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside the target to write to; at the end it takes the target's place.

    A reader sees the old file or the new one, and one that has mapped the old keeps it. If the
    writing fails the old file stays and nothing is left beside it.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(_name_beside(path.name))
    try:
        yield beside
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _name_beside(name: str) -> str:
    """A name for what takes its place; a short one where nothing more fits behind it.

    >>> len(_name_beside("a" * 255)) < 100
    True
    """
    ending = f".{os.getpid()}-{threading.get_ident()}.part"
    if len(os.fsencode(name)) + len(ending) >= _LONGEST_NAME:
        name = digest_of(name, 16)
    return f".{name}{ending}"


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the target, flush to the disk, then rename over it.

    Raises:
        OSError: it cannot be written; the old file stays.
    """
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
