"""Folders are deleted beside whatever goes on: gigabytes take seconds, and a window has none."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections import deque
from pathlib import Path

_numbers = itertools.count(1)


class _Bin:
    """What waits to be deleted, and the thread that does so while there is any."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Path] = deque()
        self._thread: threading.Thread | None = None

    def put(self, folder: Path) -> None:
        """Delete this after all before it."""
        with self._guard:
            self._waiting.append(folder)
            if self._thread is None:
                self._thread = threading.Thread(target=self._empty, name="deleting")
                self._thread.start()

    def wait(self) -> None:
        """Until nothing is left."""
        with self._guard:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _empty(self) -> None:
        while True:
            with self._guard:
                if not self._waiting:
                    self._thread = None
                    return
                folder = self._waiting.popleft()
            shutil.rmtree(folder, ignore_errors=True)


_bin = _Bin()


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
