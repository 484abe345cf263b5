"""A run directory that is looked at again and again: its record, its state, its checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import RunFile, read_run
from rnnviz.core.runs.directory.event import Event
from rnnviz.core.runs.directory.reader import Damage, EventTail, checkpoint_files
from rnnviz.core.runs.directory.state import State, Watch
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.runs.tensorboard.event_files import (
    WatchedEventFiles,
    event_files,
    is_run,
    run_folders,
)

_SECONDS_BETWEEN_LISTINGS = 2.0
_SECONDS_BETWEEN_ASKING = 0.3
_MAY_HAVE_ENDED = ("crashed", "damaged", "stale", "starting")


class _Found(NamedTuple):
    """What a look at the drive brought."""

    alive: bool | None = None
    """Whether its trainer lives; None where nobody holds the directory."""
    events: Sequence[Event] = ()
    description: RunFile | None = None
    """What `run.json` says, where it is new."""
    checkpoints: list[tuple[int, str]] | None = None
    """Those kept, where they were listed."""
    behind: bool = False
    damage: Damage = Damage()
    torn: bool = False
    problem: str = ""
    gone: bool = False
    name: str = ""
    """What the run is called by now, where somebody has renamed it."""


class WatchedRun:
    """One run, live or over, of this machine or on a mounted drive.

    Only `read` looks at the drive, and it changes nothing that others see: it may run in another
    thread, as long as one waits for it before the next.

    Attributes:
        problem: why it cannot be read at present; empty where it can.
        behind: whether there is more to read at once.
        damage: lines of the events that could not be understood.
        torn: whether its last line has no end.
        gone: whether its directory is no longer there; `problem` says so.

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
        self._described_ns = 0
        """When `run.json` was written last, as far as is known."""
        self._tail = EventTail(directory / "events.jsonl")
        self._watch = Watch(directory, clock)
        self.state: State = "reading" if expected is None else "starting"
        self.behind, self.torn, self.gone, self.damage = False, False, False, Damage()
        self._awaited = expected is not None
        self._describe(read_run(directory) if expected is None else RunFile(expected, {}))

    def _describe(self, description: RunFile) -> None:
        self.config, self.facts = description
        self.record = RunRecord(self.config, self.facts)

    @property
    def name(self) -> str:
        """What people call the run."""
        return str(self.config.get("name") or self.directory.name)

    def rename(self, name: str) -> None:
        """Somebody gave the run this name in its file; it is not read again for that."""
        self.config = {**self.config, "name": name}

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

    def trouble(self) -> str:
        """What a person should know of a run that is not well, in sentences; empty of one that is.

        Of a drive that cannot be read, `problem` tells.
        """
        return " ".join(
            part for part in (self._bad_number(), self._steps_back(), self._ending()) if part
        )

    def _bad_number(self) -> str:
        if not self.record.bad_numbers:
            return ""
        bad = self.record.bad_numbers[0]
        where = f"the {bad.where} of {bad.parameter}" if bad.parameter else f"the {bad.where}"
        return f"At step {bad.step:,} {where} stopped being a number."

    def _steps_back(self) -> str:
        if self.record.went_back is None:
            return ""
        reached, step = self.record.went_back
        return (
            f"Its steps go back, from {reached:,} to {step:,}, and nobody took it up again there: "
            "what stood at later steps is not shown."
        )

    def _ending(self) -> str:
        name, damage = self.name, self.damage.words
        said = f"Its events are {damage}." if damage else ""
        if self.state == "stale":
            gone = f"The trainer of {name} is on another machine and gives no sign of life."
            return f"{gone} {said}".rstrip()
        if self.state == "damaged":
            how = "how it ended cannot be read"
            return f"Nobody trains {name}, and {how}: its events are {damage}."
        if self.state != "crashed" or self.gone:
            return said
        own = self.config.get("task") == "own-loop"  # only its program can go on with it
        if not self.record.step and not damage:
            again = "" if own or self._awaited else "; Resume begins it"
            return f"The trainer of {name} is gone, and no step was written{again}."
        kept = "What it wrote is all here"
        if self.torn:
            kept = "What it wrote is here but for its last line, which was cut off"
        again = "" if own else "; Resume goes on from its last checkpoint"
        lost = f" {said}" if said else ""
        kept = "What can be read is here" if said else kept
        word = "" if self._last_words else " without a word"  # `problem` has what it said
        return f"The trainer of {name} is gone{word}.{lost} {kept}{again}."

    def poll(self, enough: Callable[[], bool] = lambda: False) -> bool:
        """Take what is new; whether anything is.

        Args:
            enough: asked after every piece of the file; True leaves the rest for the next look.
        """
        return self.read(enough)()

    def read(self, enough: Callable[[], bool] = lambda: False) -> Callable[[], bool]:
        """Look at the drive; what it gives makes seen what was found, and says if that is new."""
        tail = self._tail
        events: Sequence[Event] = ()
        alive, description, checkpoints, problem, gone, name = None, None, None, "", False, ""
        try:
            # The lock goes after the last event was written: asked the other way round, a run
            # that ends just now would seem to have died.
            alive = self._holder_alive()
            events = tail.read(enough)
            arrived = self._awaited and (self.directory / "run.json").exists()
            if arrived or tail.restarted:
                description = read_run(self.directory)
            checkpoints = self._list_checkpoints()
            if checkpoints is not None and not self._awaited:
                name = self._name_anew()
            gone = not self.directory.exists()
        except (OSError, RunDirectoryError) as error:
            problem = str(error)
            if isinstance(error, OSError):  # a mounted drive went away, or may not be read
                problem = f"cannot read {self.directory}: {error.strerror}"
            if tail.restarted:
                description = RunFile(self.config, self.facts)
        found = _Found(
            alive,
            events,
            description,
            checkpoints,
            tail.behind,
            tail.damage,
            tail.torn,
            problem,
            gone,
            name,
        )
        return partial(self._take, found)

    def _take(self, found: _Found) -> bool:
        before = (self.state, self.problem, self.damage, len(self.record.checkpoints))
        if found.description is not None:
            self._describe(found.description)
            self._awaited = False
        renamed = bool(found.name) and found.name != self.name
        if renamed:
            self.rename(found.name)
        self.record.take(found.events)
        self.behind, self.damage, self.torn = found.behind, found.damage, found.torn
        self.problem = found.problem
        if not found.problem:
            self.state = self._watch.state(self.record.phase, found.alive, found.damage)
            if found.behind and found.events and self.state in _MAY_HAVE_ENDED:
                # What is read next may say that it ended well.
                self.state = "reading"
            self._note_end()
        for step, name in found.checkpoints or ():
            if step <= max(self.record.step, 0):
                self.record.checkpoints.setdefault(step, f"checkpoints/{name}")
        self.gone = found.gone
        if found.gone:
            self.problem = f"{self.directory} is gone; what was read so far stays on the screen"
        after = (self.state, self.problem, self.damage, len(self.record.checkpoints))
        return bool(found.events) or renamed or before != after

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
        if self._last_words is not None and self.state in ("starting", "crashed", "damaged"):
            self.state = "crashed" if self.state == "starting" else self.state
            self.problem = self._last_words or self.problem

    def _name_anew(self) -> str:
        """The name in `run.json` where that was written anew: by another window, or by hand."""
        try:
            written = (self.directory / "run.json").stat().st_mtime_ns
            before, self._described_ns = self._described_ns, written
            known = before in (0, written)
            return "" if known else str(read_run(self.directory).config.get("name") or "")
        except (OSError, RunDirectoryError):
            return ""  # it has the name that it had

    def _list_checkpoints(self) -> list[tuple[int, str]] | None:
        now = self._clock()
        if now - self._listed < _SECONDS_BETWEEN_LISTINGS:
            return None
        self._listed = now
        return [(step, path.name) for step, path in checkpoint_files(self.directory)]


