"""A run on another machine, mirrored into a folder here through `ssh`; a mounted drive needs none.

The events stream by `tail -F`, everything else that changed comes as a `tar` every few seconds, and
signs of life as a line every two. Nothing is installed there: `sh`, `tail` and GNU `tar` suffice.
The mirror looks like any run directory, so whoever watches it need not know.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, BinaryIO

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.names import digest_of
from rnnviz.core.files.reading import read_json, read_small
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.system.left_behind import temporary_folder

SSH = (
    "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10",
    "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3",
)  # fmt: skip
"""A line that went dead is noticed after a quarter of a minute."""
ADDRESS_FILE = "remote.json"
"""In a mirror: where it mirrors from."""
_ADDRESS = re.compile(
    r"(?P<user>(?:[A-Za-z0-9_.][A-Za-z0-9_.+-]*@)?)"
    r"(?:(?P<host>[A-Za-z0-9_][A-Za-z0-9_.-]*)|\[(?P<number>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\])"
    r":(?P<path>(?!//).*\S)"
)
_MOST_EVENTS_BYTES = 1 << 34
_LONGEST_LINE = 1 << 20
_MOST_COMPLAINED = 1 << 16
_FETCH_SECONDS = 10.0
_RETRY_SECONDS = 5.0
_OVERLAP_SECONDS = 15
_LIFE = (
    "while [ -e run.json ]; do tr -d '\\n' < lock 2>/dev/null; printf '\\t'; "
    "stat -c %Y heartbeat 2>/dev/null || echo 0; "
    'echo "$(date +%s) $(stat -c %s events.jsonl 2>/dev/null || echo 0)"; sleep 2; done; '
    'echo "no run lies in $PWD" >&2; exit 1'
)
_STREAM = (
    '[ -e events.jsonl ] || exit 0; [ "$(head -c {size} events.jsonl | md5sum)" = "{sum}  -" ] '
    "|| exit {other}; exec tail -c +{next} -F events.jsonl 2>/dev/null"
)
_OTHER_EVENTS = 9
"""How the stream ends where the events are no continuation of those that we have."""
_HINTS = {
    "permission denied": "; ssh must get in without asking: try it in a terminal first",
    "host key verification failed": "; log in once in a terminal, to accept that machine",
}
_FETCHED = (
    "--exclude 'checkpoints/state*' --exclude '*.part' --hard-dereference "
    "control.json run.json arrays checkpoints"
)


def parse_address(address: str) -> tuple[str, str]:
    """The machine and the directory of `user@host:/path/of/run`.

    Neither can become an option of ssh or a command: the machine consists of what names of users
    and machines consist of, and the directory is quoted wherever it is used.

    >>> parse_address("ada@gpu1:runs/novel")
    ('ada@gpu1', 'runs/novel')
    >>> parse_address("ada@[fe80::1%eth0]:/runs/novel")
    ('ada@fe80::1%eth0', '/runs/novel')

    Raises:
        RunDirectoryError: it is no such address.
    """
    found = _ADDRESS.fullmatch(address.strip().removeprefix("ssh://"))
    if found is None or not found["path"].isprintable():
        raise RunDirectoryError(
            f"{address!r} names no run on another machine; write it as user@host:/path/of/run"
        )
    return found["user"] + (found["host"] or found["number"]), found["path"]


def is_address(words: str) -> bool:
    """Whether this is written as a run on another machine.

    A drive letter is no machine, an address of the web or of a file is no run, and a time of the
    day in a file's name is neither: without a user, the directory begins at the root.

    >>> is_address("ada@gpu1:runs/novel"), is_address("gpu1:/runs/novel")
    (True, True)
    >>> [is_address(words) for words in ("C:/runs", "file:/a.txt", "https://a/b", "12:30.txt")]
    [False, False, False, False]
    """
    try:
        host, path = parse_address(words)
    except RunDirectoryError:
        return False
    return len(host) > 1 and host.lower() != "file" and ("@" in host or path.startswith(("/", "~")))


def mirror_name(address: str) -> str:
    """A folder's name for this address, and for no other.

    >>> mirror_name("ada@gpu1:runs/novel")
    'ada@gpu1-runs-novel-9831f78c'
    """
    words = address.strip()
    plain = "".join(c if c.isalnum() or c in "-_.@" else "-" for c in words).lstrip(".")
    return f"{plain[:80]}-{digest_of(words, 8)}"


def mirrored_address(folder: Path) -> str:
    """Where this is the mirror of a run on another machine, that run's address; else nothing."""
    try:
        address = str(read_json(folder / ADDRESS_FILE, dict[str, str], 1 << 16)["address"])
        parse_address(address)
    except (OSError, ValueError, KeyError, RunDirectoryError):
        return ""
    return address


