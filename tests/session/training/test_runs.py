"""Open runs: what is told when, what is asked of whom, and how much a tick may read."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig, rename
from rnnviz.core.runs.watched import Watched, watch
from rnnviz.session.training import runs as runs_module
from rnnviz.session.training.runs import OpenRun, Runs
from rnnviz.work.remote import mirror_name
from tests.core.runs.made import MadeRun, finished_run


class FakeTrainers:
    """Remembers what it was asked; a started run is a directory that was made."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.refuses = ""
        self.last_words: str | None = None

    def start(self, directory, config) -> None:
        directory.mkdir()

    def ended(self, directory) -> str | None:
        return self.last_words

    def resume(self, directory) -> None:
        self.asked.append(("resumed", directory.name))

    def ask(self, directory, command, setting, value) -> None:
        if self.refuses:
            raise RunDirectoryError(self.refuses)
        self.asked.append((directory.name, command, setting, value))


@pytest.fixture(autouse=True)
def _no_drive_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any reading may take long."""
    monkeypatch.setattr(runs_module, "_SLOW_SECONDS", 60.0)
    monkeypatch.setattr(runs_module, "_OPENING_SECONDS", 60.0)


@pytest.fixture
def trainers() -> FakeTrainers:
    return FakeTrainers()


@pytest.fixture
def runs(tmp_path: Path, trainers: FakeTrainers, qapp) -> Iterator[Runs]:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = Runs(trainers, settings, tmp_path / "runs")
    yield made
    made.close()


def live_run(tmp_path: Path, name: str = "live") -> MadeRun:
    run = MadeRun(tmp_path / name)
    run.lock()
    run.event("started", step=0)
    run.steps(1, 5)
    return run


def test_an_opened_run_is_read_and_followed(runs: Runs, tmp_path: Path, qtbot: QtBot) -> None:
    made = live_run(tmp_path)
    with qtbot.waitSignal(runs.curve_changed):
        run = runs.open(made.directory)
    assert runs.current is run
    assert run.watched.record.step == 5
    made.steps(6, 7)
    with qtbot.waitSignal(runs.curve_changed):
        pass
    assert run.watched.record.step == 7


def test_a_run_that_brings_something_is_looked_at_every_tick_whatever_its_lock_says(
    runs: Runs, tmp_path: Path
) -> None:
    made = MadeRun(tmp_path / "unlocked")
    made.event("started", step=0)
    made.steps(1, 5)
    run = runs.open(made.directory)
    runs.poll()
    assert run.watched.state == "crashed"
    for step in (6, 7, 8):
        made.steps(step, step)
        runs.poll()
        assert run.watched.record.step == step


def test_a_run_that_is_read_in_pieces_is_not_said_to_have_crashed(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "_BUDGET_SECONDS", 0.0)
    made = MadeRun(tmp_path / "long")
    made.event("started", step=0)
    made.steps(1, 2_000)
    made.event("finished", step=2_000)
    run = runs.open(made.directory)
    states = [run.watched.state]
    for _ in range(200):
        runs.poll()
        states.append(run.watched.state)
    assert set(states) == {"reading", "finished"}
    assert (states[0], states[-1]) == ("reading", "finished")
    torn = MadeRun(tmp_path / "torn")
    torn.steps(1, 5)
    with (torn.directory / "events.jsonl").open("a") as file:
        file.write('{"k":"st')
    crashed = runs.open(torn.directory)
    for _ in range(5):
        runs.poll()
    assert crashed.watched.state == "crashed"  # half a line is not still being read


def test_a_resume_that_fails_is_said_and_ends(
    runs: Runs, tmp_path: Path, trainers: FakeTrainers
) -> None:
    made = live_run(tmp_path, "a")
    made.event("stopped", step=5)
    made.unlock()
    run = runs.open(made.directory)
    runs.poll()
    assert run.watched.state == "stopped"
    runs.resume(run)
    runs.poll()
    assert (run.asked, runs.problem(run)) == ("resume", "")
    trainers.last_words = "the text is gone"
    runs.poll()
    assert (run.asked, runs.problem(run)) == ("", "a did not go on: the text is gone")


def test_a_tick_tells_once_and_only_of_something_new(runs: Runs, tmp_path: Path) -> None:
    first, second = live_run(tmp_path, "a"), live_run(tmp_path, "b")
    for made in (first, second):
        runs.open(made.directory)
    runs.poll()
    told = []
    runs.curve_changed.connect(lambda: told.append("curve"))
    runs.runs_changed.connect(lambda: told.append("runs"))
    runs.poll()
    assert told == []
    for made in (first, second):
        made.steps(6, 9)
    runs.poll()
    assert told == ["curve"]
    first.event("paused", step=9)
    runs.poll()
    assert told == ["curve", "runs", "curve"]


def test_the_same_directory_is_one_run_and_colours_are_used_again(
    runs: Runs, tmp_path: Path
) -> None:
    first = runs.open(finished_run(tmp_path / "a").directory)
    second = runs.open(finished_run(tmp_path / "b").directory)
    assert runs.open(tmp_path / "b" / ".." / "a") is first
    assert (first.ink, second.ink) == (0, 1)
    runs.close_run(first)
    assert runs.current is second
    assert runs.open(first.watched.directory).ink == 0
    runs.set_shown(second, False)
    assert [run.name for run in runs.shown] == ["a"]


def test_a_long_log_is_read_over_many_ticks(runs: Runs, tmp_path: Path, qtbot: QtBot) -> None:
    made = MadeRun(tmp_path / "long")
    made.steps(1, 30_000)
    made.event("finished", step=30_000)
    run = runs.open(made.directory)
    runs.poll()
    assert 0 < run.watched.record.step < 30_000
    qtbot.waitUntil(lambda: run.watched.record.step == 30_000, timeout=20_000)


def test_a_name_that_another_window_gave_is_seen(runs: Runs, tmp_path: Path) -> None:
    made = live_run(tmp_path)
    run = runs.open(made.directory)
    runs.poll()
    told: list[str] = []
    runs.runs_changed.connect(lambda: told.append(run.name))
    rename(made.directory, "the good one")
    run.watched._listed = -1000.0  # two seconds have passed
    runs.poll()
    assert told == ["the good one"]
    for spoil in (lambda file: file.write_text("{"), Path.unlink):
        spoil(made.directory / "run.json")
        run.watched._listed = -1000.0
        runs.poll()
        assert (run.name, run.watched.problem, run.watched.record.step) == ("the good one", "", 5)


def test_asking_and_the_answer(runs: Runs, trainers: FakeTrainers, tmp_path: Path) -> None:
    made = live_run(tmp_path)
    run = runs.open(made.directory)
    runs.poll()
    runs.ask(run, "pause")
    assert run.asked == "pause"
    made.event("paused", step=5)
    runs.poll()
    assert run.asked == ""
    runs.resume(run)
    runs.ask(run, "set", "learning_rate", 0.1)
    assert trainers.asked == [
        ("live", "pause", "", None),
        ("live", "resume", "", None),
        ("live", "set", "learning_rate", 0.1),
    ]
    trainers.refuses = "the directory is gone"
    with pytest.raises(RunDirectoryError, match="gone"):
        runs.ask(run, "stop")


def test_a_run_that_is_over_gets_a_new_trainer(
    runs: Runs, trainers: FakeTrainers, tmp_path: Path
) -> None:
    made = MadeRun(tmp_path / "old")
    made.steps(1, 3)
    made.event("stopped", step=3)
    run = runs.open(made.directory)
    runs.poll()
    runs.resume(run)
    assert trainers.asked == [("resumed", "old")]
    assert run.started_here


def test_only_runs_started_here_hold_the_window_back(
    runs: Runs, trainers: FakeTrainers, tmp_path: Path
) -> None:
    runs.open(live_run(tmp_path, "another window's").directory)
    mine = runs.start(TrainingConfig(name="mine", units=16), tmp_path / "mine")
    runs.poll()
    assert runs.training_here == (mine,)
    assert (mine.watched.state, mine.watched.config["units"]) == ("starting", 16)
    (tmp_path / "mine").rmdir()
    made = MadeRun(tmp_path / "mine", units=32)
    made.lock()
    made.steps(1, 3)
    runs.poll()
    assert (mine.watched.state, mine.watched.config["units"]) == ("running", 32)
    runs.stop_all_here()
    assert trainers.asked == [("mine", "stop", "", None)]


def test_a_trainer_that_ends_at_once_says_why(
    runs: Runs, trainers: FakeTrainers, tmp_path: Path
) -> None:
    mine = runs.start(TrainingConfig(), tmp_path / "mine")
    runs.poll()
    assert mine.watched.problem == ""
    trainers.last_words = "the text is empty"
    runs.poll()
    assert (mine.watched.state, mine.watched.problem) == ("crashed", "the text is empty")
    runs.poll()
    assert mine.watched.problem == "the text is empty"


def test_open_runs_are_found_again(
    runs: Runs, trainers: FakeTrainers, tmp_path: Path, qapp
) -> None:
    kept, gone = finished_run(tmp_path / "kept"), finished_run(tmp_path / "gone")
    for made in (kept, gone):
        runs.open(made.directory)
    gone.directory.rename(tmp_path / "elsewhere")
    runs._settings.sync()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    again = Runs(trainers, settings, tmp_path / "runs")
    again.reopen()
    assert [run.name for run in again.opened] == ["kept"]
    again.close()


def test_what_is_no_run_is_refused_and_nothing_changes(runs: Runs, tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="holds no run"):
        runs.open(tmp_path)
    assert runs.opened == ()
    assert runs.current is None


def test_a_slow_drive_is_looked_at_less_often(
    runs: Runs, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "_SLOW_SECONDS", -1.0)
    monkeypatch.setattr(runs_module, "_LONGEST_REST", 60.0)
    made = live_run(tmp_path)
    run = runs.open(made.directory)
    runs.poll()
    made.steps(6, 9)
    run.rests_until = float("inf")
    runs.poll()
    assert run.watched.record.step == 5
    run.rests_until = 0.0
    qtbot.waitUntil(lambda: run.watched.record.step == 9)
    assert run.rests_until > 0


class StalledDrive:
    """A run whose drive answers when it is told to."""

    def __init__(self, run: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers, self.asked, read = threading.Event(), 0, run.watched.read

        def stalled(enough: Callable[[], bool]) -> Callable[[], bool]:
            self.asked += 1
            self.answers.wait(20)
            return read(enough)

        monkeypatch.setattr(run.watched, "read", stalled)


def test_a_drive_that_stalls_holds_nothing_else_up(
    runs: Runs,
    trainers: FakeTrainers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 0.001)
    monkeypatch.setattr(runs_module, "_SILENT_SECONDS", 0.0)
    monkeypatch.setattr(runs_module, "_LONGEST_REST", 0.0)
    far, near = live_run(tmp_path, "far"), live_run(tmp_path, "near")
    there, here = runs.open(far.directory), runs.open(near.directory)
    qtbot.waitUntil(lambda: there.watched.record.step == here.watched.record.step == 5)
    drive = StalledDrive(there, monkeypatch)
    qtbot.waitUntil(lambda: drive.asked == 1)
    for made in (far, near):
        made.steps(6, 9)
    qtbot.waitUntil(lambda: here.watched.record.step == 9)
    assert (there.watched.record.step, drive.asked) == (5, 1)
    assert "does not answer" in runs.problem(there)
    assert runs.problem(here) == ""
    with pytest.raises(RunDirectoryError, match="does not answer"):
        runs.ask(there, "pause")
    assert trainers.asked == []
    drive.answers.set()
    qtbot.waitUntil(lambda: there.watched.record.step == 9)
    assert list(there.watched.record.loss.steps) == list(here.watched.record.loss.steps)


def test_a_run_on_a_drive_that_stalls_is_listed_and_read_once_it_answers(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    answers = threading.Event()

    def stalled(*arguments: Any) -> Watched:
        answers.wait(20)
        return watch(*arguments)

    monkeypatch.setattr(runs_module, "watch", stalled)
    monkeypatch.setattr(runs_module, "_OPENING_SECONDS", 0.001)
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 0.001)
    run = runs.open(live_run(tmp_path).directory)
    nothing = runs.open(tmp_path)
    assert (run.name, run.watched.state, run.watched.record.step) == ("live", "starting", 0)
    answers.set()
    qtbot.waitUntil(lambda: run.watched.record.step == 5)
    assert run.watched.state == "running"
    qtbot.waitUntil(lambda: "holds no run" in runs.problem(nothing))


class FakeMirror:
    """Remembers what it was asked; mirrors nothing."""

    made: ClassVar[list[FakeMirror]] = []

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.problem, self.asked, self.closed = address, "", 0, False
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "remote.json").write_text(json.dumps({"address": address}))
        self.made.append(self)

    def ask(self) -> None:
        self.asked += 1

    def close(self) -> None:
        self.closed = True


def test_a_run_on_another_machine_is_mirrored_and_asked_there(
    runs: Runs, trainers: FakeTrainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "Mirror", FakeMirror)
    monkeypatch.setattr(FakeMirror, "made", [])
    run = runs.open_remote("me@there:/runs/novel")
    (mirror,) = FakeMirror.made
    assert (run.name, run.started_here) == ("me@there:/runs/novel", False)
    mirror.problem = "no route to host"
    runs.poll()
    assert runs.problem(run) == "no route to host"
    runs.ask(run, "pause")
    assert mirror.asked == 1
    with pytest.raises(RunDirectoryError, match="go on with it there"):
        runs.resume(run)
    folder = run.watched.directory
    runs.close_run(run)
    assert mirror.closed
    # The person gave this address once: its mirror goes on when it is opened again.
    (folder / "run.json").write_text('{"version": 2}')
    runs.open(folder)
    assert [made.address for made in FakeMirror.made] == ["me@there:/runs/novel"] * 2
    with pytest.raises(RunDirectoryError, match="user@host"):
        runs.open_remote("nonsense")


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that connect, in place of the real ones; the file is there once one was started."""
    programs, sprung = tmp_path / "programs", tmp_path / "sprung"
    programs.mkdir()
    for name in ("ssh", "scp", "sftp", "rsync", "curl", "wget", "tar"):
        program = programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $@" >> {sprung}\nexit 1\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return sprung


