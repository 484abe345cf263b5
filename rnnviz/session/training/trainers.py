"""Trainers as processes of their own: started from here, they outlive the window."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from rnnviz.core.runs.directory import control
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.work import trainer


class Trainers(Protocol):
    """Starts trainers as processes of their own, and speaks to them; `work.trainer` has them."""

    def start(self, directory: Path, config: TrainingConfig) -> None:
        """Train with these settings in a new run directory.

        Raises:
            RnnvizError: the settings or the directory cannot be used.
        """
        ...

    def ended(self, directory: Path) -> str | None:
        """What a trainer that was started here said last, if it has ended; None while it lives."""
        ...

    def resume(self, directory: Path) -> None:
        """Go on with a run whose trainer is gone.

        Raises:
            RnnvizError: it cannot go on.
        """
        ...

    def ask(self, directory: Path, command: str, setting: str, value: float | None) -> None:
        """Leave a wish in `control.json`.

        Raises:
            RnnvizError: the directory cannot be written, or the wish makes no sense.
        """
        ...


class ProcessTrainers:
    """Starts `rnnviz train`, and leaves wishes in run directories."""

    def __init__(self) -> None:
        self._processes: dict[Path, int] = {}

    def start(self, directory: Path, config: TrainingConfig) -> None:
        """Train with these settings in a new run directory.

        Raises:
            RunDirectoryError: the settings or the directory cannot be used.
        """
        config.check()
        self._processes[directory.resolve()] = trainer.start_run(config, directory)

    def resume(self, directory: Path) -> None:
        """Go on with a run whose trainer is gone.

        Raises:
            RunDirectoryError: the directory is not there or cannot be written.
        """
        self._processes[directory.resolve()] = trainer.resume_run(directory)

    def ended(self, directory: Path) -> str | None:
        """What a trainer that was started here said last, if it has ended; None while it lives."""
        process = self._processes.get(directory.resolve())
        if process is None or not trainer.has_ended(process):
            return None
        words = trainer.last_words(directory)
        # One that was killed printed nothing after its bar of progress.
        return "" if words.startswith("[") else words

    def ask(self, directory: Path, command: str, setting: str, value: float | None) -> None:
        """Leave a wish in `control.json`.

        Raises:
            RunDirectoryError: the directory cannot be written, or the wish makes no sense.
        """
        control.ask(directory, command, setting, value)
