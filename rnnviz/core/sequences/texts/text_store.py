"""A text laid out in files, so that another process reads it and this one only maps it.

Decoding 100 MB of UTF-8 takes a second or more, and finding its lines some tenths of one.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.columns import Uneven

_CODES, _LINES, _UNEVEN = "text.codes", "lines.npy", "uneven.npy"


class LaidOut(NamedTuple):
    """What `map_text` needs to know beside the files."""

    width: int
    """The bytes of a code point."""
    how: str
    """How the file was read, as `Text.how` says it."""


def lay_out(path: Path, folder: Path) -> LaidOut:
    """Read a text file and write its code points and its lines into a folder.

    Raises:
        TextError: the file cannot be read, or the folder not written.
    """
    text = Text.read(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _CODES).open("wb") as file:
            file.write(np.ascontiguousarray(text.codes).data)
        np.save(folder / _LINES, text.line_starts)
        np.save(folder / _UNEVEN, np.stack(text.uneven))
    except OSError as error:
        raise TextError(f"cannot write to {folder}: {error.strerror}") from error
    return LaidOut(int(text.codes.dtype.itemsize), text.how)


def map_text(path: Path, folder: Path, width: int, how: str = "") -> Text:
    """The text that `lay_out` laid out, memory-mapped.

    Args:
        width: the bytes of a code point.
        how: how its file was read.

    Raises:
        TextError: the files are gone.
    """
    try:
        codes = np.memmap(folder / _CODES, f"<u{width}", "r")
        lines = np.load(folder / _LINES, mmap_mode="r")
        uneven = np.load(folder / _UNEVEN, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise TextError(f"{path.name} cannot be read again: {error}") from error
    text = Text(codes, path.name, path)
    text.how, text.line_starts = how, lines
    text.uneven = Uneven(*uneven)
    return text
