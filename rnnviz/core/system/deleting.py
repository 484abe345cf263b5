"""Folders are deleted beside whatever goes on: gigabytes take seconds, and a window has none."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

from rnnviz.core.system.queue_thread import QueueThread

_numbers = itertools.count(1)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


_bin: QueueThread[Path] = QueueThread("deleting", _remove)
"""What waits to be deleted."""


def delete(folder: Path) -> None:
    """Free the name of this folder at once, and delete what was in it when there is time.

    A process that ends waits for it; what a killed one leaves, the next window removes.
    """
    moved = set_aside(folder)
    if moved is not None:
        delete_moved(moved)


def set_aside(folder: Path) -> Path | None:
    """Give a folder a name that says to be rid of it; None where nothing is left to delete."""
    # As `left_behind` knows it.
    moved = folder.with_name(f"rnnviz-{os.getpid()}-deleted-{next(_numbers)}")
    try:
        folder.rename(moved)
    except FileNotFoundError:
        return None
    except OSError:  # on Windows, of files that are open
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return moved


def delete_moved(folder: Path) -> None:
    """Delete a folder whose name nobody asks for, in a thread that ends when all is deleted."""
    _bin.put(folder)


def wait() -> None:
    """Until all is deleted."""
    _bin.wait()
