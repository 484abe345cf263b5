"""Acts in the real window with the real engine, at random: `make events`.

    python -m tests.harness.events [--events 20000] [--seed 0] [--each 10000] [--keep FOLDER]
    python -m tests.harness.events --replay TRAIL

Windows follow one another in one home, each in a child, so that a crash is found; each opens what
the last one left, gets so many events and is closed in the midst of whatever goes on. A fault is an
exception that nobody caught, a warning of Qt or Python, a job that failed for a defect, a crash, a
window that stands still or never ends, a process that is left, more than 250 ms of the processor
for one turn of the window's loop, as long a wait there for anything but a processor, and memory
that grows. Where a turn is long only because others had the processor, it is counted: the
machine's. What of the window was never reached is named at the end. Every event is written before
it is done: the trail of a window with faults is kept, and can be played again. The exit code is the
number of kinds of faults.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

from rnnviz.core.system.places import HOME_VARIABLE, models, resources
from tests.harness.hostile import mutate

ROOT = Path(__file__).parents[2]
FREEZE_SECONDS = 0.25
_STANDS_STILL_SECONDS = 90.0
_TO_END_SECONDS = 40.0
_TO_START_SECONDS = 180.0
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_DEAD = 5
_ROWS_A_THOUSAND = 10
"""So many measurements of memory are made in a thousand events."""
_SLOW = ("freeze", "wait")
_SLOPE_BYTES = 20_000
"""Memory may grow by so much an event, over the second half of a window's life."""
"""More than what a person who opens ever more files and runs has open."""
_LEAST_FOR_SLOPE = 8_000
"""Before so many events, rooms and files that are seen for the first time look like growth."""
_SCREEN = {
    "name": "one", "x": 0, "y": 0, "width": 1920, "height": 1200, "logicalDpi": 96,
    "logicalBaseDpi": 96, "dpr": 1,
}  # fmt: skip
_MUTATED = 2
"""Copies of each kind of file that nobody means, beside the good one."""


_LONG = "LONG TEXT"
_TO_TRAINING = {"do": "key", "key": "4", "modifiers": "Control"}
CLOSINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "a training's form": (_TO_TRAINING, {"do": "action", "action": "New run…"}),
    "a walk": ({"do": "open", "path": _LONG, "wait": 100},),
    "a model that opens": ({"do": "action", "action": "Tell the next story", "wait": 0},),
    "a training": (
        _TO_TRAINING,
        {"do": "train", "text": _LONG, "folder": f"{_LONG}.run", "steps": 10**6, "wait": 3000},
    ),
    "the palette": ({"do": "action", "action": "Command palette…"},),
    "a concept's form": ({"do": "action", "action": "New concept…"},),
    "a question": ({"do": "action", "action": "Go to character…"},),
    "a story's form": ({"do": "action", "action": "Make a story of this…"},),
    "a text that is typed": (
        {"do": "action", "action": "Type your own text", "wait": 50},
        {"do": "type", "words": "half a sen", "wait": 0},
    ),
    "another theme": ({"do": "theme", "theme": "dark", "wait": 0},),
}
"""What a window may be closed in the midst of, as events that come there."""


class Fault(NamedTuple):
    """Something that went wrong in a window."""

    kind: str
    words: str
    event: int = -1
    details: str = ""

    @property
    def sort(self) -> str:
        """What faults of one cause have in common."""
        lines = [line for line in self.details.splitlines() if "/rnnviz/" in line]
        place = lines[0].split("/rnnviz/")[-1] if self.kind in _SLOW and lines else ""
        words = "" if self.kind in _SLOW else self.words[:120]
        return f"{self.kind}: {words}{place}"


class Lived(NamedTuple):
    """What one window did."""

    events: int
    faults: list[Fault]
    facts: dict[str, Any]


