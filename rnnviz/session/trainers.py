"""Trainers as processes of their own: started from here, they outlive the window."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.core.runs.control import ask


class ProcessTrainers:
    """Starts `rnnviz train` and leaves wishes in run directories."""

    def start(self, directory: Path, config: TrainingConfig) -> None:
        """Train with these settings in a new run directory.

        Raises:
            RunDirectoryError: the settings or the directory cannot be used.
        """
        raise RunDirectoryError("training cannot be started from the window yet")

    def ended(self, directory: Path) -> str | None:
        """What a trainer that was started here said last, if it has ended; None while it lives."""
        return None

    def resume(self, directory: Path) -> None:
        """Go on with a run whose trainer is gone.

        Raises:
            RunDirectoryError: it cannot go on.
        """
        raise RunDirectoryError("training cannot be resumed from the window yet")

    def ask(self, directory: Path, command: str, setting: str, value: float | None) -> None:
        """Leave a wish in `control.json`.

        Raises:
            RunDirectoryError: the directory cannot be written.
        """
        ask(directory, command, setting, value)
