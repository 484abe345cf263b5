"""A directory of TensorBoard event files, watched like a run of ours: scalars and histograms."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.directory.reader import Damage
from rnnviz.core.runs.directory.state import State
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.runs.tensorboard.messages import Scalar
from rnnviz.core.runs.tensorboard.records import PATTERN, EventFile
from rnnviz.core.runs.tensorboard.scalar_folder import ScalarFolder

_MOST_FILES = 1024
_MOST_FOLDERS, _MOST_LOOKED, _DEEPEST = 500, 2000, 4
_DELETED = re.compile(r"rnnviz-\d+-deleted-\d+")
"""What is being deleted, as `core.system.deleting` names it."""
_EMPTY = ".profile-empty"
"""Keras writes such a file beside its profiles; it holds nothing."""
_PARTS = ("train", "training", "validation", "val", "eval", "evaluation", "test", "tb")
_LATEST_TIME = 1e11
_KNOTS = 512
"""Of so many values of a tag that come together, the times are kept."""
_SECONDS_BETWEEN_LISTINGS = 2.0
_OURS = {
    "train/loss_nats": "loss",
    "train/gradient_norm": "gradient_norm",
    "train/clipped_norm": "clipped_norm",
    "train/learning_rate": "learning_rate",
    "validation/loss_nats": "validation",
}
"""Tags that our own trainer writes, and the curves that they are."""


def event_files(directory: Path) -> list[Path]:
    """The event files in a folder, oldest first; none where it cannot be read."""
    try:
        found = sorted(path for path in directory.glob(PATTERN) if path.is_file())
    except OSError:
        return []
    return [path for path in found if not path.name.endswith(_EMPTY)]


def run_folders(directory: Path) -> list[Path]:
    """The folders that are runs, this one first, then those up to four levels below it.

    A folder of ours is one run, whatever lies in it. Of event files TensorBoard takes each folder
    for a run of its own; what its plug-ins keep is none.
    """
    found: list[Path] = []
    waiting = [(directory, 0)]
    looked = 0
    while waiting and len(found) < _MOST_FOLDERS and looked < _MOST_LOOKED:
        folder, depth = waiting.pop(0)
        looked += 1
        ours = is_run(folder)
        if ours or event_files(folder):
            found.append(folder)
        if depth < _DEEPEST and not ours:
            waiting += [(below, depth + 1) for below in _folders(folder)]
    return found


def is_run(folder: Path) -> bool:
    """Whether a run of ours lies in this folder."""
    return os.path.isfile(folder / "run.json")  # noqa: PTH113 - Path.is_file raises on what may not be looked into


def _folders(folder: Path) -> list[Path]:
    """Those directly in it; links are not followed, since they may lead round in a circle."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [
        folder / name
        for name in sorted(names)
        if name != "plugins" and name[0] != "." and not _DELETED.fullmatch(name)
    ]