class Windows:
    """Windows that share a home and the files they open, each a process of its own.

    Args:
        place: a folder for all of that.
        freeze: what counts as one, in seconds of the processor for one turn of the loop.
    """

    def __init__(self, place: Path, freeze: float = FREEZE_SECONDS) -> None:
        self.place = place
        self._freeze = freeze
        programs = place / "programs"
        programs.mkdir(parents=True)
        for name in ("ssh", "scp", "xdg-open"):
            (programs / name).write_text("#!/bin/sh\nsleep 3\nexit 255\n")
            (programs / name).chmod(0o755)
        temporary = place / "tmp"
        temporary.mkdir()
        (place / "screen").write_text(json.dumps({"screens": [_SCREEN]}))
        # As installed: where no bytecode is kept, every room compiles what it imports.
        kept = {key: value for key, value in os.environ.items() if key != _NO_BYTECODE}
        self._environment = {
            **kept,
            HOME_VARIABLE: str(place / "home"),
            "HOME": str(place),
            "TMPDIR": str(temporary),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "QT_QPA_PLATFORM": f"offscreen:configfile={place / 'screen'}",
            "OMP_NUM_THREADS": "1",
        }

    def prepare(self, seed: int) -> None:
        """Write what is opened: what ships, a file of every kind, and copies nobody means."""
        from tests.harness.opening import SAMPLES

        compiling = [sys.executable, "-m", "compileall", "-q", str(ROOT / "rnnviz")]
        subprocess.run(compiling, env=self._environment, check=False)
        listed = [*models().glob("*.safetensors"), *(models() / "curves").glob("*")]
        listed += [path for path in (resources() / "texts").iterdir() if path.is_file()]
        folder = self.place / "files"
        for kind, make in SAMPLES.items():
            (folder / kind).mkdir(parents=True)
            sample = make(folder / kind)
            listed += [sample, sample]
            for number in range(_MUTATED):
                copy = folder / f"{kind}-{number}" / sample.name
                copy.parent.mkdir()
                shutil.copytree(sample, copy) if sample.is_dir() else shutil.copy(sample, copy)
                mutate(copy, random.Random(f"{seed} {kind} {number}").randrange(1 << 30))
                listed.append(copy)
        long = self.place / "long.txt"
        long.write_text("It was a bright cold day in April, and the clocks struck. " * 40_000)
        listed += [long, self.place / "nothing-here.txt"]
        self._listed = json.dumps([str(path) for path in listed])

    def close(self, name: str, what: str) -> Lived:
        """Let a window come to one of `CLOSINGS`, and close it there."""
        trail = self.place / f"{name}.trail"
        events = ({"in": "window", "wait": 300, "answer": "", **event} for event in CLOSINGS[what])
        lines = (json.dumps(event).replace(_LONG, str(self.place / "long.txt")) for event in events)
        trail.write_text("".join(f"{line}\n" for line in lines))
        return self.live(name, "--trail", str(trail))

    def live(self, name: str, *how: str) -> Lived:
        """Let a window live through events, as the options of `watched_window` say."""
        folder = self.place / name
        folder.mkdir()
        (folder / "files").write_text(self._listed)
        words = [str(folder), "--seed", name, "--freeze", str(self._freeze), *how]
        with (folder / "said").open("wb") as said:
            window = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.watched_window", *words],
                cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip
        try:
            stood = self._wait(window, folder)
        finally:
            _end(window)
        return self._told(window, folder, stood)

    @staticmethod
    def _wait(window: subprocess.Popen[bytes], folder: Path) -> str:
        """Until it ends; how it stood still, if it had to be ended."""
        trail, last, patience = folder / "trail", (-1, 0), _TO_START_SECONDS
        since = time.monotonic()
        while window.poll() is None:
            time.sleep(0.05)
            size = trail.stat().st_size if trail.exists() else 0
            lived = (size, (folder / "result").exists())
            if lived != last:
                last, since = lived, time.monotonic()
                patience = _STANDS_STILL_SECONDS if size else _TO_START_SECONDS
            if time.monotonic() - since > (_TO_END_SECONDS if lived[1] else patience):
                window.send_signal(signal.SIGABRT)  # `faulthandler` says where it stands
                try:
                    window.wait(10)
                except subprocess.TimeoutExpired:
                    window.kill()
                return "never ends after closing" if lived[1] else "stands still"
        return ""

    def _told(self, window: subprocess.Popen[bytes], folder: Path, stood: str) -> Lived:
        faults = [
            Fault(one["kind"], one["words"], one["event"], one["details"])
            for one in map(json.loads, _lines(folder / "faults"))
        ]
        trail = _lines(folder / "trail")
        stack = "\n".join(_lines(folder / "crash"))
        if stood:
            faults.append(Fault(stood, "", len(trail) - 1, stack))
        elif window.returncode:
            said = "\n".join(_lines(folder / "said")[-20:])
            how = f"exit code {window.returncode}"
            faults.append(Fault("crash", how, len(trail) - 1, f"{stack}\n{said}"))
        result = folder / "result"
        facts: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {}
        if grown := growth(facts.get("held", [])):
            faults.append(Fault("memory grows", f"{grown:.0f} bytes an event"))
        return Lived(len(trail), faults, facts)


def growth(held: list[list[float]]) -> float:
    """Bytes an event by which the floor of memory rises over half a life, if too much; else 0.

    The floor of a quarter of it: what is large and goes again, as a long text, is no growth.

    Args:
        held: rows of `watched_window.Held`.
    """
    if not held or held[-1][0] < _LEAST_FOR_SLOPE:
        return 0.0
    rows, quarter = np.array(held, float), len(held) // 4
    early, late = rows[quarter : 2 * quarter], rows[3 * quarter :]
    slope = float((late[:, 2].min() - early[:, 2].min()) / (late[0, 0] - early[0, 0]))
    return slope if slope > _SLOPE_BYTES else 0.0


