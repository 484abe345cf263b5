"""A directory of TensorBoard event files, watched like a run of ours, for its scalars alone."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.runs.state import State
from rnnviz.core.runs.tensorboard import PATTERN, EventFile, Scalar

_MOST_FILES = 256
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
    """The event files in a folder, or in folders up to two levels below it."""
    found: list[Path] = []
    for pattern in (PATTERN, f"*/{PATTERN}", f"*/*/{PATTERN}"):
        found += [path for path in directory.glob(pattern) if path.is_file()]
    return sorted(found)[:_MOST_FILES]


class WatchedEventFiles:
    """Scalars by their tags; those of folders below are named by the folder too.

    Attributes:
        problem: why something cannot be read at present; empty where all can.

    Raises:
        RunDirectoryError: no event file lies there.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self.problem = ""
        self.state: State = "recorded"
        self.config: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.record = RunRecord(self.config, self.facts)
        self.damaged_lines = 0
        self.behind = False
        self._clock = clock
        self._listed = -_SECONDS_BETWEEN_LISTINGS
        self._files: dict[Path, EventFile] = {}
        self._sizes: dict[Path, int] = {}
        if not event_files(directory):
            raise RunDirectoryError(
                f"{directory} holds neither a training run nor event files of TensorBoard"
            )

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.directory.name

    @property
    def checkpoints(self) -> list[tuple[int, Path]]:
        """Event files name none."""
        return []

    @property
    def best_checkpoint(self) -> Path | None:
        """Event files name none."""
        return None

    def give_up(self, words: str | None) -> None:
        """No trainer of ours writes here."""

    def look(self, enough: Callable[[], bool] = lambda: False) -> bool:
        """Take what is new; whether anything is.

        Args:
            enough: asked after every file; True leaves the rest for the next look.
        """
        return self.read(enough)()

    def read(self, enough: Callable[[], bool] = lambda: False) -> Callable[[], bool]:
        """Look at the drive; what it gives makes seen what was found, and says if that is new."""
        now = self._clock()
        if now - self._listed >= _SECONDS_BETWEEN_LISTINGS:
            self._listed = now
            for path in event_files(self.directory):
                self._files.setdefault(path, EventFile(path))
        behind, problem = False, self.problem
        found: list[tuple[list[Scalar], Path]] = []
        for path, file in self._files.items():
            if not self._grew(path):
                continue
            if enough():
                behind = True
                self._sizes.pop(path, None)
                break
            try:
                found.append((file.read(), path))
            except RunDirectoryError as error:
                problem = str(error)
        return partial(self._take_all, found, behind, problem)

    def _take_all(self, found: list[tuple[list[Scalar], Path]], behind: bool, problem: str) -> bool:
        self.behind, self.problem = behind, problem
        for scalars, path in found:
            self._take(scalars, path)
        return any(scalars for scalars, _ in found)

    def _grew(self, path: Path) -> bool:
        try:
            size = path.stat().st_size
        except OSError:
            return False
        grew = size != self._sizes.get(path)
        self._sizes[path] = size
        return grew

    def _take(self, scalars: list[Scalar], path: Path) -> None:
        folder = path.parent.relative_to(self.directory)
        prefix = "" if folder == Path() else f"{folder.as_posix()}/"
        by_tag: dict[str, list[Scalar]] = {}
        for scalar in scalars:
            by_tag.setdefault(scalar.tag, []).append(scalar)
        for tag, of_tag in by_tag.items():
            curve = self._curve(tag, prefix)
            for first, last in _ascending(of_tag):
                part = of_tag[first:last]
                curve.cut(part[0].step - 1)
                curve.append([each.step for each in part], [each.value for each in part])
            self._place(of_tag)

    def _curve(self, tag: str, prefix: str) -> Curve:
        name = _OURS.get(tag) if not prefix or prefix == "tb/" else None
        if name is not None:
            curve: Curve = getattr(self.record, name)
            return curve
        return self.record.scalars.setdefault(prefix + tag, Curve())

    def _place(self, scalars: list[Scalar]) -> None:
        record = self.record
        for scalar in (scalars[0], scalars[len(scalars) // 2], scalars[-1]):
            began = record.clock.values[0] if record.clock.values else scalar.time
            record.clock.add(scalar.step, scalar.time)
            record.seconds.add(scalar.step, scalar.time - began)


def _ascending(scalars: list[Scalar]) -> list[tuple[int, int]]:
    """Where the steps ascend: a run that was taken up again begins earlier than it ended."""
    breaks = [
        place for place in range(1, len(scalars)) if scalars[place].step <= scalars[place - 1].step
    ]
    edges = [0, *breaks, len(scalars)]
    return list(itertools.pairwise(edges))
