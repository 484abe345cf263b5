"""The events of a run while they are written: what is new since the last look, by open and seek.

The file is opened anew at every look, so that a network mount shows what is new. A last line
without its end is left for the next look, a file that shrank or was replaced is read from its
start. Knows lines and their fields; what they add up to is `record.py`'s.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.runs.directory.event import (
    HEAD_BYTES,
    LONGEST_LINE,
    AnyEvent,
    Event,
    is_of_another_kind,
)
from rnnviz.core.system.ready_types import ready

_KEPT = re.compile(r"step-([0-9]{1,15})\.safetensors")
PIECE_BYTES = 1 << 16
"""How much is read and decoded at once."""


class Damage(msgspec.Struct, frozen=True):
    """Lines of an event file that could not be understood, and between which steps they stand."""

    lines: int = 0
    after: int | None = None
    """The step of the last event before the first of them; None where none stands before it."""
    before: int | None = None
    """The step of the first event behind the last of them; None where none does."""

    @property
    def words(self) -> str:
        """What is damaged, to stand behind "its events are"; empty where nothing is.

        >>> Damage(2, 40, 43).words
        'damaged between steps 40 and 43 (2 lines)'
        """
        if not self.lines:
            return ""
        after, before = self.after, self.before
        lines = f"{self.lines:,} line{'s' * (self.lines != 1)}"
        if after is None and before is None:
            return f"damaged: nothing of them can be read ({lines})"
        if before is None:
            return f"damaged after step {after:,} ({lines})"
        if after is None:
            return f"damaged before step {before:,} ({lines})"
        return f"damaged between steps {after:,} and {before:,} ({lines})"

    def more(self, after: int | None) -> Damage:
        """With one more such line behind an event of this step."""
        return Damage(self.lines + 1, self.after if self.lines else after)

    def passed(self, before: int) -> Damage:
        """With an event of this step behind it."""
        known = self.before is not None or not self.lines
        return self if known else Damage(self.lines, self.after, before)


class EventTail:
    """Reads an event file to its present end, in pieces, as often as it is asked.

    Attributes:
        restarted: the last `read` began again at the start; what was read before is void.
        damage: lines that could not be understood, and were passed over.
        behind: the last `read` stopped early; there is more to read at once.
        torn: behind the last whole line stand bytes without an end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restarted = self.behind = self.torn = False
        self.damage = Damage()
        self._step: int | None = None
        """Of the last event that was read."""
        self._offset = 0
        self._hopeless = False
        """A line without an end was met; what follows is not read."""
        self._inode, self._head = 0, b""
        self._decoder = msgspec.json.Decoder(ready(AnyEvent))

    def read(self, enough: Callable[[], bool] = lambda: False) -> list[Event]:
        """The events that are new, oldest first; stops early once `enough` says so.

        A file that is not there yet, or no longer, gives nothing.

        Raises:
            RunDirectoryError: it is there and cannot be read.
        """
        self.restarted = self.behind = self.torn = False
        events: list[Event] = []
        try:
            status = self.path.stat()
            if status.st_size < self._offset or (self._inode and status.st_ino != self._inode):
                self._begin_anew()
            self._inode = status.st_ino
            if status.st_size == self._offset or self._hopeless:
                self._complain()
                return events
            with open_regular(self.path) as file:
                head = file.read(HEAD_BYTES)
                if not head.startswith(self._head):
                    # Rewritten in its place, or another run's under a number that was free again.
                    self._begin_anew()
                self._head = head
                file.seek(self._offset)
                while lines := self._lines(file.read(PIECE_BYTES), file.read):
                    if len(lines) >= LONGEST_LINE and not lines.endswith(b"\n"):
                        self._hopeless = True
                        break
                    self._offset += len(lines)
                    events.extend(self._decode(lines))
                    file.seek(self._offset)
                    if enough():
                        self.behind = status.st_size > self._offset
                        break
                self.torn = not self.behind and status.st_size > self._offset
        except FileNotFoundError:
            return events
        except OSError as error:
            raise RunDirectoryError(f"cannot read {self.path}: {error.strerror}") from error
        if not events:
            self._complain()
        return events

    def _begin_anew(self) -> None:
        self._offset, self._head, self.restarted = 0, b"", True
        self.damage, self._step, self._hopeless = Damage(), None, False

    def _complain(self) -> None:
        if self._hopeless:
            raise RunDirectoryError(
                f"{self.path} is damaged at byte {self._offset:,}: no line ends within "
                f"{LONGEST_LINE:,} bytes; what stands before it was read"
            )

    @staticmethod
    def _lines(piece: bytes, more: Callable[[int], bytes]) -> bytes:
        """The piece up to its last complete line; a line longer than a piece is read to its end."""
        while (end := piece.rfind(b"\n")) < 0 and len(piece) < LONGEST_LINE:
            longer = more(max(PIECE_BYTES, len(piece)))
            if not longer:
                return b""
            piece += longer
        return piece[: end + 1] if end >= 0 else piece

    def _decode(self, lines: bytes) -> list[Event]:
        try:
            events = list(self._decoder.decode_lines(lines))
            if events:
                self._note(events[0])
                self._step = events[-1].step
            return events
        except (ValueError, RecursionError):
            events = []
        for line in lines.splitlines():
            if not line.strip():
                continue
            try:
                events.append(self._decoder.decode(line))
            except (ValueError, RecursionError):
                # A kind that a later version writes is no damage.
                if not is_of_another_kind(line):
                    self.damage = self.damage.more(self._step)
            else:
                self._note(events[-1])
        return events

    def _note(self, event: Event) -> None:
        """That this was read, the first behind whatever was damaged."""
        self.damage, self._step = self.damage.passed(event.step), event.step


def checkpoint_files(directory: Path) -> list[tuple[int, Path]]:
    """The checkpoints kept by their step, oldest first: `checkpoints/step-00001234.safetensors`."""
    found = []
    try:
        names = os.listdir(directory / "checkpoints")  # noqa: PTH208 - names are all we need, often
    except OSError:
        return []
    for name in names:
        kept = _KEPT.fullmatch(name)
        if kept is not None:
            found.append((int(kept[1]), directory / "checkpoints" / name))
    return sorted(found)
