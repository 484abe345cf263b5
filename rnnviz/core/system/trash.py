"""The system's trash, from which a person can take things back."""

from __future__ import annotations

from pathlib import Path

from send2trash import send2trash

from rnnviz.core.errors import RnnvizError


class NoTrashError(RnnvizError):
    """The system has no trash for what lies there; nothing was moved."""


def move_to_trash(path: Path) -> None:
    """Put a file or folder into the trash; across drives this may take long.

    Raises:
        NoTrashError: there is no trash for it, or it may not be moved; it is where it was.
    """
    try:
        send2trash(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise NoTrashError(f"there is no trash for {path}: {why}") from error
