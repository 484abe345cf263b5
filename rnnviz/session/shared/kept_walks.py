"""Walks kept in the cache: what each is called, and which go when room is needed.

Knows files and folders only, neither what is open nor how a walk is made.
"""

from __future__ import annotations

import os
from pathlib import Path

from rnnviz.core.errors import RecordingError
from rnnviz.core.files.reading import exists
from rnnviz.core.recordings.lock import remove_unless_written
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.system.identity import digest

KEPT_BYTES = 6_000_000_000
"""Recordings beyond this much in the cache are deleted, oldest first."""


def walk_key(model: str, text: str, channels: tuple[str, ...]) -> str:
    """A name for a walk that changes whenever the model, the text or the channels do.

    Args:
        model: its digest (`core.system.identity`).
        text: likewise.
    """
    return digest(model, text, tuple(channels))


def kept_walk(folder: Path) -> Recording | None:
    """The walk that the cache keeps here, whole or as far as it came before it was left."""
    if not exists(folder / "recording.json"):
        return None
    try:
        recording = Recording(folder)
    except RecordingError:
        return None
    return recording if recording.walked > 0 else None


def make_room(cache: Path, wanted: int, shown: Path | None) -> None:
    """Delete the oldest recordings until `wanted` bytes more stay below `KEPT_BYTES`.

    Other folders of the cache, what this process wrote for itself alone, and what anybody is
    writing just now, are in use.

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
            remove_unless_written(folder)
