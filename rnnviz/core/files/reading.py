"""The one way to read a small file that anybody may have made.

What lies at a path need not be a file: a link to an endless device, a pipe, a sparse file of a
terabyte, a loop of links. And what a file says need not be sane: a nesting of a million, an integer
of a thousand digits. None of it costs time or memory here, and each has its sentence.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import stat
from pathlib import Path
from typing import Any, TypeVar, overload

import msgspec

from rnnviz.core.system.ready_types import ready

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

SMALL_BYTES = 1 << 24
"""More than any settings, list or description of ours takes."""
LARGEST_INTEGER = (1 << 63) - 1
"""What fits the integers of numpy and Qt."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

JsonObject = dict[str, Any]
"""What a file of JSON says: anybody may have written it, so whoever takes a value looks at it."""
Content = TypeVar("Content")


class DamagedFileError(ValueError):
    """A file was read, and what it holds cannot be meant; the message says why."""


def status(path: Path) -> os.stat_result:
    """What the system says of a file, whatever its name holds: it may have stood in another file.

    Raises:
        OSError: there is none, or none can have this name; `strerror` says so.
    """
    try:
        return path.stat()
    except ValueError as error:
        raise OSError(22, f"no file can have this name: {error}", str(path)) from error


def open_regular(path: Path) -> io.FileIO:
    """Open a regular file to read, unbuffered; a link to one is followed.

    Raises:
        OSError: there is none, it is no regular file, or it may not be read; `strerror` says so.
    """
    # Looked at before it is opened: opening a device may do something already.
    _refuse_irregular(path, status(path).st_mode)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = _File(os.open(path, flags), "rb")
    try:
        _refuse_irregular(path, os.fstat(file.fileno()).st_mode)
    except OSError:
        file.close()
        raise
    return file


class _File(io.FileIO):
    """A file that never makes one wait: some of the system's say that they are regular and do."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size)
        if data is None:
            raise OSError(11, "it holds nothing at present and would be waited for")
        return data


def _refuse_irregular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        found = next((words for is_it, words in _KINDS if is_it(mode)), "no file")
        raise OSError(22, f"it is {found}, not a file", str(path))


def read_head(path: Path, most: int) -> bytes:
    """How a regular file begins: at most so many bytes.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with open_regular(path) as file:
        return file.read(most)


def read_small(path: Path, limit: int = SMALL_BYTES) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger; `strerror` says so.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        # Files of the system say nothing of their size: they are read up to the limit.
        pieces, left = [], limit + 1
        while size <= limit and left and (piece := file.read(min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
    if size > limit or not left:
        raise OSError(
            27, f"it is larger than the {limit:,} bytes that such a file may have", str(path)
        )
    return b"".join(pieces)


@overload
def read_json(path: Path, *, limit: int = SMALL_BYTES) -> Any: ...
@overload
def read_json(path: Path, kind: type[Content], limit: int = SMALL_BYTES) -> Content: ...
def read_json(path: Path, kind: Any = Any, limit: int = SMALL_BYTES) -> Any:
    """What a small JSON file holds, as this type.

    Raises:
        OSError: it cannot be read, is no regular file, or is too large.
        DamagedFileError: it holds no such thing.
    """
    return decode_json(read_small(path, limit), kind)


@overload
def decode_json(raw: bytes) -> Any: ...
@overload
def decode_json(raw: bytes, kind: type[Content]) -> Content: ...
def decode_json(raw: bytes, kind: Any = Any) -> Any:
    """The content of JSON in UTF-8, as this type; without one also NaN and infinity are read.

    Raises:
        DamagedFileError: it is not JSON, of another type, nested too deeply, or holds an integer
            beyond 64 bits.
    """
    try:
        raw = raw.removeprefix(codecs.BOM_UTF8)
        text = "" if raw.isascii() and kind is not Any else raw.decode()
        content = json.loads(text) if kind is Any else msgspec.json.decode(raw, type=ready(kind))
        plain = content if kind is Any else msgspec.to_builtins(content)
    except RecursionError as error:
        raise DamagedFileError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise DamagedFileError(f"it is not UTF-8 at byte {error.start:,}") from error
    except (ValueError, OverflowError, msgspec.DecodeError) as error:
        raise DamagedFileError(str(error)) from error
    check_sane(plain)
    return content


def check_sane(content: Any) -> None:
    """Refuse integers that numpy and Qt cannot hold, and halves of characters that no file can.

    Args:
        content: dictionaries, lists, strings and numbers.

    Raises:
        DamagedFileError: it holds such.
    """
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, str) and not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise DamagedFileError("it holds half a character") from error
        elif isinstance(value, list | tuple):
            try:
                # A vocabulary of some thousand words is looked at as one.
                waiting.append("".join(value))
            except TypeError:
                waiting.extend(value)
        elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            raise DamagedFileError("it holds an integer of more than 64 bits")


def memory_left() -> int:
    """How many bytes this process may still take, about: what is free, and what it is allowed."""
    import psutil  # here, not above: the window starts without it

    free = int(psutil.virtual_memory().available)
    if resource is not None:
        allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
        if allowed != resource.RLIM_INFINITY:
            free = min(free, allowed - int(psutil.Process().memory_info().vms))
    return max(0, free)


def exists(path: Path) -> bool:
    """Whether anything lies there; no for a name that no file can have."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a name is too long


def files_in(folder: Path, ending: str) -> list[Path]:
    """The files whose names end so, by name; none of a folder that is not there or not ours."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    except OSError:
        return []


def check_fits(path: Path) -> None:
    """Refuse a file that is no regular one, or that memory could not hold.

    Raises:
        OSError: it is no file, or too large; `strerror` says so.
    """
    with open_regular(path) as file:
        size, left = os.fstat(file.fileno()).st_size, memory_left()
        if size == 0 and file.read(1):
            raise OSError(22, "it is a file of the system, which has no size")
    if size > left:
        raise OSError(
            27, f"its {size / 1e9:,.1f} GB do not fit into the {left / 1e9:,.1f} GB of memory left"
        )