def a_strangers_run(folder: Path, address: str) -> Path:
    run = finished_run(folder)
    (run.directory / "remote.json").write_text(json.dumps({"address": address}))
    return run.directory


def test_a_strangers_run_that_names_an_address_connects_to_nothing(
    runs: Runs, tmp_path: Path, qtbot: QtBot, trap: Path
) -> None:
    address = "me@evil.example:/runs/novel"
    run = runs.open(a_strangers_run(tmp_path / "stranger", address))
    qtbot.waitUntil(lambda: run.watched.record.step == 200)
    # Nor where the folder lies in the place of our mirrors, under the right name.
    placed = a_strangers_run(tmp_path / "remote" / mirror_name(address), address)
    other = runs.open(placed)
    qtbot.waitUntil(lambda: other.watched.record.step == 200)
    for _ in range(20):
        runs.poll()
    for opened in (run, other):
        assert address in runs.problem(opened)
        assert "nothing was connected" in runs.problem(opened)
    assert not trap.exists()
    # The trap works: it springs where the person gives the address.
    runs.open_remote(address)
    qtbot.waitUntil(trap.exists)
    assert "me@evil.example" in trap.read_text()


def test_an_address_that_was_given_is_followed_in_its_own_mirror_alone(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "Mirror", FakeMirror)
    monkeypatch.setattr(FakeMirror, "made", [])
    address = "me@there:/runs/novel"
    runs.close_run(runs.open_remote(address))
    runs.open(a_strangers_run(tmp_path / "stranger", address))
    assert len(FakeMirror.made) == 1
    runs.close_run(runs.opened[-1])
    runs.open(a_strangers_run(tmp_path / "stranger-2", "me@other:/runs/novel"))
    assert len(FakeMirror.made) == 1


def test_why_a_run_of_a_folder_is_left_out_is_said(runs: Runs, tmp_path: Path) -> None:
    for name in ("a", "b"):
        MadeRun(tmp_path / name).steps(1, 3)
    (tmp_path / "b" / "run.json").write_text('{"steps": "many"}')
    told = list[str]()
    found = [(tmp_path / name, "") for name in ("a", "b")]
    assert runs.open_several(found, told=told.append) == 1
    assert len(told) == 1
    assert "run.json is damaged" in told[0]
