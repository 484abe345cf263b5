"""The lines of a text file, whatever its encoding and its line ends, packed or not."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnnviz.core.errors import TextError
from rnnviz.core.files.reading import memory_left, read_small
from rnnviz.core.sequences.texts.decoding import RETURNS, decode, with_line_ends

_PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\x00": lzma.open}
"""How packed files begin, and what unpacks them."""
_LARGEST_BYTES = 1 << 33


def read_lines(path: Path, told: Callable[[str], None] = lambda said: None) -> list[str]:
    """The lines of a text file in any encoding (see `decoding`), also of a `.gz` or `.xz`.

    A line ends with a line feed, with or without a carriage return, and with nothing else: what
    Unicode calls a line separator may stand within a sentence. Where more lines end in bare
    carriage returns than in line feeds, those are line ends too.

    Args:
        told: how the file was read, where that is unusual.

    Raises:
        TextError: it cannot be read, or is no text.
    """
    try:
        limit = min(_LARGEST_BYTES, memory_left() // 8)
        data = read_small(path, limit)
        unpack = next((opening for mark, opening in _PACKED.items() if data.startswith(mark)), None)
        if unpack is not None:
            with unpack(io.BytesIO(data)) as packed:
                data = packed.read(limit + 1)
            if len(data) > limit:
                raise TextError(
                    f"{path.name} unpacks to more than {limit:,} bytes, which is more than can be "
                    "read here; give a part of it"
                )
        text, how = decode(data, path.name)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise TextError(f"cannot read {path}: {said}") from error
    text, returns = with_line_ends(text)
    if how != "UTF-8" or returns:
        told(f"{path.name} was read as {how}" + returns * f", {RETURNS}")
    lines = text.split("\n")
    return [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
