"""Kills trainings at random moments, resumes them, and compares with the undisturbed ones.

    python -m tests.harness.kills [--kills 200] [--seed 0] [--only characters]

For every task and precision: weights, optimiser, events, rows of numbers and files must be equal,
whenever the trainer was killed, and nothing half-written may stay. What is found is printed as it
is found; the exit code is the number of runs that differ.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file

from rnnviz.core.runs.directory.event import OUTLIVING
from rnnviz.core.runs.directory.log import read_events, read_lines
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.training_tasks.words import WordTask
from tests.harness.killed_run import CONFIGS, task_of

ROOT = Path(__file__).parents[2]
_OF_THE_CLOCK = ("seq", "t", "seconds")
_OF_THE_TRAINER = {"heartbeat", "run.json", "events.jsonl", "control.json"}
_KILLS_A_RUN = 8
STANDS_STILL_SECONDS = 300.0


class Killed(NamedTuple):
    """What became of one run."""

    kills: int
    places: int
    """At how many different numbers of events it was killed."""
    differences: list[str]


def told(folder: Path) -> list[dict[str, Any]]:
    """The events that hold, without what depends on the clock or on who trained."""
    return [
        {key: value for key, value in event.items() if key not in _OF_THE_CLOCK}
        for event in read_events(folder)
        if event["k"] not in OUTLIVING
    ]


def files(folder: Path) -> set[str]:
    """What lies in a run directory, without what TensorBoard gets, a file for every trainer."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "tb"
    }


def differences(whole: Path, killed: Path) -> Iterator[str]:
    """In what a run that was killed and resumed differs from the undisturbed one."""
    one, other = told(whole), told(killed)
    for first, second in zip(one, other, strict=False):
        if first != second:
            yield f"event {json.dumps(second)[:150]} instead of {json.dumps(first)[:150]}"
            break
    else:
        if len(one) != len(other):
            kinds = [event["k"] for event in (other if len(other) > len(one) else one)]
            yield f"{len(other)} events instead of {len(one)}: {kinds[min(len(one), len(other)) :]}"
    if files(whole) != files(killed):
        yield f"files {sorted(files(whole) ^ files(killed))}"
    numbers = [line["seq"] for line in read_lines(killed / "events.jsonl")]
    if numbers != list(range(len(numbers))):
        yield "the numbers of the events have gaps"
    for name in sorted(files(whole) & files(killed) - _OF_THE_TRAINER):
        if name.endswith(".f32") and (whole / name).read_bytes() != (killed / name).read_bytes():
            yield f"the rows of {name}"
        if name.endswith(".safetensors") and not _same(whole / name, killed / name):
            yield f"the weights of {name}"


def _same(one: Path, other: Path) -> bool:
    first, second = load_file(one), load_file(other)
    return first.keys() == second.keys() and all(
        torch.equal(tensor, second[name]) for name, tensor in first.items()
    )


def undisturbed(name: str, folder: Path) -> Path:
    """The run as it goes when nobody kills it."""
    CharacterTask.sampled = WordTask.sampled = 5
    train(task_of(CONFIGS[name]), CONFIGS[name], folder)
    return folder


class Trainer:
    """A process that trains with kills, one run after the other; it is made anew when it dies.

    Args:
        complaints: a file for what it and its children say went wrong.
    """

    def __init__(self, complaints: Path) -> None:
        self._complaints = complaints
        self._process = self._begin()

    def _begin(self) -> subprocess.Popen[bytes]:
        with self._complaints.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.harness.killed_run"], cwd=ROOT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and the child that it may have."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def kill(self, name: str, whole: Path, folder: Path, most: int, seed: int) -> Killed:
        """Train with kills, and compare."""
        answer = self._ask([str(folder), name, most, seed], folder / "events.jsonl")
        if answer is None:
            return Killed(0, 0, [f"stood still for {STANDS_STILL_SECONDS:.0f} s"])
        kills, places, code = json.loads(answer or "[0, 0, 1]")
        if code:
            complained = self._complaints.read_text().strip().splitlines() or ["no word"]
            return Killed(0, 0, [f"cannot go on: {complained[-1]}"])
        return Killed(kills, places, list(differences(whole, folder)))

    def _ask(self, question: list[object], events: Path) -> bytes | None:
        """The answer, however slow the machine is; none where it does not go on."""
        if self._process.poll() is not None:
            self._again()
        given, said = self._process.stdin, self._process.stdout
        assert given is not None and said is not None
        given.write(f"{json.dumps(question)}\n".encode())
        given.flush()
        size, since = -1, time.monotonic()
        while not select.select([said], [], [], 0.1)[0]:
            now = events.stat().st_size if events.exists() else 0
            if now != size:
                size, since = now, time.monotonic()
            if time.monotonic() - since > STANDS_STILL_SECONDS:
                self._again()
                return None
        return said.readline()

    def _again(self) -> None:
        self.__exit__()
        self._process = self._begin()


def main() -> int:
    """Until so many kills are done, over every task and precision in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=CONFIGS, action="append")
    asked = parser.parse_args()
    began, kills, runs, bad = time.monotonic(), 0, 0, 0
    with (
        tempfile.TemporaryDirectory(prefix="rnnviz-kills-") as place,
        Trainer(Path(place) / "complaints") as trainer,
    ):
        names = asked.only or list(CONFIGS)
        whole = {name: undisturbed(name, Path(place) / f"whole-{name}") for name in names}
        while kills < asked.kills:
            name, seed = names[runs % len(names)], asked.seed + runs
            found = trainer.kill(name, whole[name], Path(place) / f"{runs}", _KILLS_A_RUN, seed)
            runs, kills, bad = runs + 1, kills + found.kills, bad + bool(found.differences)
            sys.stdout.write(f"{name}, seed {seed}: {found.kills} kills\n")
            for difference in found.differences:
                sys.stdout.write(f"{name}, seed {seed}: {difference}\n")
            sys.stdout.flush()
    took = time.monotonic() - began
    sys.stdout.write(f"{kills} kills in {runs} runs, {bad} runs differ; {took:.0f} s\n")
    return bad


if __name__ == "__main__":
    sys.exit(main())
