"""The checkpoints of a run: which were written, which are there, and which is the newest."""

from __future__ import annotations

from itertools import starmap
from pathlib import Path

from msgspec import Struct

from rnnviz.core.system.identity import file_stamp
from rnnviz.session.training.runs import OpenRun

Stamp = tuple[str, int, int]
"""A file's path, size and time of change; see `file_stamp`."""


class Stage(Struct, frozen=True):
    """A checkpoint."""

    step: int
    path: Path
    newest: bool = False
    """The file that is replaced while the run goes on."""


def stages_of(run: OpenRun) -> tuple[Stage, ...]:
    """Those that were written, whether or not their files are still there."""
    step = run.watched.record.replaced.get("latest", run.watched.record.step)
    return (*starmap(Stage, run.watched.checkpoints), Stage(step, _latest(run), newest=True))


def those_there(stages: tuple[Stage, ...]) -> dict[Stage, Stamp]:
    """Those whose files are there, and which version each is; the newest only if it is later.

    It asks the drive, which may stall.
    """
    stamps = {stage: file_stamp(stage.path) for stage in stages}
    there = {stage: stamp for stage, stamp in stamps.items() if stamp[1] >= 0}
    before = max((stage.step for stage in there if not stage.newest), default=-1)
    return {s: stamp for s, stamp in there.items() if not s.newest or s.step > before}


def newest_checkpoint(run: OpenRun) -> tuple[int, Path] | None:
    """The step and the file of the newest that was written, or None while there is none.

    The file that is replaced as the run goes on comes first: it keeps its name.
    """
    latest = run.watched.record.replaced.get("latest")
    kept = run.watched.checkpoints
    if latest is not None and (not kept or latest >= kept[-1][0]):
        return latest, _latest(run)
    return kept[-1] if kept else None


def _latest(run: OpenRun) -> Path:
    return run.watched.directory / "checkpoints" / "latest.safetensors"
