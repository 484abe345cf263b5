"""What ships with rnnviz, by its name alone: `french-english`, `pride-and-prejudice.txt`."""

from __future__ import annotations

import os
from pathlib import Path

from rnnviz.core.files.given_path import given_path
from rnnviz.core.system import places


def shipped_or_given(words: str) -> Path:
    """The path that is given; or, where no such file is, what ships under this name."""
    given = given_path(words)
    if len(given.parts) == 1 and not os.path.exists(given):  # noqa: PTH110 - too long a name raises
        shipped = (
            places.models() / words,
            places.models() / f"{words}.safetensors",
            places.resources() / "texts" / words,
        )
        return next((path for path in shipped if os.path.isfile(path)), given)  # noqa: PTH113
    return given
