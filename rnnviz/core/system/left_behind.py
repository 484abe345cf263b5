"""Folders that are one process's own: named by it, private, and removed when it was killed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

_PREFIX = "rnnviz-"
_OWN = re.compile(r"(?:live|stage|alignments|gradients|rnnviz)-(\d{1,9})-.+")
_CLOCK_SECONDS = 5.0
"""So much the system's times of a process and of a folder may differ."""


def temporary_folder() -> Path:
    """A new folder where the system keeps such, that nobody else may look into.

    Raises:
        OSError: it cannot be made.
    """
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def remove_left_behind(*places: Path) -> list[Path]:
    """Remove the folders in these places whose process is gone; which they were.

    Only what is ours to remove: folders, no links, of this person, named by a process that lives no
    longer, or whose number another one has that began after the folder was last changed.
    """
    removed = []
    for place in places:
        with contextlib.suppress(OSError):
            for path in place.iterdir():
                found = _OWN.fullmatch(path.name)
                if found is not None and _is_ours(path) and not process_lives(int(found[1]), path):
                    shutil.rmtree(path, ignore_errors=True)
                    removed.append(path)
    return removed


def _is_ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir():
        return False
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def process_lives(process: int, path: Path) -> bool:
    """Whether the process that made this file or folder still runs."""
    import psutil  # here, not above: the window starts without it

    try:
        began = float(psutil.Process(process).create_time())
        return began < path.stat().st_mtime + _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True
