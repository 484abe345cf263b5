"""What commands print: tables, JSON, sizes, durations, a line of progress."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from time import monotonic
from typing import Any, TextIO

from rnnviz.core.quantities.durations import rate_in_words

Facts = dict[str, object]
"""What a command prints as one JSON object."""

_BAR = 24
_SECONDS_IN_PLACE = 0.1
_SECONDS_ON_PAPER = 10.0


def print_json(value: Any) -> None:
    """One JSON object; NaN and infinity, for which JSON has no numbers, become null."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(words: str) -> str:
    r"""Words from a file as a terminal may show them: none of its commands, nothing turned round.

    >>> harmless("loss\x1b[2J")
    'loss\ufffd[2J'
    """
    words = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", words)
    if words.isascii():
        return words
    from rnnviz.core.sequences.texts.direction import unturned  # most commands print no such word

    return unturned(words)


def table(heads: Sequence[str], lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """Aligned columns, two blanks apart; the first `left` to the left, numbers to the right."""
    rows = [tuple(heads), *(tuple(map(harmless, line)) for line in lines)]
    widths = [max(columns_of(row[column]) for row in rows) for column in range(len(heads))]

    def aligned(row: tuple[str, ...]) -> str:
        cells = []
        for column, (word, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - columns_of(word))
            cells.append(word + blanks if column < left else blanks + word)
        return "  ".join(cells).rstrip()

    return "\n".join(aligned(row) for row in rows)


def columns_of(word: str) -> int:
    """How many columns of a terminal a word takes: wide characters two, marks on letters none.

    >>> columns_of("caf\u00e9"), columns_of("cafe\u0301"), columns_of("\u4e2d\u6587")
    (4, 4, 4)
    """
    if word.isascii():
        return len(word)
    from rnnviz.core.sequences.texts.columns import width_of  # most commands print no such word

    marks = ("Mn", "Me", "Cf")
    return sum(width_of(ord(c)) for c in word if unicodedata.category(c) not in marks)


def pairs(facts: Sequence[tuple[str, str]]) -> str:
    """Facts under each other: the names in one column, what is so in the next."""
    width = max((len(name) for name, _ in facts), default=0) + 2
    return "\n".join(
        harmless(name.ljust(width) + line if number == 0 else " " * width + line).rstrip()
        for name, said in facts
        for number, line in enumerate(said.splitlines() or [""])
    )


def size_in_words(size_bytes: float) -> str:
    """A size on disk for people.

    >>> size_in_words(6_640_000_000)
    '6.64 GB'
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes:.0f} bytes"


def duration_in_words(seconds: float) -> str:
    """A duration for people.

    >>> duration_in_words(75), duration_in_words(3 * 3600 + 61)
    ('1:15', '3:01:01')
    """
    if not math.isfinite(seconds):
        return "unknown"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def figure(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """A figure of a table; a dash where it does not exist."""
    if not math.isfinite(value):
        return "-"
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


class ProgressLine:
    """A bar with the rate and the time left, on the error stream.

    On a terminal one line is rewritten in place; elsewhere a line is written every ten seconds.
    """

    def __init__(self, title: str, unit: str = "", stream: TextIO | None = None) -> None:
        self._title = title
        self._unit = unit
        self._stream = stream or sys.stderr
        self._in_place = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._began = monotonic()
        self._shown = -math.inf if self._in_place else self._began
        self._open = False

    def show(
        self, done: float, total: float, words: str = "", seconds_left: float | None = None
    ) -> None:
        """Tell how far it is.

        Args:
            words: what else to say; by default the rate.
            seconds_left: if it is known better than from the time that has passed.
        """
        now = monotonic()
        least = _SECONDS_IN_PLACE if self._in_place else _SECONDS_ON_PAPER
        finished = done >= total
        if now - self._shown < least and not (finished and (self._in_place or words)):
            return
        self._shown = now
        elapsed = now - self._began
        share = min(1.0, done / total) if total else 1.0
        rate = done / elapsed if elapsed > 0 else 0.0
        if seconds_left is None:
            seconds_left = (total - done) / rate if rate > 0 else math.inf
        if not words and self._unit and rate > 0:
            words = rate_in_words(rate, self._unit)
        left = (
            f"{duration_in_words(elapsed)} taken"
            if finished
            else f"{duration_in_words(seconds_left)} left"
        )
        filled = round(_BAR * share)
        bar = "#" * filled + "." * (_BAR - filled)
        parts = (f"[{bar}] {100 * share:3.0f} %", words, left)
        self._write("  ".join(part for part in (self._title, *parts) if part))

    def finish(self) -> None:
        """Leave the last state on a line of its own."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False

    def _write(self, line: str) -> None:
        if self._in_place:
            line = line[: max(1, shutil.get_terminal_size().columns - 1)]
        try:
            self._stream.write(f"\r{line}\x1b[K" if self._in_place else line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError:
            return  # a full disk takes no log; the work goes on
        self._open = self._in_place
