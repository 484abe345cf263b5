"""One trainer a directory: who writes there, and whether it still lives."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import msgspec

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.core.files.writing import write_atomically

BEAT_SECONDS = 2.0
LOCK = "lock"
_GUARD = ".lock.guard"
"""Locked by the system while somebody looks at the lock and takes it."""
_LARGEST_BYTES = 1 << 16
_GUARD_SECONDS = 30.0
_TRIES = 3
"""A heartbeat that could not be written so often in a row is a problem."""

Number = Annotated[int, msgspec.Meta(ge=-(1 << 53), le=1 << 53)]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The trainer that a lock names."""

    host: str = ""
    process: Number = 0
    boot: str = ""
    """Changes with every start of the machine; empty where the system does not tell."""
    start: Number = 0
    """When the process started; a number used again has another. Linux: ticks since the machine's
    start, which no setting of the clock moves; elsewhere seconds since 1970."""
    time: float = 0.0

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        process = os.getpid()
        return cls(
            host=_this_machine(),
            process=process,
            boot=_boot(),
            start=_start(process),
            time=time.time(),
        )

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return self.host == _this_machine()

    def lives(self) -> bool:
        """Whether this process of this machine still runs; no clock is asked."""
        if self.boot and _boot() and self.boot != _boot():
            return False
        import psutil  # here, not above: the window starts without it

        try:
            # Looked up, never signalled: elsewhere than on POSIX a signal 0 ends a process.
            if not psutil.pid_exists(self.process):
                return False
        except OverflowError:
            return False
        return not self.start or _start(self.process) in (0, self.start)


def _this_machine() -> str:
    import socket  # here, not above: the window starts without it

    return socket.gethostname()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start(process: int) -> int:
    """When a process started; 0 where the system does not tell, 1 for one that has ended."""
    import psutil  # here, not above: the window starts without it

    try:
        found = psutil.Process(process)
        if found.status() == psutil.STATUS_ZOMBIE:
            return 1
        if not sys.platform.startswith("linux"):
            return int(found.create_time())
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(words[19])
    except psutil.NoSuchProcess:
        return 1
    except (OSError, psutil.Error):
        return 0


def holder_of(directory: Path) -> Holder | None:
    """Who the lock of this directory names, or None where there is no lock."""
    try:
        return read_json(directory / LOCK, Holder, _LARGEST_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, DamagedFileError):
        return Holder()


def acquire(directory: Path, patience_s: float = 3 * BEAT_SECONDS) -> Holder:
    """Take the lock of a directory; one whose trainer is gone is taken over.

    Args:
        patience_s: how long the heartbeat of another machine is watched. Whether it moves is what
            counts, never its time, so that clocks may differ.

    Raises:
        RunDirectoryError: another trainer is writing there.
        OSError: the directory cannot be written.
    """
    import filelock  # here, not above: the window starts without it

    # Whoever looks and then takes is alone: of two that find a stale lock only one takes it over.
    guard = filelock.FileLock(directory / _GUARD, timeout=_GUARD_SECONDS)
    try:
        with guard:
            return _take(directory, patience_s)
    except filelock.Timeout as error:
        raise RunDirectoryError(
            f"cannot take the lock of {directory}; another trainer is starting there"
        ) from error


def _take(directory: Path, patience_s: float) -> Holder:
    found = holder_of(directory)
    if found is not None and _is_alive(directory, found, patience_s):
        raise RunDirectoryError(
            f"another trainer is writing to {directory}: process {found.process} on "
            f"{found.host or 'an unknown machine'}. Stop it with `rnnviz run stop`, or choose "
            "another directory; if there is none, delete the file 'lock'"
        )
    mine = Holder.here()
    # Made whole beside it: a lock is never seen empty, whenever its maker is killed.
    write_atomically(directory / LOCK, msgspec.json.encode(mine))
    # On a drive whose server does not keep two machines apart, the last one to write has it.
    if holder_of(directory) != mine:
        raise RunDirectoryError(f"another trainer took {directory} at this moment")
    return mine


def _is_alive(directory: Path, found: Holder, patience_s: float) -> bool:
    if not found.host:
        # An earlier version made it empty and filled it then; killed between, it stayed empty.
        return (directory / LOCK).stat().st_size > 0
    if found.is_local:
        return found.lives()
    before = _heartbeat(directory)
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if _heartbeat(directory) != before:
            return True
        time.sleep(min(0.2, patience_s))
    return False


def _heartbeat(directory: Path) -> int:
    try:
        return (directory / "heartbeat").stat().st_mtime_ns
    except OSError:
        return 0


def release(directory: Path) -> None:
    """Give the directory free, if this process holds it."""
    holder = holder_of(directory)
    if holder is not None and holder.process == os.getpid() and holder.is_local:
        with contextlib.suppress(OSError):
            (directory / LOCK).unlink()


class Heartbeat:
    """Writes a state to `heartbeat` every two seconds, from a thread of its own.

    A beat that fails is tried again: a drive may be away for a moment.

    Attributes:
        problem: why it could not be written the last few times in a row, or None.
    """

    def __init__(self, directory: Path, state: str = "running") -> None:
        self.path = directory / "heartbeat"
        self.problem: OSError | None = None
        self._state = state
        self._failed = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._beat()
        self._thread.start()

    def set(self, state: str) -> None:
        """Say another state, at once."""
        if state != self._state:
            self._state = state
            self._beat()

    def close(self, state: str) -> None:
        """Say a last state and end."""
        self._ended.set()
        self._thread.join()
        self._state = state
        self._beat()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        try:
            self.path.write_text(self._state)
            self._failed, self.problem = 0, None
        except OSError as error:
            self._failed += 1
            if self._failed >= _TRIES or not self.path.parent.exists():
                self.problem = error