class WatchedEventFiles:
    """Scalars by their tags, of the event files of one folder.

    Attributes:
        problem: why something cannot be read at present; empty where all can.

    Raises:
        RunDirectoryError: no event file lies there.
    """

    def __init__(
        self, directory: Path, clock: Callable[[], float] = time.monotonic, name: str = ""
    ) -> None:
        self.directory = directory
        self.name = name or _name(directory)
        """What people call it."""
        self.problem = ""
        self.state: State = "recorded"
        self.config: Mapping[str, Any] = {}
        self.facts: Mapping[str, Any] = {}
        self.record = RunRecord(self.config, self.facts)
        self.damage = Damage()
        self.behind = False
        self._clock = clock
        self._listed = -_SECONDS_BETWEEN_LISTINGS
        self._files: dict[Path, EventFile] = {}
        self._left_out, self._gone = 0, False
        self._began = math.nan
        self._sizes: dict[Path, int] = {}
        self._scalars = ScalarFolder()
        if not event_files(directory):
            raise RunDirectoryError(
                f"{directory} holds neither a training run nor event files of TensorBoard"
            )

    @property
    def checkpoints(self) -> list[tuple[int, Path]]:
        """Event files name none."""
        return []

    @property
    def best_checkpoint(self) -> Path | None:
        """Event files name none."""
        return None

    @property
    def scalars(self) -> Mapping[str, Curve]:
        """Every curve by its tag, also those that our own trainer mirrors."""
        return self._scalars.curves

    def trouble(self) -> str:
        """Nothing: they do not say who writes them."""
        return ""

    def give_up(self, words: str | None) -> None:
        """No trainer of ours writes here."""

    def poll(self, enough: Callable[[], bool] = lambda: False) -> bool:
        """Take what is new; whether anything is.

        Args:
            enough: asked after every file; True leaves the rest for the next look.
        """
        return self.read(enough)()

    def read(self, enough: Callable[[], bool] = lambda: False) -> Callable[[], bool]:
        """Look at the drive; what it gives makes seen what was found, and says if that is new."""
        anew = self._list()
        behind, problem = False, self._about_the_folder()
        found: list[tuple[str, list[Scalar]]] = []
        for path, file in self._files.items():
            if not self._grew(path) and not file.behind:
                problem = problem or file.problem
                continue
            if enough():
                behind = True
                self._sizes.pop(path, None)
                break
            try:
                found.append((path.name, file.read()))
                problem = problem or file.problem
            except RunDirectoryError as error:
                problem = str(error)
                self._sizes.pop(path, None)  # it is tried again, and said until it can be read
            if file.behind:
                behind = True
                break  # a later file may void what is still to be read of this one
        return partial(self._take_all, found, behind, problem, anew)

    def _list(self) -> bool:
        """Look for new files, now and then; whether what was read of others is void.

        Another training may write where an earlier one was deleted, or into files of the same
        names: only what lies there now belongs together.
        """
        now = self._clock()
        if now - self._listed < _SECONDS_BETWEEN_LISTINGS:
            return False
        self._listed = now
        listed = event_files(self.directory)
        self._gone = not listed
        self._left_out = max(0, len(listed) - _MOST_FILES)
        kept = self._files.keys() <= set(listed) and not any(map(self._shrank, self._files))
        anew = bool(listed) and not kept
        if anew:
            self._files, self._sizes = {}, {}
        for path in listed[-_MOST_FILES:]:
            self._files.setdefault(path, EventFile(path))
        return anew

    def _about_the_folder(self) -> str:
        name = self.directory.name
        if self._gone:
            return f"{name} holds no event files any more; what was read so far stays on the screen"
        if self._left_out:
            return (
                f"{self._left_out:,} older event files of {name} are not read: of a folder the "
                f"newest {_MOST_FILES:,} are"
            )
        return ""

    def _shrank(self, path: Path) -> bool:
        try:
            return path.stat().st_size < self._sizes.get(path, 0)
        except OSError:
            return False

    def _take_all(
        self, found: list[tuple[str, list[Scalar]]], behind: bool, problem: str, anew: bool
    ) -> bool:
        before, self.behind = self.problem, behind
        if anew:
            self._scalars, self._began = ScalarFolder(), math.nan
            self.record = RunRecord(self.config, self.facts)
        for name, scalars in found:
            self._scalars.take(scalars, name)
            self._place(scalars)
        self.problem = problem or self._scalars.lost
        record = self.record
        record.histograms = self._scalars.histograms
        for tag, curve in self._scalars.curves.items():
            ours = _OURS.get(tag)
            if ours is not None:
                setattr(record, ours, curve)
            elif tag:
                record.scalars[tag] = curve
        return anew or self.problem != before or any(scalars for _, scalars in found)

    def _grew(self, path: Path) -> bool:
        try:
            size = path.stat().st_size
        except OSError:
            return False
        grew = size != self._sizes.get(path)
        self._sizes[path] = size
        return grew

    def _place(self, scalars: list[Scalar]) -> None:
        """When each step was, of every tag by itself: not all count the same steps."""
        record = self.record
        by_tag: dict[str, list[Scalar]] = {}
        for scalar in scalars:
            if scalar.voids:
                for axis in (record.clock, record.seconds, *record.seconds_of.values()):
                    axis.cut(scalar.step - 1)
            else:
                by_tag.setdefault(scalar.tag, []).append(scalar)
        if not by_tag:
            return
        for tag, of_tag in by_tag.items():
            own = record.seconds_of.setdefault(tag, StepAxis())
            for scalar in (*of_tag[: -1 : max(1, len(of_tag) // _KNOTS)], of_tag[-1]):
                if not 0 < scalar.time < _LATEST_TIME:
                    continue  # no time was measured
                self._began = scalar.time if math.isnan(self._began) else self._began
                since = scalar.time - self._began
                own.cut(scalar.step - 1)
                own.add(scalar.step, since)
                record.clock.add(scalar.step, scalar.time)
                record.seconds.add(scalar.step, since)
        record.reach(max(scalar.step for of_tag in by_tag.values() for scalar in of_tag))


def _name(directory: Path) -> str:
    """The folder's, with the one around it where it says only which part of a run it is.

    >>> _name(Path("logs/monday/train"))
    'monday/train'
    """
    return (
        f"{directory.parent.name}/{directory.name}".lstrip("/")
        if (directory.name.lower() in _PARTS)
        else directory.name
    )
