"""A text laid out in files, so that another process reads it and this one only maps it.

Decoding 100 MB of UTF-8 takes a second or more, and finding its lines some tenths of one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.columns import Uneven

_CODES, _LINES, _UNEVEN = "text.codes", "lines.npy", "uneven.npy"


def lay_out(path: Path, folder: Path) -> int:
    """Read a text file and write its code points and its lines into a folder.

    Returns:
        The bytes of a code point.

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
    return int(text.codes.dtype.itemsize)


def map_text(path: Path, folder: Path, width: int) -> Text:
    """The text that `lay_out` laid out, memory-mapped.

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
    text.line_starts = lines
    text.uneven = Uneven(*uneven)
    return text
