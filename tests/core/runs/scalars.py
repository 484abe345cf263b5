"""What event files hold, read to their end."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.tensorboard.event_files import event_files
from rnnviz.core.runs.tensorboard.records import EventFile
from rnnviz.core.runs.tensorboard.scalar_folder import ScalarFolder


def read_scalars(folder: Path) -> dict[str, Curve]:
    """The scalars of the event files of a folder, by their tags.

    Raises:
        RunDirectoryError: there is none, one cannot be read, or is damaged.
    """
    if not event_files(folder):
        raise RunDirectoryError(f"{folder} holds no TensorBoard event file")
    scalars = ScalarFolder()
    for file in map(EventFile, event_files(folder)):
        scalars.take(file.read())
        while file.behind:
            scalars.take(file.read())
        if file.problem:
            raise RunDirectoryError(file.problem)
    return scalars.curves
