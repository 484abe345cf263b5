"""Trainers as processes of their own: started from here, they outlive the window."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files import write_atomically


class ProcessTrainers:
    """Starts `rnnviz train` and leaves wishes in run directories."""

    def start(self, directory: Path, settings: Mapping[str, Any]) -> None:
        """Train with these settings in a new run directory.

        Raises:
            RunDirectoryError: the settings or the directory cannot be used.
        """
        raise RunDirectoryError("training cannot be started from the window yet")

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
        wish = {"command": command, "setting": setting, "value": value}
        try:
            write_atomically(directory / "control.json", json.dumps(wish).encode())
        except OSError as error:
            raise RunDirectoryError(f"cannot write to {directory}: {error.strerror}") from error
