"""The events of a run while they are written: what is new since the last look, by open and seek.

The file is opened anew at every look, so that a network mount shows what is new. A last line
without its end is left for the next look, a file that shrank or was replaced is read from its
start. Knows lines and their fields; what they add up to is `record.py`'s.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from rnnviz.core.errors import RunDirectoryError

PIECE_BYTES = 1 << 16
"""How much is read and decoded at once."""
_LONGEST_LINE = 1 << 26

Number = float | str | None
"""JSON has no NaN and no infinity: the trainer writes them as strings."""


def as_float(value: Number) -> float:
    """A number as it was before JSON; NaN where there is none.

    >>> as_float("-inf")
    -inf
    """
    try:
        return math.nan if value is None else float(value)
    except ValueError:
        return math.nan


class Event(msgspec.Struct, frozen=True, gc=False, rename={"kind": "k", "time": "t"}):
    """One line of `events.jsonl`; `docs/formats.md` says which kind has which fields."""

    kind: str
    time: float = 0.0
    """Seconds since 1970."""
    step: int = 0
    epoch: Number = None
    tokens: Number = None
    seconds: Number = None
    loss_nats: Number = None
    gradient_norm: Number = None
    clipped_norm: Number = None
    clipped: bool | None = None
    learning_rate: Number = None
    streams: int = 0
    metrics: dict[str, Number] = {}
    temperature: Number = None
    text: str = ""
    names: list[str] = []
    gradient_norms: list[Number] = []
    weight_norms: list[Number] = []
    update_ratios: list[Number] = []
    file: str = ""
    row: int = 0
    last_file: str = ""
    last_row: int = 0
    layers: int = 0
    steps: int = 0
    source: list[str] = []
    target: list[str] = []
    best: bool = False
    setting: str = ""
    value: str | float | bool | None = None
    where: str = ""
    parameter: str = ""
    values: dict[str, Number] = {}
    resumed: bool = False
    process: int = 0
    host: str = ""
    reason: str = ""


class EventTail:
    """Reads an event file to its present end, in pieces, as often as it is asked.

    Attributes:
        restarted: the last `read` began again at the start; what was read before is void.
        damaged: lines that could not be understood, and were passed over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restarted = False
        self.damaged = 0
        self._offset = 0
        self._inode = 0
        self._decoder = msgspec.json.Decoder(Event)

    def read(self, enough: Callable[[], bool] = lambda: False) -> list[Event]:
        """The events that are new, oldest first; stops early once `enough` says so.

        A file that is not there yet, or no longer, gives nothing.

        Raises:
            RunDirectoryError: it is there and cannot be read.
        """
        self.restarted = False
        events: list[Event] = []
        try:
            status = self.path.stat()
            if status.st_size < self._offset or (self._inode and status.st_ino != self._inode):
                self._offset, self.damaged, self.restarted = 0, 0, True
            self._inode = status.st_ino
            if status.st_size == self._offset:
                return events
            with self.path.open("rb", buffering=0) as file:
                file.seek(self._offset)
                while lines := self._lines(file.read(PIECE_BYTES), file.read):
                    self._offset += len(lines)
                    events.extend(self._decode(lines))
                    file.seek(self._offset)
                    if enough():
                        break
        except FileNotFoundError:
            return events
        except OSError as error:
            raise RunDirectoryError(f"cannot read {self.path}: {error.strerror}") from error
        return events

    @property
    def behind(self) -> bool:
        """Whether bytes lie there that were not read yet, be they a whole line or not."""
        try:
            return self.path.stat().st_size > self._offset
        except OSError:
            return False

    @staticmethod
    def _lines(piece: bytes, more: Callable[[int], bytes]) -> bytes:
        """The piece up to its last complete line; a line longer than a piece is read to its end."""
        while (end := piece.rfind(b"\n")) < 0 and len(piece) < _LONGEST_LINE:
            longer = more(max(PIECE_BYTES, len(piece)))
            if not longer:
                return b""
            piece += longer
        return piece[: end + 1] if end >= 0 else piece

    def _decode(self, lines: bytes) -> list[Event]:
        try:
            return self._decoder.decode_lines(lines)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        events = []
        for line in lines.splitlines():
            if not line.strip():
                continue
            try:
                events.append(self._decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.damaged += 1
        return events


def checkpoint_files(directory: Path) -> list[tuple[int, Path]]:
    """The checkpoints kept by their step, oldest first: `checkpoints/step-00001234.safetensors`."""
    found = []
    try:
        names = os.listdir(directory / "checkpoints")  # noqa: PTH208 - names are all we need, often
    except OSError:
        return []
    for name in names:
        stem, _, ending = name.partition(".")
        if stem.startswith("step-") and stem[5:].isdigit() and ending == "safetensors":
            found.append((int(stem[5:]), directory / "checkpoints" / name))
    return sorted(found)
