"""What is said of a run by its lock and by what is left of its events: every two of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnnviz.commands import info
from rnnviz.core.runs.directory.state import STATE_WORDS
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.made import MadeRun

LINE = b'{"k":"step","st\x00\xff"}\n'
GONE = "The trainer of r is gone without a word."
AGAIN = "Resume goes on from its last checkpoint."
FAR = "The trainer of r is on another machine and gives no sign of life."
UNREAD = "Nobody trains r, and how it ended cannot be read: its events are"

LOCKS = ("none", "dead", "live", "far", "silent")
EVENTS = (
    "missing", "empty", "whole", "finished", "cut", "zeros", "start", "middle", "end", "zeros line",
    "all", "finished, then damaged", "the last line",
)  # fmt: skip

SAID = {
    "missing": "The trainer of r is gone, and no step was written; Resume begins it.",
    "empty": "The trainer of r is gone, and no step was written; Resume begins it.",
    "whole": f"{GONE} What it wrote is all here; {AGAIN}",
    "finished": "",
    "cut": f"{GONE} What it wrote is here but for its last line, which was cut off; {AGAIN}",
    "zeros": f"{GONE} What it wrote is here but for its last line, which was cut off; {AGAIN}",
    "start": f"{GONE} Its events are damaged before step 3 (2 lines). What can be read is here; "
    + AGAIN,
    "middle": f"{GONE} Its events are damaged between steps 4 and 7 (2 lines). What can be read is "
    f"here; {AGAIN}",
    "end": f"{UNREAD} damaged after step 7 (3 lines).",
    "zeros line": f"{UNREAD} damaged after step 10 (1 line).",
    "all": f"{UNREAD} damaged: nothing of them can be read (10 lines).",
    "finished, then damaged": "Its events are damaged after step 10 (1 line).",
    "the last line": f"{UNREAD} damaged after step 9 (1 line).",
}
"""Of a run without a lock, and of one whose trainer is dead."""


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that is gone."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def made(folder: Path, lock: str, events: str, dead: int) -> Path:
    run = MadeRun(folder / "r")
    path = run.directory / "events.jsonl"
    if events not in ("missing", "empty"):
        run.steps(1, 10)
    if events.startswith("finished"):
        run.event("finished", step=10)
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = {
        "cut": [b"".join(lines)[:-20]],
        "zeros": [*lines, b"\0" * 4096],
        "start": [LINE, LINE, *lines[2:]],
        "middle": [*lines[:4], LINE, LINE, *lines[6:]],
        "end": [*lines[:7], LINE, LINE, LINE],
        "zeros line": [*lines, b"\0" * 4096 + b"\n"],
        "all": [LINE] * 10,
        "finished, then damaged": [*lines, LINE],
        "the last line": [*lines[:-1], LINE],
    }
    path.write_bytes(b"".join(damaged.get(events, lines)))
    if events == "missing":
        path.unlink()
    if lock in ("dead", "live"):
        run.lock(process=dead if lock == "dead" else None)
    elif lock in ("far", "silent"):
        run.lock(host="elsewhere", process=1)
        (run.directory / "heartbeat").write_text("running")
    if lock not in ("live", "far"):
        for file in run.directory.iterdir():
            os.utime(file, (5_000.0, 5_000.0))  # it was not begun a moment ago
    return run.directory


def expected(lock: str, events: str) -> tuple[str, str]:
    """The state and what is said."""
    words = re.sub(rf"{re.escape(UNREAD)} |{re.escape(GONE)} ", "", SAID[events])
    damage = re.search(r"damaged[^(]*\(\d+ lines?\)", words)
    told = f"Its events are {damage[0]}." if damage else ""
    if events.startswith("finished"):
        return "finished", told
    if lock in ("live", "far"):
        return "starting" if events in ("missing", "empty") else "running", told
    if lock == "silent":
        return "stale", f"{FAR} {told}".rstrip()
    return "damaged" if SAID[events].startswith(UNREAD) else "crashed", SAID[events]


@pytest.mark.parametrize("events", EVENTS)
@pytest.mark.parametrize("lock", LOCKS)
def test_every_lock_with_every_end(
    tmp_path: Path, lock: str, events: str, dead: int, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = made(tmp_path, lock, events, dead)
    watched = WatchedRun(directory)
    looks = 0
    while watched.poll() or watched.behind:
        looks += 1
        assert looks < 10, "what is torn is not more to read"
    assert (watched.state, watched.trouble()) == expected(lock, events)
    assert watched.problem == ""
    facts, lines = info._run(directory)
    said = dict(lines)
    assert said["run"] == f"r, {STATE_WORDS[watched.state]}"
    assert said.get("problem", "") == watched.trouble() == facts["trouble"]


def test_a_run_that_was_made_a_moment_ago_is_starting(tmp_path: Path) -> None:
    watched = WatchedRun(MadeRun(tmp_path / "run").directory)
    watched.poll()
    assert (watched.state, watched.trouble()) == ("starting", "")


def test_a_loop_of_ones_own_is_gone_on_with_by_its_program(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "own", task="own-loop")
    run.steps(1, 3)
    watched = WatchedRun(run.directory)
    watched.poll()
    gone = "The trainer of own is gone without a word. What it wrote is all here."
    assert watched.trouble() == gone
