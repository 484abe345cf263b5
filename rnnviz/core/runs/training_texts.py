"""Whether files can be trained on, as far as a look at them says; reading them says the rest.

Looks at sizes and at the first piece of each file, so that a form can ask whenever it changes.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnviz.core.reading import open_regular
from rnnviz.core.runs.config import TrainingConfig

_PIECE = 1 << 16
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_FEW = 0.005


def problem_with(texts: Sequence[Path], config: TrainingConfig) -> str:
    """Why a network cannot be trained on these files with these settings; empty where it may be."""
    total = 0
    for path in texts:
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return f"{path.name} is no file; choose a text"
            with open_regular(path) as file:
                piece = file.read(_PIECE)
        except OSError as error:
            return f"{path.name} cannot be read: {error.strerror}"
        if not piece:
            return f"{path.name} is empty; choose a file with text in it"
        if _is_binary(piece):
            return f"{path.name} holds zero bytes: it is no text file"
        total += status.st_size
    held = config.held_out if config.held_out > 1 else config.held_out * total
    # A character takes a byte or more, so this is the most that there can be.
    left, needed = int(max(0.0, total - held)), 2 * config.batch
    if texts and left < needed:
        return (
            f"the text leaves at most {left:,} characters to train on; {config.batch:,} streams "
            f"need at least {needed:,}: use a longer text, fewer streams, or hold out less"
        )
    return ""


def _is_binary(piece: bytes) -> bool:
    """Zero bytes at even and at odd places, so that they are no halves of letters in UTF-16."""
    if 0 not in piece or piece.startswith(_MARKS):
        return False
    zero = np.frombuffer(piece, np.uint8) == 0
    return bool(min(zero[0::2].mean(), zero[1::2].mean()) > _FEW)
