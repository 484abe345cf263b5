"""Who writes a recording just now: one at a time, in whatever process.

A walk that was left may go on writing for a moment after the next one began, another window may
walk the same text, and whoever makes room in the cache must not delete what is being written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.core.errors import RecordingError
from rnnviz.core.system.deleting import delete_moved, set_aside

if TYPE_CHECKING:
    from filelock import FileLock

_NAME = "writing.lock"
_PATIENCE_SECONDS = 0.1


@contextlib.contextmanager
def writing(folder: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Make this folder, and be the only one who writes into it.

    Args:
        waiting: called ten times a second while somebody else writes; what it raises ends this.

    Raises:
        RecordingError: the folder cannot be made or written to.
    """
    from filelock import FileLock, Timeout  # here, not above: the window starts without it

    lock = FileLock(folder / _NAME, thread_local=False)
    while not lock.is_locked:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_PATIENCE_SECONDS)
        except Timeout:
            waiting()
        except FileNotFoundError:
            continue  # it was deleted between the two
        except OSError as error:
            raise RecordingError(f"cannot write to {folder}: {error.strerror}") from error
    try:
        yield
    finally:
        _let_go(lock, folder)


def remove_unless_written(folder: Path) -> bool:
    """Delete a recording's folder with all that is in it, unless somebody writes there just now.

    Its name is free at once; gigabytes are deleted by a thread.

    Returns:
        Whether nobody does.
    """
    from filelock import FileLock, Timeout  # here, not above: the window starts without it

    lock = FileLock(folder / _NAME, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError):
        return not folder.exists()
    moved = set_aside(folder)
    if moved is None:
        _let_go(lock, folder)
    else:
        _let_go(lock, moved)
        delete_moved(moved)
    return True


def _let_go(lock: FileLock, folder: Path) -> None:
    # Unlinked while it is held: whoever waits for it notices, and takes the new file.
    with contextlib.suppress(OSError):
        (folder / _NAME).unlink(missing_ok=True)
    lock.release()