def _in_words(lived: Lived) -> str:
    """What became of a window, in a line."""
    held, facts = lived.facts.get("held", []), lived.facts
    sizes = [round(row[2]) >> 20 for row in held[:: _ROWS_A_THOUSAND if len(held) > 20 else 1]]
    return (
        f"{lived.events} events in {facts.get('seconds', 0):.0f} s "
        f"({facts.get('processor', 0):.0f} s of the processor for the window's thread, "
        f"{facts.get('own', 0):.0f} s of it the harness's own), {len(lived.faults)} faults, "
        f"longest turn {facts.get('longest', 0):.2f} s of the processor, "
        f"{facts.get('longest_clock', 0):.2f} s by the clock; MB by "
        f"{'thousand' if len(held) > 20 else 'hundred'} events {sizes}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _end(window: subprocess.Popen[bytes]) -> None:
    """End it and what it started."""
    left = []
    if window.poll() is None:
        left = psutil.Process(window.pid).children(recursive=True)
        window.kill()
        window.wait()
    for process in left:
        if process.is_running():
            process.kill()


def main() -> int:
    """One window after the other, until so many events are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="0 plays no closings either")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=10_000, help="events in the life of a window")
    parser.add_argument("--keep", type=Path, help="keep trails and faults here")
    parser.add_argument("--replay", type=Path, metavar="TRAIL")
    asked = parser.parse_args()
    keep = asked.keep or Path(tempfile.mkdtemp(prefix="rnnviz-trails-"))
    keep.mkdir(parents=True, exist_ok=True)
    began, done, missed, lives, begun, longest = time.monotonic(), 0, 0, 0, 0, 0.0
    machine, reached, there_is = 0, set[str](), set[str]()
    slow, turns = collections.Counter[str](), 0
    kinds: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="rnnviz-events-") as made:
        windows = Windows(Path(made) / "w")
        windows.prepare(asked.seed)
        for number, what in enumerate(CLOSINGS if asked.events and not asked.replay else ()):
            lived = windows.close(f"closing-{number}", what)
            for fault in lived.faults:
                kinds[f"closed over {what}: {fault.sort}"] += 1
                words = f"{fault.kind}: {fault.words}\n{fault.details}"
                sys.stdout.write(f"== closed over {what}: {words}\n")
            sys.stdout.write(f"closed over {what}, {len(lived.faults)} faults\n")
            sys.stdout.flush()
        # A window that does not even start is no reason to try for ever.
        while done < asked.events and not (asked.replay and lives) and lives - begun < _DEAD:
            name, count = f"{asked.seed}-{lives}", min(asked.each, asked.events - done)
            how = ["--trail", str(asked.replay.resolve())] if asked.replay else []
            lived = windows.live(name, *(how or ["--events", str(count)]))
            lives, done = lives + 1, done + lived.events
            begun += lived.events > 0
            missed += lived.facts.get("missed", 0)
            longest = max(longest, lived.facts.get("longest", 0.0))
            machine += lived.facts.get("machine", 0)
            turns += lived.facts.get("turns", 0)
            slow.update(lived.facts.get("slow", {}))
            reached |= set(lived.facts.get("reached", {}).get("reached", ()))
            there_is |= set(lived.facts.get("reached", {}).get("all", ()))
            for fault in lived.faults:
                kinds[fault.sort] += 1
                if kinds[fault.sort] == 1:
                    where = f"== {name}, event {fault.event}"
                    sys.stdout.write(f"{where}: {fault.kind}: {fault.words}\n{fault.details}\n")
            for each in ("trail", "faults", "result", "crash") if lived.faults else ():
                if (windows.place / name / each).exists():
                    shutil.copy(windows.place / name / each, keep / f"{name}.{each}")
            sys.stdout.write(f"{name}: {_in_words(lived)}\n")
            sys.stdout.flush()
    for what, number in kinds.most_common():
        sys.stdout.write(f"{number:5}  {what}\n")
    never = sorted(there_is - reached)
    sys.stdout.write(f"never reached, of {len(there_is)}: {', '.join(never) or 'nothing'}\n")
    of_turns = ", ".join(f"{slow[limit]} over {limit} ms" for limit in sorted(slow, key=int))
    sys.stdout.write(
        f"{turns:,} turns: {of_turns} of the processor; {machine} over "
        f"{FREEZE_SECONDS * 1000:.0f} ms by the clock alone, while others had it\n"
    )
    sys.stdout.write(
        f"{done} events in {lives} windows ({missed} found nothing to act on), "
        f"{sum(kinds.values())} faults of {len(kinds)} kinds, longest turn {longest:.2f} s; "
        f"{time.monotonic() - began:.0f} s\n"
    )
    if kinds:
        sys.stdout.write(f"trails: {keep}\n")
    return min(100, len(kinds))


if __name__ == "__main__":
    sys.exit(main())
