"""Starting a trainer: a process of its own, which goes on when whoever started it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import msgspec

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import exists, open_regular
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.work.environment import of_a_child
from rnnviz.work.error_output import CRASH, CRASHED_HERE

LOG = "trainer.log"
_LEAST_BYTES = 1 << 14
"""With less a trainer writes neither a run nor a word."""
_LOG_SHOWN = 1 << 20
"""Bytes: more than Python writes in a crash about all threads of a trainer."""
_STOOD = (CRASHED_HERE, "Thread 0x", 'File "', "<", "...", "Extension modules:")
"""With these the lines begin that say so."""

_started: list[subprocess.Popen[bytes]] = []
"""Kept, so that those which have ended can be waited for."""


def train_arguments(config: TrainingConfig, directory: Path) -> list[str]:
    """The arguments of `rnnviz` that train this configuration; what is as usual is left out."""
    words = ["train", *config.texts, "--run", str(directory)]
    usual = TrainingConfig()
    for field in msgspec.structs.fields(TrainingConfig):
        value = getattr(config, field.name)
        if field.name == "texts" or value == getattr(usual, field.name):
            continue
        option = "--" + field.name.replace("_", "-")
        if field.name == "options":
            for name, each in value.items():
                words += ["--option", f"{name}={msgspec.json.encode(each).decode()}"]
        elif isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif isinstance(value, tuple):
            words += [option, ",".join(map(str, value))]
        else:
            words += [option, str(value)]
    return words


def start_run(config: TrainingConfig, directory: Path) -> int:
    """Start a trainer on a new run; its process number.

    It checks the settings and reads the texts itself: `last_words` tells why it ended, if it did
    before it wrote `run.json`.

    Raises:
        RunDirectoryError: the directory cannot be made, or holds a run already.
    """
    if (directory / "run.json").exists():
        raise RunDirectoryError(f"{directory} already holds a run; choose another name")
    return _start(train_arguments(config, directory), directory)


def resume_run(directory: Path) -> int:
    """Start a trainer that goes on with this run; its process number.

    Raises:
        RunDirectoryError: no run is there any more, or the directory cannot be written.
    """
    if not (directory / "run.json").is_file():
        raise RunDirectoryError(
            f"no run lies in {directory} any more, so there is nothing to go on from"
        )
    return _start(["train", "--resume", str(directory)], directory)


def has_ended(process: int) -> bool:
    """Whether a trainer that was started here has ended; it is waited for then."""
    _started[:] = [each for each in _started if each.poll() is None]
    return all(each.pid != process for each in _started)


def last_words(directory: Path) -> str:
    """The last line that the trainer printed: an error, where it ended with one."""
    try:
        with open_regular(directory / LOG) as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _LOG_SHOWN))
            printed = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    if not lines and _is_full(directory):
        return f"the disk of {directory} is full: it could not even write why it ended"
    stood = list(takewhile(lambda line: line.startswith(_STOOD), reversed(lines)))
    last = lines[-1 - len(stood)] if len(stood) < len(lines) else ""
    if last.startswith(CRASH):
        return f"it ended in a crash ({last.removeprefix(CRASH)}); {LOG} says where it stood"
    return lines[-1].removeprefix("rnnviz: ") if lines else ""


def _is_full(directory: Path) -> bool:
    try:
        return shutil.disk_usage(directory).free < _LEAST_BYTES
    except OSError:
        return False


def _start(arguments: list[str], directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        log_file = directory / LOG
        if log_file.is_symlink() or (exists(log_file) and not log_file.is_file()):
            raise RunDirectoryError(f"{log_file} is a link or no file; remove it")
        with log_file.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "rnnviz", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=of_a_child(),
                start_new_session=True,
            )
    except OSError as error:
        raise RunDirectoryError(f"cannot write to {directory}: {error.strerror}") from error
    has_ended(0)
    _started.append(process)
    return process.pid
