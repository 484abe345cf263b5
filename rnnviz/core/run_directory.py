"""What one training run writes, and how it is read; neither torch nor Qt.

    RUN/run.json            configuration, seed, versions: written once
    RUN/events.jsonl        one JSON object a line, appended, never rewritten
    RUN/checkpoints/        step-00001234.safetensors, latest.safetensors, best.safetensors
    RUN/control.json        {"command": "pause" | "resume" | "stop"}: replaced by whoever asks
    RUN/lock                host, process and time of the trainer that writes here

The format is specified in `docs/formats.md`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from rnnviz.core.errors import RunDirectoryError

RUN_VERSION = 1


class TrainingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides how a run goes; the same configuration gives the same run."""

    texts: tuple[str, ...]
    """Paths of the training texts, read one after the other."""
    name: str = ""
    architecture: str = "lstm"
    layers: int = 2
    units: int = 256
    embedding: int = 0
    skip: bool = False
    dropout: float = 0.0
    sequence_length: int = 128
    """Characters between two truncations of back-propagation through time."""
    batch: int = 32
    """Parallel streams through the text; each carries its state over."""
    epochs: float = 10.0
    optimiser: str = "adam"
    learning_rate: float = 0.003
    schedule: str = "cosine"
    """`constant`, `cosine` to zero, or `linear` to zero."""
    warmup_steps: int = 200
    clip: str = "norm"
    """`norm` rescales the whole gradient, `value` clamps each number, `none` does nothing."""
    clip_threshold: float = 1.0
    held_out: float = 0.1
    """Share of the text, at its end, that is never trained on; above 1, a number of characters."""
    validation_every: int = 500
    checkpoint_every: int = 500
    seed: int = 0
    threads: int = 1
    precision: str = "float32"
    """`bfloat16` runs the matrix products of training in that type; validation is in float32."""
    default_text: str = ""
    start_from: str = ""
    """A model file of the same sizes and characters, whose weights the training begins with."""

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            RunDirectoryError: naming the setting, what it is, and what it may be.
        """
        choices = {
            "optimiser": ("adam", "rmsprop"),
            "schedule": ("constant", "cosine", "linear"),
            "clip": ("norm", "value", "none"),
            "precision": ("float32", "bfloat16"),
        }
        for setting, allowed in choices.items():
            if getattr(self, setting) not in allowed:
                raise RunDirectoryError(
                    f"{setting} is {getattr(self, setting)!r}; it may be {', '.join(allowed)}"
                )
        positive = ("layers", "units", "sequence_length", "batch", "epochs", "learning_rate")
        for setting in (*positive, "validation_every", "checkpoint_every", "threads"):
            value = getattr(self, setting)
            if not (math.isfinite(value) and value > 0):
                raise RunDirectoryError(f"{setting} is {value}; it must be above zero")
        if not 0 <= self.dropout < 1:
            raise RunDirectoryError(f"dropout is {self.dropout}; it must be from 0 to below 1")
        if not (math.isfinite(self.held_out) and self.held_out >= 0):
            raise RunDirectoryError(f"held_out is {self.held_out}; it must be at least 0")


def finite_or_name(value: object) -> object:
    """NaN and infinity as strings, since JSON has no numbers for them; all else as it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


class RunWriter:
    """The trainer's side of a run directory; one trainer a directory.

    Raises:
        RunDirectoryError: the directory holds another run, or another trainer is writing to it.
    """

    def __init__(self, directory: Path, config: TrainingConfig, **facts: Any) -> None:
        self.directory = directory
        if (directory / "run.json").exists():
            raise RunDirectoryError(
                f"{directory} already holds a run; choose another directory with --run"
            )
        self.checkpoints = directory / "checkpoints"
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            self._lock = directory / "lock"
            with self._lock.open("x") as file:
                json.dump(
                    {"host": socket.gethostname(), "process": os.getpid(), "time": time.time()},
                    file,
                )
        except FileExistsError as error:
            raise RunDirectoryError(
                f"another trainer is writing to {directory}; if none is, delete its file 'lock'"
            ) from error
        except OSError as error:
            raise RunDirectoryError(f"cannot write to {directory}: {error.strerror}") from error
        run = {
            "version": RUN_VERSION,
            "config": msgspec.to_builtins(config),
            "python": platform.python_version(),
            **facts,
        }
        (directory / "run.json").write_text(json.dumps(run, indent=1) + "\n")
        self._events = os.open(
            directory / "events.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644
        )
        self._sequence = 0

    def event(self, kind: str, **fields: Any) -> None:
        """Append one event: its number, the time, its kind and its fields, in one write."""
        line = {
            "seq": self._sequence,
            "t": time.time(),
            "k": kind,
            **{key: finite_or_name(value) for key, value in fields.items()},
        }
        os.write(self._events, msgspec.json.encode(line) + b"\n")
        self._sequence += 1

    def asked(self) -> str | None:
        """The last command in `control.json`, or None."""
        try:
            command = json.loads((self.directory / "control.json").read_bytes())["command"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return command if isinstance(command, str) else None

    def close(self) -> None:
        """Flush the events and give the directory free."""
        os.fsync(self._events)
        os.close(self._events)
        with contextlib.suppress(OSError):
            self._lock.unlink()


def read_config(directory: Path) -> TrainingConfig:
    """The configuration of a run.

    Raises:
        RunDirectoryError: no run lies there, or it was written by a newer version.
    """
    path = directory / "run.json"
    try:
        run = json.loads(path.read_bytes())
        if run["version"] > RUN_VERSION:
            raise RunDirectoryError(f"{path} was written by a newer rnnviz; update this one")
        return msgspec.convert(run["config"], TrainingConfig, strict=False)
    except OSError as error:
        raise RunDirectoryError(f"{directory} holds no run: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise RunDirectoryError(f"{path} is damaged: {error}") from error


def read_events(directory: Path, kind: str | None = None) -> Iterator[dict[str, Any]]:
    """The events written so far, oldest first; a torn last line is left for the next reading."""
    with (directory / "events.jsonl").open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                event = msgspec.json.decode(line)
                if kind is None or event["k"] == kind:
                    yield event