Watched = WatchedRun | WatchedEventFiles


def watch(
    directory: Path,
    clock: Callable[[], float],
    expected: Mapping[str, Any] | None = None,
    name: str = "",
) -> Watched:
    """Whatever training wrote to this directory: a run of ours, or TensorBoard's event files.

    Args:
        name: what event files are called, where the folder's name does not say enough.

    Raises:
        RunDirectoryError: neither lies there.
    """
    if expected is None and not is_run(directory) and event_files(directory):
        return WatchedEventFiles(directory, clock, name)
    return WatchedRun(directory, clock, expected)


def run_of(model: Path) -> Path | None:
    """The run that a model file is a checkpoint of, by where it lies; None where it is of none."""
    folder = model.parent
    there = folder.name == "checkpoints" and is_run(folder.parent)
    return folder.parent if there else None


def runs_in(directory: Path) -> list[tuple[Path, str]]:
    """The same as `runs_below`, and the folder itself where none lies there."""
    return runs_below(directory) or [(directory, "")]


def runs_below(directory: Path) -> list[tuple[Path, str]]:
    """The runs that lie in a folder or below it, and what event files among them are called.

    The name is empty where the run says its own, or the folder alone says enough. Several folders
    of event files are named by their way from here.
    """
    folders = run_folders(directory)
    several = len(folders) > 1
    return [
        (folder, _way(directory, folder) if several and not is_run(folder) else "")
        for folder in folders
    ]


def _way(directory: Path, folder: Path) -> str:
    return "/".join((directory.name, *folder.relative_to(directory).parts))
