"""Whether files can be trained on, as far as a look at them says; reading them says the rest.

Looks at sizes and at the first piece of each file, so that a form can ask whenever it changes.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from rnnviz.core.files.reading import open_regular, status
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.sequences.texts.decoding import why_not_read

_PIECE = 1 << 16


def problem_with(texts: Sequence[Path], config: TrainingConfig) -> str:
    """Why a network cannot be trained on these files with these settings; empty where it may be."""
    total = 0
    for path in texts:
        try:
            about = status(path)
            if not stat.S_ISREG(about.st_mode):
                return f"{path.name} is no file; choose a text"
            with open_regular(path) as file:
                piece = file.read(_PIECE)
        except OSError as error:
            return f"{path.name} cannot be read: {error.strerror}"
        if not piece:
            return f"{path.name} is empty; choose a file with text in it"
        if why := why_not_read(piece, path.name):
            return why
        total += about.st_size
    held = config.held_out if config.held_out > 1 else config.held_out * total
    # A character takes a byte or more, so this is the most that there can be.
    left, needed = int(max(0.0, total - held)), 2 * config.batch
    if texts and left < needed:
        return (
            f"the text leaves at most {left:,} characters to train on; {config.batch:,} streams "
            f"need at least {needed:,}: use a longer text, fewer streams, or hold out less"
        )
    return ""
