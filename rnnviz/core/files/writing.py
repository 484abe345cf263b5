"""Writing a file so that nobody ever reads half of it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.names import digest_of
from rnnviz.core.system.queue_thread import QueueThread

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

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


@contextlib.contextmanager
def alone_in(folder: Path, patience_s: float = 0.2) -> Iterator[None]:
    """While others of this program read a file of this folder and write it anew, they wait.

    Two windows that change different things of one file at once then both keep their change.
    Nobody waits for long, and where a system or a drive keeps no such locks, nobody waits.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:  # not there yet, no folder, or a system that opens none
        yield
        return
    try:
        deadline = time.monotonic() + patience_s
        while fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.002)
            except OSError:
                break
        yield
    finally:
        os.close(descriptor)


def _name_beside(name: str) -> str:
    """A name for what takes its place; a short one where nothing more fits behind it.

    >>> len(_name_beside("a" * 255)) < 100
    True
    """
    ending = f".{os.getpid()}-{threading.get_ident()}.part"
    if len(os.fsencode(name)) + len(ending) >= _LONGEST_NAME:
        name = digest_of(name, 16)
    return f".{name}{ending}"


def write_atomically(path: Path, content: bytes, *, wait: bool = True) -> None:
    """Write beside the target, flush to the disk, then rename over it.

    Args:
        wait: until the content lies on the disk. A drive that is busy takes a second for that, and
            a window has none: without waiting, everybody reads the new file at once, also after
            this process was killed, and a thread flushes it meanwhile; a process that ends waits
            for that. Should the power fail in this very second, file systems that keep the order
            of a writing and a renaming (ext4, btrfs, APFS) still have the old file or the new one.

    Raises:
        OSError: it cannot be written, and the old file stays; or what was written before without
            waiting did not reach the disk.
    """
    if not wait:
        _raise_problem()
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(content)
        file.flush()
        if wait:
            os.fsync(file.fileno())
        else:
            written = os.dup(file.fileno())
    if not wait:
        _flusher.put(written)


def save_file(path: Path, content: str | bytes) -> None:
    """Write what a person wanted to have here: all of it, or what was here stays.

    A link stays one, and what it leads to is written; a device, a pipe, and a file in a folder
    where nothing can be made are written as they lie. A file that is written anew keeps its
    permissions.

    Args:
        content: characters become UTF-8, their line ends as they are, halves of pairs "?".

    Raises:
        RnnvizError: it cannot be written.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    there = Path(os.path.realpath(path))
    try:
        if there.exists() and not (there.is_file() and os.access(there.parent, os.W_OK)):
            path.write_bytes(data)
            return
        with replacing(there) as beside:
            beside.write_bytes(data)
            with contextlib.suppress(OSError):
                beside.chmod(there.stat().st_mode)
    except OSError as error:
        raise RnnvizError(f"cannot write {path}: {error.strerror or error}") from error


_problem: deque[OSError] = deque(maxlen=1)
"""The last file that did not reach the disk, until somebody is told."""


def _flush(descriptor: int) -> None:
    """Bring this to the disk, and close it."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        _problem.append(error)
    finally:
        os.close(descriptor)


def _raise_problem() -> None:
    """Tell once what could not be flushed."""
    try:
        problem = _problem.pop()
    except IndexError:
        return
    raise problem


_flusher: QueueThread[int] = QueueThread("flushing", _flush)
"""Files that are written, and do not lie on the disk yet."""


def wait_until_flushed() -> None:
    """Until all that was written without waiting lies on the disk."""
    _flusher.wait()
