"""Folders of runs: what appears in a watched one, names, the trash."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import read_run
from rnnviz.core.runs.tensorboard.records import ScalarWriter
from rnnviz.core.system import deleting
from rnnviz.core.system.trash import NoTrashError
from rnnviz.session.training import run_folders
from rnnviz.session.training.run_folders import RunFolders
from rnnviz.session.training.runs import Runs
from tests.core.runs.made import MadeRun, finished_run
from tests.session.training.test_runs import FakeTrainers, live_run


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def runs(tmp_path: Path, settings: QSettings, qapp) -> Iterator[Runs]:
    made = Runs(FakeTrainers(), settings, tmp_path / "runs")
    yield made
    made.close()


@pytest.fixture
def folders(runs: Runs, settings: QSettings) -> Iterator[RunFolders]:
    made = RunFolders(runs, settings)
    yield made
    made.close()


def write_event_files(folder: Path) -> None:
    writer = ScalarWriter(folder)
    writer.write(1, {"loss": 1.0})
    writer.close()


def names(runs: Runs) -> list[str]:
    return sorted(run.name for run in runs.opened)


def test_new_runs_of_a_watched_folder_open_by_themselves(
    runs: Runs, folders: RunFolders, tmp_path: Path, qtbot: QtBot
) -> None:
    finished_run(tmp_path / "sweep" / "a")
    folders.watch(tmp_path / "sweep")
    qtbot.waitUntil(lambda: names(runs) == ["a"])
    first = runs.current
    finished_run(tmp_path / "sweep" / "deeper" / "b")
    write_event_files(tmp_path / "sweep" / "tensorboard")
    with qtbot.waitSignal(folders.appeared) as told:
        folders.search_again()
    assert told.args == [2]
    assert names(runs) == ["a", "b", "sweep/tensorboard"]
    assert runs.current is first  # what appears takes nobody's place
    folders.leave(tmp_path / "sweep")
    assert folders.watched == ()


def test_what_was_closed_by_hand_stays_closed_also_after_a_restart(
    runs: Runs, folders: RunFolders, settings: QSettings, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("a", "b"):
        finished_run(tmp_path / "sweep" / name)
    folders.watch(tmp_path / "sweep")
    qtbot.waitUntil(lambda: names(runs) == ["a", "b"])
    runs.close_run(runs.opened[0])
    again = RunFolders(runs, settings)
    again.reopen()
    assert again.watched == (tmp_path / "sweep",)
    finished_run(tmp_path / "sweep" / "c")
    with qtbot.waitSignal(again.appeared):
        again.search_again()
    assert names(runs) == ["b", "c"]
    again.close()


def test_a_run_gets_another_name_and_keeps_all_else(
    runs: Runs, folders: RunFolders, tmp_path: Path
) -> None:
    run = runs.open(finished_run(tmp_path / "a").directory)
    before = read_run(tmp_path / "a")
    folders.rename(run, "  the good one ")
    assert run.name == "the good one"
    after = read_run(tmp_path / "a")
    assert after.config == {**before.config, "name": "the good one"}
    assert after.facts == before.facts
    with pytest.raises(RunDirectoryError, match="without a name"):
        folders.rename(run, " ")


def test_event_files_are_called_by_their_folder(
    runs: Runs, folders: RunFolders, tmp_path: Path
) -> None:
    write_event_files(tmp_path / "logs")
    with pytest.raises(RunDirectoryError, match="rename that folder"):
        folders.rename(runs.open(tmp_path / "logs"), "other")


def test_a_run_goes_to_the_trash_beside_the_window(
    runs: Runs, folders: RunFolders, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go = threading.Event()

    def slowly(path: Path) -> None:
        assert may_go.wait(30)
        shutil.move(path, tmp_path / "trash")

    monkeypatch.setattr(run_folders, "move_to_trash", slowly)
    finished_run(tmp_path / "b")
    kept = runs.open(tmp_path / "b")
    run = runs.open(finished_run(tmp_path / "a").directory)
    folders.delete(run)
    runs.poll()
    assert run in runs.opened  # until it is gone
    assert run.row().said == "deleting…"
    with pytest.raises(RunDirectoryError, match="is being deleted"):
        folders.delete(run)
    with qtbot.waitSignal(folders.deleted) as told:
        may_go.set()
    assert told.args == ["a", True]
    assert runs.opened == (kept,)
    assert (tmp_path / "trash" / "run.json").exists()


def test_where_there_is_no_trash_it_is_asked_for_again(
    runs: Runs, folders: RunFolders, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(path: Path) -> None:
        raise NoTrashError(f"there is no trash for {path}")

    monkeypatch.setattr(run_folders, "move_to_trash", none)
    run = runs.open(finished_run(tmp_path / "a").directory)
    with qtbot.waitSignal(folders.not_deleted) as told:
        folders.delete(run)
    assert told.args == [run, f"there is no trash for {tmp_path / 'a'}"]
    assert run.asked == ""
    assert (tmp_path / "a").exists()
    folders.delete(run, for_good=True)
    deleting.wait()
    assert runs.opened == ()
    assert not (tmp_path / "a").exists()


def test_nobody_deletes_under_a_trainer(runs: Runs, folders: RunFolders, tmp_path: Path) -> None:
    run = runs.open(live_run(tmp_path).directory)
    runs.poll()
    with pytest.raises(RunDirectoryError, match="live is running; stop it"):
        folders.delete(run)


def test_a_folder_of_ours_is_one_run_whatever_lies_in_it(
    runs: Runs, folders: RunFolders, tmp_path: Path, qtbot: QtBot
) -> None:
    run = MadeRun(tmp_path / "sweep" / "a")
    write_event_files(run.directory / "tb")
    folders.watch(tmp_path / "sweep")
    qtbot.waitUntil(lambda: bool(runs.opened))
    assert names(runs) == ["a"]