class Mirror:
    """Keeps a mirror up to date until it is closed; everything happens in threads and children.

    Attributes:
        address: where the run is.
        folder: where its mirror is.
    """

    def __init__(self, address: str, folder: Path, ssh: Sequence[str] = SSH) -> None:
        self.address, self.folder = address, folder
        self._problems: dict[str, str] = {}
        self._host, self._path = parse_address(address)
        self._ssh = tuple(ssh)
        self._closing = threading.Event()
        self._children: list[subprocess.Popen[bytes]] = []
        self._guard = threading.Lock()
        self._fetched_at = 0
        self._clock_ahead = 0.0
        """How many seconds the other machine's clock is ahead of ours."""
        self._first_size: int | None = None
        """How many bytes of events were there at first."""
        self._sockets = temporary_folder()
        self._streaming: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(
            folder / ADDRESS_FILE, json.dumps({"address": address}).encode(), wait=False
        )
        self._threads = [
            threading.Thread(target=self._repeat, args=(work,), daemon=True)
            for work in (self._stream_events, self._follow_life, self._fetch)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def problem(self) -> str:
        """What went wrong last and still does."""
        return next((words for words in list(self._problems.values()) if words), "")

    @property
    def complete(self) -> bool:
        """Whether the settings have arrived, who trains, and what was written when it began."""
        try:
            arrived = (self.folder / "events.jsonl").stat().st_size
        except OSError:
            return False
        known = self._first_size is not None and arrived >= self._first_size
        return known and (self.folder / "run.json").exists()

    def ask(self) -> None:
        """Bring our `control.json` there, without waiting for it."""
        content = read_small(self.folder / "control.json")
        thread = threading.Thread(target=self._bring, args=(content,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _bring(self, content: bytes) -> None:
        there = "cat > .control.json.part && mv .control.json.part control.json"
        try:
            child = self._start(there, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            if child is None:
                return
            try:
                _, complaint = child.communicate(content, timeout=20)
            finally:
                child.kill()
        except (OSError, subprocess.TimeoutExpired) as error:
            self._problems["asking"] = f"{self._host} cannot be asked: {error}"
            return
        words = complaint.decode(errors="replace").strip() if child.returncode else ""
        self._problems["asking"] = f"{self._host} cannot be asked: {words}" if words else ""

    def close(self) -> None:
        """End all children, without waiting for them; what was mirrored stays."""
        self._closing.set()
        with self._guard:
            for child in self._children:
                child.kill()
        # What a killed ssh had started may hold its pipe open for seconds; no daemon, so that the
        # sockets go even where the window ends now.
        threading.Thread(target=self._leave, name="closing a mirror").start()

    def _leave(self) -> None:
        for thread in self._threads:
            thread.join(timeout=5)
        shutil.rmtree(self._sockets, ignore_errors=True)

    # Threads

    def _command(self, there: str) -> list[str]:
        path, ssh = shlex.quote(self._path), self._ssh
        if os.name == "posix":
            # All that is asked goes through one connection: a new one takes its time.
            ssh = (*ssh, "-o", "ControlMaster=auto", "-o", f"ControlPath={self._sockets}/%C")
        missing = f"{{ echo {path} is not there >&2; exit 1; }}"
        return [*ssh, "--", self._host, f"cd -- {path} 2>/dev/null || {missing}; {there}"]

    def _start(self, there: str, **pipes: object) -> subprocess.Popen[bytes] | None:
        with self._guard:
            if self._closing.is_set():
                return None
            pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE} | pipes
            child = subprocess.Popen(self._command(there), **pipes)  # type: ignore[call-overload]
            self._children = [other for other in self._children if other.poll() is None]
            self._children.append(child)
        return child  # type: ignore[no-any-return]

    def _end(self, child: subprocess.Popen[bytes], what: str) -> int:
        """Wait for a child and keep what it complained about."""
        assert child.stderr is not None
        with child.stderr:
            words = child.stderr.read(_MOST_COMPLAINED).decode(errors="replace").strip()
        code = child.wait()
        last = words.splitlines()[-1] if code and words else ""
        hint = next((hint for part, hint in _HINTS.items() if part in last.lower()), "")
        if not self._closing.is_set():
            self._problems[what] = f"{self._host}: {last}{hint}" if last else ""
        return code

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._closing.is_set():
            try:
                work()
            except (OSError, ValueError) as error:
                self._problems["mirror"] = f"the mirror of {self.address} stands still: {error}"
            self._closing.wait(_RETRY_SECONDS)

    def _stream_events(self) -> None:
        """Append what is new to our events, byte for byte, from where they end."""
        events = self.folder / "events.jsonl"
        with events.open("ab+", buffering=0) as file:
            size = file.tell()
            file.seek(0)
            known = hashlib.file_digest(file, "md5").hexdigest()
            there = _STREAM.format(size=size, sum=known, next=size + 1, other=_OTHER_EVENTS)
            child = self._streaming = self._start(there, stdout=subprocess.PIPE)
            if child is not None and child.stdout is not None:
                with child.stdout:
                    self._append(child.stdout.fileno(), file, _MOST_EVENTS_BYTES - size)
        if child is not None and self._end(child, "events") == _OTHER_EVENTS:
            # Another run took the place of the one that was mirrored.
            events.unlink()
            self._fetched_at = 0

    @staticmethod
    def _append(arriving: int, file: BinaryIO, left: int) -> None:
        """Append what arrives until it ends.

        Raises:
            OSError: more came than the events of any run, or the disk is full.
        """
        while piece := os.read(arriving, 1 << 16):
            left -= len(piece)
            if left < 0:
                raise OSError(27, "more events came than any run writes")
            file.write(piece)

    def _follow_life(self) -> None:
        """Keep the lock, and touch the heartbeat when that of the other machine has moved."""
        child = self._start(_LIFE, stdout=subprocess.PIPE)
        if child is None or child.stdout is None:
            return
        beat = b""
        with child.stdout:
            while line := child.stdout.readline(_LONGEST_LINE):
                self._problems = {"unpacking": self._problems.get("unpacking", "")}
                lock, tab, moved = line.rstrip(b"\n").rpartition(b"\t")
                if not tab:
                    clock, _, size = moved.partition(b" ")
                    self._clock_ahead = int(clock or 0) - time.time()
                    if self._first_size is None:
                        self._first_size = int(size or 0)
                    continue
                if lock:
                    write_atomically(self.folder / "lock", lock)
                else:
                    (self.folder / "lock").unlink(missing_ok=True)
                if moved != beat:
                    beat = moved
                    (self.folder / "heartbeat").write_bytes(b"")
        if self._end(child, "life") and self._streaming is not None:
            self._streaming.kill()  # it would wait forever in a folder that was deleted

    def _fetch(self) -> None:
        """Unpack what changed since the last time; files are replaced, never written into."""
        while not self._closing.is_set():
            asked = int(time.time() + self._clock_ahead)
            newer = f"--newer-mtime=@{self._fetched_at}" if self._fetched_at else ""
            there = f"tar cf - --ignore-failed-read {newer} {_FETCHED} 2>/dev/null; :"
            child = self._start(there, stdout=subprocess.PIPE)
            if child is None:
                return
            assert child.stdout is not None
            with child.stdout:
                whole = self._unpack(child.stdout)
            whole = self._end(child, "files") == 0 and whole
            if whole and (self.folder / "run.json").exists():
                self._fetched_at = asked - _OVERLAP_SECONDS
            self._closing.wait(_FETCH_SECONDS)

    def _unpack(self, stream: IO[bytes]) -> bool:
        """Whether all that came is in its place."""
        import tarfile  # here: the window starts without

        from rnnviz.work.unpacking import RefusedArchiveError, unpack

        try:
            unpack(stream, self.folder)
        except RefusedArchiveError as error:
            self._problems["unpacking"] = f"{self._host}: {error}; it was not unpacked"
            return False
        except tarfile.TarError:
            return False  # the connection broke; what is missing comes next time
        self._problems["unpacking"] = ""
        return True
