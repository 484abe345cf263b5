"""Who still trains: locks, processes that died, and machines that fell silent."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.state import SILENCE_SECONDS, STARTING_SECONDS
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.made import MadeRun, finished_run


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watched(run: MadeRun, clock: Clock) -> WatchedRun:
    found = WatchedRun(run.directory, clock)
    found.poll()
    return found


def state_of(found: WatchedRun) -> str:
    return found.state


def dead_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_running_paused_and_over(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.lock()
    run.event("started", step=0)
    run.steps(1, 3)
    found = watched(run, clock)
    assert state_of(found) == "running"
    assert not found.poll()
    run.event("paused", step=3)
    assert found.poll()
    assert state_of(found) == "paused"
    run.event("finished", step=3)
    run.unlock()
    found.poll()
    assert state_of(found) == "finished"


def test_a_process_that_is_gone_crashed(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 3)
    run.lock(process=dead_process())
    found = watched(run, clock)
    assert state_of(found) == "crashed"
    run.unlock()
    found.poll()
    assert state_of(found) == "crashed"


def test_a_trainer_that_never_shows_up(tmp_path: Path, clock: Clock) -> None:
    found = watched(MadeRun(tmp_path / "run"), clock)
    assert state_of(found) == "starting"
    clock.now += STARTING_SECONDS + 1
    found.poll()
    assert state_of(found) == "crashed"


def test_another_machine_is_known_by_its_heartbeat(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 3)
    run.lock(host="elsewhere", process=1)
    heartbeat = run.directory / "heartbeat"
    heartbeat.write_text("running")
    found = watched(run, clock)
    assert state_of(found) == "running"
    clock.now += SILENCE_SECONDS + 1
    found.poll()
    assert state_of(found) == "stale"
    os.utime(heartbeat, (5_000.0, 5_000.0))  # its clock is wrong, but it moved
    found.poll()
    assert state_of(found) == "running"


def test_an_old_heartbeat_of_another_machine_is_no_life(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 3)
    run.lock(host="elsewhere", process=1)
    os.utime(run.directory / "events.jsonl", (5_000.0, 5_000.0))
    assert watched(run, clock).state == "stale"


def test_a_damaged_lock_is_no_life(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 3)
    for content in ("", "[]", '{"host": 3}', '{"process": -1}'):
        (run.directory / "lock").write_text(content)
        assert watched(run, clock).state in ("crashed", "stale", "running")
    run.lock(process=-5)
    assert watched(run, clock).state == "crashed"


def test_a_directory_that_vanishes_keeps_what_was_read(tmp_path: Path, clock: Clock) -> None:
    run = finished_run(tmp_path / "run")
    found = watched(run, clock)
    run.directory.rename(tmp_path / "elsewhere")
    assert found.poll()
    assert "is gone" in found.problem
    assert found.record.step == 200
    (tmp_path / "elsewhere").rename(run.directory)
    found.poll()
    assert found.problem == ""
    assert found.record.step == 200


def test_nothing_is_promised_of_a_directory_that_vanished(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.lock(process=-5)
    run.steps(1, 5)
    found = watched(run, clock)
    assert "Resume goes on" in found.trouble()
    run.directory.rename(tmp_path / "elsewhere")
    found.poll()
    assert "is gone" in found.problem
    assert found.trouble() == ""


def test_a_trainer_that_said_why_is_not_gone_without_a_word(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run")
    run.lock(process=-5)
    run.steps(1, 5)
    found = watched(run, clock)
    assert "without a word" in found.trouble()
    found.give_up("the disk is full")
    assert found.problem == "the disk is full"
    assert found.trouble().startswith("The trainer of run is gone. What it wrote is all here")
    nothing = WatchedRun(tmp_path / "never", clock, expected={"name": "never"})
    nothing.give_up("the disk is full")
    assert nothing.trouble() == "The trainer of never is gone, and no step was written."


def test_a_drive_that_went_away_is_said_and_what_was_read_stays(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = watched(finished_run(tmp_path / "run"), clock)

    def stale(path: Path) -> bool:
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", stale)
        assert found.poll()
    assert found.problem == f"cannot read {tmp_path / 'run'}: Stale file handle"
    assert found.record.step == 200
    assert found.poll()
    assert found.problem == ""


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="holds no run"):
        WatchedRun(tmp_path)
    for content, words in (
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"config": 3}', "damaged"),
        ('{"version": 99}', "newer"),
    ):
        (tmp_path / "run.json").write_text(content)
        with pytest.raises(RunDirectoryError, match=words):
            WatchedRun(tmp_path)


def test_checkpoints_are_listed_and_the_best_is_found(tmp_path: Path, clock: Clock) -> None:
    run = MadeRun(tmp_path / "run", version=1)
    found = watched(run, clock)
    assert found.best_checkpoint is None
    (run.directory / "checkpoints" / "step-00000002.safetensors").touch()
    run.steps(1, 3)
    clock.now += 5
    assert found.poll()
    assert [step for step, _ in found.checkpoints] == [2]
    assert found.best_checkpoint == found.checkpoints[0][1]
    (run.directory / "checkpoints" / "best.safetensors").touch()
    assert found.best_checkpoint == run.directory / "checkpoints" / "best.safetensors"
    assert found.name == "run"
