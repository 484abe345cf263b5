"""Checkpoints of one training: files of a folder whose names differ by the step or the epoch.

    checkpoint_1000.t7  checkpoint_8000.t7  checkpoint_17800.t7
    weights.01-1.23.h5  weights.02-1.07.h5

They are one network at several moments where they are of one kind and of about one size. Reads no
file, only what the folder says of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_NUMBER = re.compile(r"\d+")
_SHARD = re.compile(r"-\d{5}-of-\d{5}")
_MOST_FILES = 2000
_MOST_APART = 0.35
"""By so much of the largest the sizes of files of one network may differ: some keep the history of
their training beside it, which grows."""


class Moment(NamedTuple):
    """A state of the network on its way."""

    step: int
    """The number in the file's name: a step, an epoch."""
    path: Path


def moments_of(files: Sequence[Path]) -> tuple[Moment, ...]:
    """The moments that these files are, the first in front; () where they are no such series."""
    if len(files) < 2 or any(_SHARD.search(path.name) for path in files):
        return ()
    if len({(_NUMBER.sub("#", path.name)) for path in files}) > 1:
        return ()
    numbers = [[int(number) for number in _NUMBER.findall(path.name)[:16]] for path in files]
    columns = list(zip(*numbers, strict=True))
    steps = next((column for column in columns if len(set(column)) == len(files)), None)
    if steps is None:
        return ()
    try:
        sizes = [path.stat().st_size for path in files]
    except OSError:
        return ()
    if min(sizes) < (1 - _MOST_APART) * max(sizes):
        return ()
    return tuple(sorted(map(Moment, steps, files)))


def moments_beside(path: Path) -> tuple[Moment, ...]:
    """The moments of the training that a file is of, itself among them; () if it is alone.

    Of a folder, the one training in it.
    """
    try:
        folder = path if path.is_dir() else path.parent
        files = [one for one in sorted(folder.iterdir())[:_MOST_FILES] if one.is_file()]
    except OSError:
        return ()
    if path.is_dir():
        found = {_NUMBER.sub("#", one.name) for one in files}
        series = [moments_of(_alike(files, name)) for name in found]
        longest = sorted((one for one in series if one), key=len)
        return longest[-1] if longest else ()
    return moments_of(_alike(files, _NUMBER.sub("#", path.name)))


def _alike(files: Sequence[Path], name: str) -> list[Path]:
    return [one for one in files if _NUMBER.sub("#", one.name) == name]
