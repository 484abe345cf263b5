"""A run directory that is looked at again and again: its record, its state, its checkpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.event_files import WatchedEventFiles, event_files
from rnnviz.core.runs.reader import EventTail, checkpoint_files
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.runs.state import State, Watch

NEWEST_VERSION = 2
_SECONDS_BETWEEN_LISTINGS = 2.0
_SECONDS_BETWEEN_ASKING = 0.3


class WatchedRun:
    """One run, live or over, of this machine or on a mounted drive.

    Attributes:
        problem: why it cannot be read at present; empty where it can.

    Args:
        expected: the settings of a trainer that was just started and has written nothing yet.

    Raises:
        RunDirectoryError: no run lies there, or a newer version wrote it.
    """

    def __init__(
        self,
        directory: Path,
        clock: Callable[[], float] = time.monotonic,
        expected: Mapping[str, Any] | None = None,
    ) -> None:
        self.directory = directory
        self.problem = ""
        self._last_words: str | None = None
        self._alive: bool | None = None
        self._asked = -_SECONDS_BETWEEN_ASKING
        self._clock = clock
        self._listed = -_SECONDS_BETWEEN_LISTINGS
        self._tail = EventTail(directory / "events.jsonl")
        self._watch = Watch(directory, clock)
        self.state: State = "starting"
        self._awaited = expected is not None and not (directory / "run.json").exists()
        if self._awaited:
            self._describe({"config": dict(expected or {})})
        else:
            self._describe(read_run(directory))

    def _describe(self, description: dict[str, Any]) -> None:
        self.config: dict[str, Any] = description.pop("config", {})
        self.facts = description
        self.record = RunRecord(self.config, self.facts)

    @property
    def name(self) -> str:
        """What people call the run."""
        return str(self.config.get("name") or self.directory.name)

    @property
    def damaged_lines(self) -> int:
        """Lines of the events that could not be understood."""
        return self._tail.damaged

    @property
    def checkpoints(self) -> list[tuple[int, Path]]:
        """Those kept at stages, oldest first, and where the files lie."""
        return [
            (step, self.directory / file) for step, file in sorted(self.record.checkpoints.items())
        ]

    @property
    def best_checkpoint(self) -> Path | None:
        """The model that was best on held-out text, else the latest there is."""
        for name in ("best", "latest"):
            path = self.directory / "checkpoints" / f"{name}.safetensors"
            if path.exists():
                return path
        kept = [path for _, path in self.checkpoints if path.exists()]
        return kept[-1] if kept else None

    def look(self, enough: Callable[[], bool] = lambda: False) -> bool:
        """Take what is new; whether anything is.

        Args:
            enough: asked after every piece of the file; True leaves the rest for the next look.
        """
        before = (self.state, self.problem, len(self.record.checkpoints))
        try:
            # The lock goes after the last event was written: asked the other way round, a run
            # that ends just now would seem to have died.
            alive = self._holder_alive()
            events = self._tail.read(enough)
            arrived = self._awaited and (self.directory / "run.json").exists()
            if arrived or self._tail.restarted:
                self._describe(read_run(self.directory))
                self._awaited = False
            self.record.take(events)
            self.problem = ""
            self.state = self._watch.state(self.record.phase, alive)
            self._note_end()
            self._list_checkpoints()
        except RunDirectoryError as error:
            self.problem = str(error)
            events = []
        if not self.directory.exists():
            self.problem = f"{self.directory} is gone; what was read so far stays on the screen"
        return bool(events) or before != (self.state, self.problem, len(self.record.checkpoints))

    def _holder_alive(self) -> bool | None:
        """While it lives that is asked only a few times a second: it costs more than events do."""
        now = self._clock()
        if not self._alive or now >= self._asked + _SECONDS_BETWEEN_ASKING:
            self._asked, self._alive = now, self._watch.holder_alive()
        return self._alive

    def give_up(self, words: str | None) -> None:
        """Its trainer has ended, and these were its last words; None: it has not."""
        self._last_words = words
        self._note_end()

    def _note_end(self) -> None:
        if self._last_words is not None and self.state in ("starting", "crashed"):
            self.state = "crashed"
            self.problem = self._last_words or self.problem

    @property
    def behind(self) -> bool:
        """Whether there is more to read at once."""
        return self._tail.behind

    def _list_checkpoints(self) -> None:
        now = self._clock()
        if now - self._listed < _SECONDS_BETWEEN_LISTINGS:
            return
        self._listed = now
        for step, path in checkpoint_files(self.directory):
            if step <= max(self.record.step, 0):
                self.record.checkpoints.setdefault(step, f"checkpoints/{path.name}")


Watched = WatchedRun | WatchedEventFiles


def watch(
    directory: Path, clock: Callable[[], float], expected: Mapping[str, Any] | None = None
) -> Watched:
    """Whatever training wrote to this directory: a run of ours, or TensorBoard's event files.

    Raises:
        RunDirectoryError: neither lies there.
    """
    if expected is None and not (directory / "run.json").exists() and event_files(directory):
        return WatchedEventFiles(directory, clock)
    return WatchedRun(directory, clock, expected)


def read_run(directory: Path) -> dict[str, Any]:
    """What `run.json` says: `version`, `config`, and facts about the run.

    Raises:
        RunDirectoryError: it is missing, damaged, or of a newer version.
    """
    path = directory / "run.json"
    try:
        description = json.loads(path.read_bytes())
    except OSError as error:
        raise RunDirectoryError(f"{directory} holds no run: {error.strerror}") from error
    except ValueError as error:
        raise RunDirectoryError(f"{path} is damaged: {error}") from error
    if not isinstance(description, dict) or not isinstance(description.get("config", {}), dict):
        raise RunDirectoryError(f"{path} is damaged: it holds no description of a run")
    version = description.get("version", 0)
    if not isinstance(version, int) or version > NEWEST_VERSION:
        raise RunDirectoryError(f"{path} was written by a newer rnnviz; update this one")
    return description
