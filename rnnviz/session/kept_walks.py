"""Walks kept in the cache: what each is called, and which go when room is needed.

Knows files and folders only, neither what is open nor how a walk is made.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from rnnviz.core.text import Text

KEPT_BYTES = 6_000_000_000
"""Recordings beyond this much in the cache are deleted, oldest first."""


def walk_key(
    model: Path, vocabulary: tuple[str, ...] | None, text: Text, channels: tuple[str, ...]
) -> str:
    """A name for a walk that changes whenever the model, the text or the channels do."""
    # A file of 100 MB is known by its stamp; only a text without a file is read through.
    read = file_stamp(text.path) if text.path else text.codes.tobytes()
    facts = (file_stamp(model), vocabulary, read, tuple(channels))
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def file_stamp(path: Path) -> tuple[str, int, int]:
    """What tells one version of a file from another: its path, size and time of change."""
    try:
        status = path.stat()
    except OSError:
        return str(path), -1, -1
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def make_room(cache: Path, wanted: int, shown: Path | None) -> None:
    """Delete the oldest recordings until `wanted` bytes more stay below `KEPT_BYTES`.

    Other folders of the cache, and what this process wrote for itself alone, are in use.

    Args:
        shown: the folder of the recording on the screen, which stays.
    """
    own = f"-{os.getpid()}-"
    found = []
    for file in cache.glob("*/recording.json"):
        folder = file.parent
        try:
            size = sum(part.stat().st_size for part in folder.iterdir())
            found.append((folder.stat().st_mtime, size, folder))
        except FileNotFoundError:  # another window made room at the same time
            continue
    kept = wanted
    for _, size, folder in sorted(found, reverse=True):
        kept += size
        if kept > KEPT_BYTES and folder != shown and own not in folder.name:
            shutil.rmtree(folder, ignore_errors=True)
