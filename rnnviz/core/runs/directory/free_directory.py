"""A place for a new run."""

from __future__ import annotations

from pathlib import Path


def free_directory(folder: Path, name: str) -> Path:
    """A place for a new run in `folder` that nothing lies at yet: `name`, `name-2`, ..."""
    words = "".join(c if c.isalnum() or c in "-_ ." else "-" for c in name).strip(" .") or "run"
    path, number = folder / words, 1
    while path.exists():
        number += 1
        path = folder / f"{words}-{number}"
    return path
