"""One trainer a directory: who writes there, and whether it still lives."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from pathlib import Path

import msgspec

from rnnviz.core.errors import RunDirectoryError

BEAT_SECONDS = 2.0


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The trainer that a lock names."""

    host: str = ""
    process: int = 0
    boot: str = ""
    """Changes with every start of the machine; empty where the system does not tell."""
    start: int = 0
    """When the process started, in the system's ticks; a number used again has another."""
    time: float = 0.0

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        process = os.getpid()
        return cls(
            host=socket.gethostname(),
            process=process,
            boot=_boot(),
            start=_start(process),
            time=time.time(),
        )

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return self.host == socket.gethostname()

    def lives(self) -> bool:
        """Whether this process of this machine still runs; no clock is asked."""
        if self.boot and _boot() and self.boot != _boot():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
        return not self.start or _start(self.process) in (0, self.start)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start(process: int) -> int:
    """When a process started; 0 where the system does not tell, 1 for one that has ended."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 1 if words[0] == "Z" else int(words[19])


def holder_of(directory: Path) -> Holder | None:
    """Who the lock of this directory names, or None where there is no lock."""
    try:
        return msgspec.json.decode((directory / "lock").read_bytes(), type=Holder)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError):
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
    path, mine = directory / "lock", Holder.here()
    for _ in range(3):
        try:
            with path.open("xb") as file:
                file.write(msgspec.json.encode(mine))
            return mine
        except FileExistsError:
            pass
        found = holder_of(directory)
        if found is None:
            continue
        if _is_alive(directory, found, patience_s):
            raise RunDirectoryError(
                f"another trainer is writing to {directory}: process {found.process} on "
                f"{found.host or 'an unknown machine'}. Stop it with `rnnviz run stop`, or choose "
                "another directory; if there is none, delete the file 'lock'"
            )
        # Moved, not deleted: of two that find it stale, one moves it and the other finds none.
        with contextlib.suppress(OSError):
            stale = path.with_name(f".lock.stale.{os.getpid()}")
            path.replace(stale)
            stale.unlink()
    raise RunDirectoryError(f"cannot take the lock of {directory}; another trainer is starting")


def _is_alive(directory: Path, found: Holder, patience_s: float) -> bool:
    if not found.host:
        return True
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
            (directory / "lock").unlink()


class Heartbeat:
    """Writes a state to `heartbeat` every two seconds, from a thread of its own.

    Attributes:
        problem: why it could not be written last time, or None.
    """

    def __init__(self, directory: Path, state: str = "running") -> None:
        self.path = directory / "heartbeat"
        self.problem: OSError | None = None
        self._state = state
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
            self.problem = None
        except OSError as error:
            self.problem = error
