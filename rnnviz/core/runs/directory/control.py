"""Asking a trainer to do something: `control.json`, replaced by whoever asks.

The trainer looks at it between two steps and answers by an event. The file holds the last request
and the few before it, so that two quick ones are both heard.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import DamagedFileError, exists, read_json
from rnnviz.core.files.writing import alone_in, write_atomically

Command = Literal["pause", "resume", "stop", "checkpoint", "sample", "set"]
SETTINGS = ("learning_rate", "clip_threshold", "temperature")
"""What can be changed while a run goes on."""
_KEPT = 16
_LARGEST_BYTES = 1 << 16


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wish; `setting` and `value` belong to `set`."""

    command: Command
    seq: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 0
    setting: str = ""
    value: float | None = None


class _Requests(Request, frozen=True, omit_defaults=True):
    before: list[Request] = []


def ask(directory: Path, command: str, setting: str = "", value: float | None = None) -> Request:
    """Ask the trainer of this run for something.

    Raises:
        RunDirectoryError: the wish makes no sense, or the directory cannot be written.
    """
    if command not in get_args(Command):
        raise RunDirectoryError(f"{command!r} is no command; choose {', '.join(get_args(Command))}")
    if command == "set":
        check_setting(setting, value)
    with alone_in(directory):
        last = _read(directory)
        request = Request(command, (last.seq if last else 0) + 1, setting, value)  # type: ignore[arg-type]
        earlier = []
        if last is not None:
            earlier = [*last.before, Request(last.command, last.seq, last.setting, last.value)]
        written = _Requests(
            request.command, request.seq, request.setting, request.value, earlier[-_KEPT:]
        )
        try:
            write_atomically(directory / "control.json", msgspec.json.encode(written), wait=False)
        except OSError as error:
            there = "" if exists(directory) else "; is the run still there?"
            raise RunDirectoryError(
                f"cannot write to {directory}: {error.strerror}{there}"
            ) from error
    return request


def check_setting(setting: str, value: float | None) -> None:
    """Refuse a setting that cannot be changed, or a value that it cannot have.

    Raises:
        RunDirectoryError: saying what was given and what may be.
    """
    if setting not in SETTINGS:
        raise RunDirectoryError(
            f"{setting!r} cannot be changed while a run goes on; these can: {', '.join(SETTINGS)}"
        )
    least_is_zero = setting == "temperature"
    if value is None or not 0 <= value < float("inf") or (value == 0 and not least_is_zero):
        raise RunDirectoryError(
            f"{setting} cannot be {value}; it must be "
            + ("at least 0" if least_is_zero else "above zero")
        )


def _read(directory: Path) -> _Requests | None:
    with contextlib.suppress(OSError, DamagedFileError):
        return read_json(directory / "control.json", _Requests, _LARGEST_BYTES)
    return None


class Inbox:
    """The trainer's side: which requests are new; what was asked before it is passed over.

    Looking costs one `stat` where nothing has changed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = str(directory / "control.json")
        self._stamp = self._look()
        last = _read(directory)
        self._last = last.seq if last else 0

    def new(self) -> list[Request]:
        """The requests since the last look, oldest first."""
        stamp = self._look()
        if stamp == self._stamp:
            return []
        self._stamp = stamp
        found = _read(self._directory)
        if found is None:
            return []
        last: Any = Request(found.command, found.seq, found.setting, found.value)
        # Written by hand, a request may have no number: then it is new because the file is.
        fresh = [each for each in (*found.before, last) if each.seq > self._last]
        self._last = max(self._last, found.seq)
        return fresh or ([last] if found.seq == 0 else [])

    def _look(self) -> tuple[int, int]:
        try:
            found = Path(self._path).stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino
