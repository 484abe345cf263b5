"""Pickles of NumPy arrays: `pickle.dump({"Wxh": ...})`, `joblib.dump`, `numpy.save` of an object.

They are followed as any pickle is, and nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import read_head
from rnnviz.nets.checkpoints.pytorch.file import looks_like_pytorch
from rnnviz.nets.checkpoints.pytorch.inert_pickle import follow, resolved

_HEAD = 1 << 16
_PICKLE = re.compile(rb"\x80[\x02-\x05]|\(|\}|c\w|\]")
"""Protocols 2 to 5 name themselves; the older ones begin with a container or a name."""


@dataclass(frozen=True)
class Pickled:
    """What a pickle holds."""

    content: Any
    harmful: str
    """A name among those it asks for that would do something in the world; empty for none."""


def pickled_in(path: Path) -> Pickled | None:
    """What a pickle with arrays of NumPy holds; None of anything else, or of half a pickle."""
    head = read_head(path, _HEAD)
    start = _start(head)
    if start is None or not (b"numpy" in head or b"joblib" in head) or looks_like_pytorch(path):
        return None
    stream = BytesIO(path.read_bytes())
    stream.seek(start)
    try:
        followed = follow(stream, path.name)
        return Pickled(resolved(followed, path.name), followed.harmful)
    except ModelFileError:
        return None  # whoever is asked last says what is wrong


def _start(head: bytes) -> int | None:
    """Where the pickle begins: at once, or behind the header of an array of one object."""
    if _PICKLE.match(head):
        return 0
    if head[:6] != b"\x93NUMPY" or len(head) < 12:
        return None
    length = 2 if head[6] == 1 else 4
    begin = 8 + length
    stop = begin + int.from_bytes(head[8:begin], "little")
    return stop if b"'|O'" in head[begin:stop] else None
