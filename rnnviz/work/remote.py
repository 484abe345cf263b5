"""A run on another machine, mirrored into a folder here through `ssh`; a mounted drive needs none.

The events stream by `tail -F`, everything else that changed comes as a `tar` every few seconds, and
signs of life as a line every two. Nothing is installed there: `sh`, `tail` and GNU `tar` suffice.
The mirror looks like any run directory, so whoever watches it need not know.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files import write_atomically

SSH = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
ADDRESS_FILE = "remote.json"
"""In a mirror: where it mirrors from."""
_FETCH_SECONDS = 10.0
_RETRY_SECONDS = 5.0
_OVERLAP_SECONDS = 15
_LIFE = (
    "while :; do tr -d '\\n' < lock 2>/dev/null; printf '\\t'; "
    "stat -c %Y heartbeat 2>/dev/null || echo 0; date +%s; sleep 2; done"
)
_FETCHED = "--exclude 'checkpoints/state*' run.json control.json arrays checkpoints"


def parse_address(address: str) -> tuple[str, str]:
    """The machine and the directory of `user@host:/path/of/run`.

    >>> parse_address("ada@gpu1:runs/novel")
    ('ada@gpu1', 'runs/novel')

    Raises:
        RunDirectoryError: it is no such address.
    """
    host, colon, path = address.strip().removeprefix("ssh://").partition(":")
    if not (host and colon and path) or host.startswith("-") or any(c.isspace() for c in host):
        raise RunDirectoryError(
            f"{address!r} names no run on another machine; write it as user@host:/path/of/run"
        )
    return host, path


def mirror_name(address: str) -> str:
    """A folder's name for this address."""
    return "".join(c if c.isalnum() or c in "-_.@" else "-" for c in address.strip())


def mirrored_address(folder: Path) -> str:
    """Where this is the mirror of a run on another machine, that run's address; else nothing."""
    try:
        address = str(json.loads((folder / ADDRESS_FILE).read_bytes())["address"])
        parse_address(address)
    except (OSError, ValueError, KeyError, TypeError, RunDirectoryError):
        return ""
    return address


class Mirror:
    """Keeps a mirror up to date until it is closed; everything happens in threads and children.

    Attributes:
        problem: what ssh said last when it could not go on; empty while all is well.
    """

    def __init__(self, address: str, folder: Path, ssh: Sequence[str] = SSH) -> None:
        self.address, self.folder = address, folder
        self.problem = ""
        self._host, self._path = parse_address(address)
        self._ssh = tuple(ssh)
        self._closing = threading.Event()
        self._children: list[subprocess.Popen[bytes]] = []
        self._guard = threading.Lock()
        self._fetched_at = 0
        self._ahead = 0.0
        """How many seconds the other machine's clock is ahead of ours."""
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / ADDRESS_FILE, json.dumps({"address": address}).encode())
        self._threads = [
            threading.Thread(target=self._repeat, args=(work,), daemon=True)
            for work in (self._stream_events, self._follow_life, self._fetch)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self) -> None:
        """Bring our `control.json` there, without waiting for it."""
        content = (self.folder / "control.json").read_bytes()
        thread = threading.Thread(target=self._bring, args=(content,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _bring(self, content: bytes) -> None:
        there = "cat > .control.json.part && mv .control.json.part control.json"
        try:
            done = subprocess.run(
                self._command(there), input=content, capture_output=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self.problem = f"{self._host} cannot be asked: {error}"
            return
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip()
            self.problem = f"{self._host} cannot be asked: {words}"

    def close(self) -> None:
        """End all children; what was mirrored stays."""
        self._closing.set()
        with self._guard:
            for child in self._children:
                child.kill()
        for thread in self._threads:
            thread.join(timeout=5)

    # Threads

    def _command(self, there: str) -> list[str]:
        return [*self._ssh, self._host, f"cd {shlex.quote(self._path)} && {there}"]

    def _start(self, there: str, **pipes: object) -> subprocess.Popen[bytes] | None:
        with self._guard:
            if self._closing.is_set():
                return None
            child = subprocess.Popen(  # type: ignore[call-overload]
                self._command(there), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **pipes
            )
            self._children = [other for other in self._children if other.poll() is None]
            self._children.append(child)
        return child  # type: ignore[no-any-return]

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for a child and keep what it complained about."""
        assert child.stderr is not None
        with child.stderr:
            words = child.stderr.read().decode(errors="replace").strip()
        code = child.wait()
        if not self._closing.is_set():
            self.problem = words.splitlines()[-1] if code and words else ""

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._closing.is_set():
            try:
                work()
            except (OSError, ValueError) as error:
                self.problem = f"the mirror of {self.address} stands still: {error}"
            self._closing.wait(_RETRY_SECONDS)

    def _stream_events(self) -> None:
        """Append what is new to our events, byte for byte, from where they end."""
        events = self.folder / "events.jsonl"
        with events.open("ab") as file:
            there = f"tail -c +{file.tell() + 1} -F events.jsonl 2>/dev/null"
            child = self._start(there, stdout=file)
        if child is not None:
            self._end(child)

    def _follow_life(self) -> None:
        """Keep the lock, and touch the heartbeat when that of the other machine has moved."""
        child = self._start(_LIFE, stdout=subprocess.PIPE)
        if child is None or child.stdout is None:
            return
        beat = b""
        with child.stdout:
            for line in child.stdout:
                lock, tab, moved = line.rstrip(b"\n").rpartition(b"\t")
                if not tab:
                    self._ahead = int(moved or 0) - time.time()
                    continue
                if lock:
                    write_atomically(self.folder / "lock", lock)
                else:
                    (self.folder / "lock").unlink(missing_ok=True)
                if moved != beat:
                    beat = moved
                    (self.folder / "heartbeat").write_bytes(b"")
        self._end(child)

    def _fetch(self) -> None:
        """Unpack what changed since the last time; files are replaced, never written into."""
        while not self._closing.is_set():
            asked = int(time.time() + self._ahead)
            newer = f"--newer-mtime=@{self._fetched_at}" if self._fetched_at else ""
            there = f"tar cf - --ignore-failed-read {newer} {_FETCHED} 2>/dev/null; :"
            child = self._start(there, stdout=subprocess.PIPE)
            if child is None:
                return
            unpack = ["tar", "xf", "-", "-C", str(self.folder), "--unlink-first", "--no-same-owner"]
            assert child.stdout is not None
            with child.stdout:
                done = subprocess.run(unpack, stdin=child.stdout, capture_output=True, check=False)
            self._end(child)
            if done.returncode == 0 and (self.folder / "run.json").exists():
                self._fetched_at = asked - _OVERLAP_SECONDS
            self._closing.wait(_FETCH_SECONDS)
