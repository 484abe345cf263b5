"""The trainer's side of a run directory: it holds the lock, and all is written through it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig, read_run, write_config
from rnnviz.core.runs.directory.control import Inbox
from rnnviz.core.runs.directory.event import check_fields
from rnnviz.core.runs.directory.lock import Heartbeat, acquire, release
from rnnviz.core.runs.directory.log import EVENTS, EventLog, write_error
from rnnviz.core.runs.tensorboard.records import ScalarWriter

_WRITTEN = ("events.jsonl", "heartbeat", "lock", "trainer.log", "checkpoints", "arrays", "tb")
_ROW_FILE = re.compile(r".*-([0-9]{1,9})\.f32")
_MOST_MISSING = 1 << 26
"""Bytes: a state may claim any number of rows."""
_ASKING_SECONDS = 60.0
"""A request that is being written is done in far less."""
_LOOK_SECONDS = 1.0
"""So often is looked whether the directory is still the one that is written to."""
_MIRROR_SECONDS = 0.05
"""TensorBoard gets one step in this time, and every validation."""
_MIRRORED = ("loss_nats", "gradient_norm", "clipped_norm", "learning_rate")


class RunWriter:
    """Writes a run; one trainer a directory.

    Args:
        config: of a new run, or what else says what it is; None goes on with the run that lies
            there.
        facts: what else `run.json` shall say of a new run.

    Raises:
        RunDirectoryError: the directory holds another run, or none to go on with, another trainer
            is writing to it, or it cannot be written.
    """

    def __init__(
        self, directory: Path, config: TrainingConfig | Mapping[str, Any] | None, **facts: Any
    ) -> None:
        self.directory = directory
        self.checkpoints = directory / "checkpoints"
        there = (directory / "run.json").exists()
        if config is not None and there:
            commanded = isinstance(config, TrainingConfig)
            raise RunDirectoryError(
                f"{directory} already holds a run; choose another directory"
                + (
                    " with --run, or continue it with --resume"
                    if commanded
                    else ", or go on with this one: Run(..., resume=True)"
                )
            )
        if config is None:
            read_run(directory)
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            refuse_links(directory)
            acquire(directory)
            remove_parts(directory)
        except OSError as error:
            raise RunDirectoryError(f"cannot write to {directory}: {error.strerror}") from error
        self._arrays: dict[str, tuple[FileIO, int, int]] = {}
        self._mirror: ScalarWriter | None = None
        self._mirrored = self._looked = 0.0
        try:
            if config is not None:
                write_config(directory, config, facts)
            self.inbox = Inbox(directory)
            self.log = EventLog(directory / EVENTS)
            self.heartbeat = Heartbeat(directory)
        except OSError as error:
            release(directory)
            raise write_error(directory / "run.json", error) from error
        except RunDirectoryError:
            release(directory)
            raise

    def mirror(self, resumed_at: int | None = None) -> None:
        """Also write scalars for TensorBoard, from now on; in a file of its own after each call."""
        if self._mirror is not None:
            self._mirror.close()
        try:
            self._mirror = ScalarWriter(self.directory / "tb", resumed_at)
        except OSError as error:
            raise write_error(self.directory / "tb" / "events", error) from error

    def event(self, kind: str, **fields: Any) -> None:
        """Append one event: its number, the time, its kind and its fields.

        Raises:
            RunDirectoryError: the disk is full or the directory has vanished.
            TypeError: there is no such kind, or it has no such field.
        """
        check_fields(kind, fields)
        problem = self.heartbeat.problem
        if problem is not None:
            raise write_error(self.heartbeat.path, problem) from problem
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self.check_place()
        self.log.append(kind, fields)
        if self._mirror is not None:
            self._write_mirror(kind, fields)

    def check_place(self) -> None:
        """Look before a file is written by its name: it would land in whatever lies there now.

        Raises:
            RunDirectoryError: the directory was moved, deleted or replaced while it was written to.
        """
        self._looked = time.monotonic()
        if not self.log.is_in_place():
            path = self.log.path
            if not path.exists():
                raise write_error(path, FileNotFoundError(errno.ENOENT, "it is gone"))
            raise RunDirectoryError(
                f"{path} is another file than the one that this training writes: its directory was "
                "moved or replaced, and nothing more is written there. The run can be continued "
                "where it lies now"
            )

    def _write_mirror(self, kind: str, fields: Mapping[str, Any]) -> None:
        step = fields.get("step", 0)
        if kind == "step":
            now = time.monotonic()
            if now - self._mirrored < _MIRROR_SECONDS:
                return
            self._mirrored = now
            scalars = {f"train/{name}": fields[name] for name in _MIRRORED if name in fields}
            parts = fields.get("metrics") or {}
            scalars |= {f"train/{name}": value for name, value in parts.items()}
        elif kind == "validation":
            scalars = {"validation/loss_nats": fields["loss_nats"]}
            metrics = fields.get("metrics") or {}
            scalars |= {f"validation/{name}": value for name, value in metrics.items()}
        elif kind == "scalar":
            scalars = fields["values"]
        else:
            return
        assert self._mirror is not None
        try:
            self._mirror.write(step, scalars)
        except OSError as error:
            raise write_error(self.directory / "tb" / "events", error) from error

    def rows(self) -> dict[str, int]:
        """How many rows each file of numbers holds by now."""
        return {
            f"arrays/{path.name}": path.stat().st_size // _row_bytes(path)
            for path in sorted((self.directory / "arrays").glob("*.f32"))
            if _row_bytes(path)
        }

    def cut_rows(self, kept: Mapping[str, int]) -> None:
        """Forget the rows beyond these: the run is taken up again from where it had so many.

        Where rows are missing there is room for them, so that none that follows takes their place.

        Raises:
            OSError: they cannot be cut.
        """
        there = self.rows()
        for file, rows in kept.items():
            missing = (rows - there.get(file, 0)) * _row_bytes(Path(file))
            if 0 < missing <= _MOST_MISSING and Path(file).parent == Path("arrays"):
                (self.directory / "arrays").mkdir(exist_ok=True)
                with (self.directory / file).open("ab") as opened:
                    opened.write(np.full(missing // 4, np.nan, "<f4").tobytes())
        for file, rows in there.items():
            if rows > kept.get(file, 0):
                os.truncate(self.directory / file, kept.get(file, 0) * _row_bytes(Path(file)))

    def flush(self) -> None:
        """Bring the events and the rows to the disk.

        Raises:
            OSError: the disk is full or gone.
        """
        self.log.flush()
        for opened, _, _ in self._arrays.values():
            os.fsync(opened.fileno())

    def row(self, name: str, values: npt.ArrayLike) -> dict[str, str | int]:
        """Append a row of numbers to `arrays/NAME-<width>.f32`; the fields that tell where it is.

        Rows of another width go to a file of their own.
        """
        row = np.ascontiguousarray(values, "<f4").ravel()
        file = f"arrays/{name}-{row.size}.f32"
        path = self.directory / file
        try:
            if file not in self._arrays:
                self.check_place()
                path.parent.mkdir(exist_ok=True)
                opened = path.open("ab", buffering=0)
                rows = opened.tell() // row.nbytes
                opened.truncate(rows * row.nbytes)
                self._arrays[file] = (opened, rows, row.nbytes)
            opened, rows, size = self._arrays[file]
            if opened.write(row.tobytes()) < size:
                opened.truncate(rows * size)
                raise OSError(28, "No space left on device")
        except OSError as error:
            raise write_error(path, error) from error
        self._arrays[file] = (opened, rows + 1, size)
        return {"file": file, "row": rows}

    def close(self, state: str) -> None:
        """Flush the events, say how the run ended, and give the directory free.

        Raises:
            RunDirectoryError: the disk did not take the last events; all else is done.
        """
        try:
            self.log.close()
        finally:
            for opened, _, _ in self._arrays.values():
                opened.close()
            if self._mirror is not None:
                self._mirror.close()
            self.heartbeat.close(state)
            release(self.directory)


def refuse_links(directory: Path) -> None:
    """Refuse a run directory in which what is written would land elsewhere.

    Raises:
        RunDirectoryError: a file or folder of it is a link.
    """
    inside = [directory / name for name in _WRITTEN]
    for path in (*inside, *(directory / "arrays").glob("*")):
        if path.is_symlink():
            raise RunDirectoryError(
                f"{path} is a link, and nothing of a run is written through one; put the file or "
                "folder itself in its place"
            )


def remove_parts(directory: Path) -> None:
    """Remove what a killed trainer left half-written; whoever calls this holds the lock.

    The newest state (`.state.safetensors.part`) is whole, and a request (`control.json`) may just
    be under way.
    """
    for folder in (directory, *(directory / name for name in ("checkpoints", "arrays", "tb"))):
        for path in folder.glob(".*.part"):
            with contextlib.suppress(OSError):
                young = time.time() - path.stat().st_mtime < _ASKING_SECONDS
                asking = path.name.startswith(".control.json.") and young
                if not asking and path.name != ".state.safetensors.part":
                    path.unlink()


def _row_bytes(path: Path) -> int:
    """What a row of this file takes; its name says how many numbers that are."""
    found = _ROW_FILE.fullmatch(path.name)
    return 4 * int(found[1]) if found else 0
