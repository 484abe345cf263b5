"""What tells one thing that is looked at from another, as a short digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rnnviz.core.sequences.text import Text


def digest(*facts: object) -> str:
    """24 hexadecimal digits that differ wherever one of the facts does, as `repr` shows it."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def file_stamp(path: Path) -> tuple[str, int, int]:
    """What tells one version of a file from another: its path, size and time of change."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # or a name that no file can have
        return str(path), -1, -1
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def model_digest(path: Path, vocabulary: tuple[str, ...] | None, reading: int = 0) -> str:
    """Which model this is: another one once its file or what a person chose for it changed.

    That of a folder changes with any file in it.
    """
    try:
        inside = sorted(path.iterdir()) if path.is_dir() else []
    except OSError:
        inside = []
    stamps = [[file_stamp(file) for file in inside]] if inside else []
    return digest(file_stamp(path), vocabulary, *stamps, *((reading,) if reading else ()))


def text_digest(text: Text) -> str:
    """Which text this is; a file of 100 MB is known by its stamp, not read through."""
    if text.path is not None:
        return digest(file_stamp(text.path))
    return hashlib.sha256(text.codes.tobytes()).hexdigest()[:24]
