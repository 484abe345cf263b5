"""What the person chose is on the disk without the window having waited for it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings
from pytestqt.qtbot import QtBot

from rnnviz.session.shared import settings as module
from rnnviz.session.shared.settings import Settings, wait_until_written


def read(path: Path) -> dict[str, object]:
    """What another window finds in the file."""
    # By a name of its own, or Qt would answer from what it has read before.
    copy = path.with_name(f"{len(list(path.parent.iterdir()))}.ini")
    copy.write_bytes(path.read_bytes())
    found = QSettings(str(copy), QSettings.Format.IniFormat)
    return {key: found.value(key) for key in found.allKeys()}


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the one in memory."""
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(module, "_IN_MEMORY", folder)
    return folder


@pytest.fixture(params=["in memory", "by Qt"])
def path(request: pytest.FixtureRequest, tmp_path: Path, memory: Path) -> Path:
    if request.param == "by Qt":
        memory.rmdir()
    return tmp_path / "folder" / "settings.ini"


def test_changes_are_kept_and_written_over_what_others_wrote(path: Path, qtbot: QtBot) -> None:
    path.parent.mkdir()
    path.write_text("[window]\ntheme=dark\nzoom=3\nshown=true\n")
    settings = Settings(path)
    assert settings.value("window/theme") == "dark"
    assert settings.value("window/shown", False, type=bool) is True
    assert settings.value("none", 7) == 7
    recent = ["a.txt", "b, c.txt"]
    settings.setValue("recent", recent)
    recent.append("changed later")
    settings.setValue("window/geometry", QByteArray(b"\0\1"))
    settings.remove("window/zoom")
    assert settings.value("recent") == ["a.txt", "b, c.txt"]
    assert settings.value("window/zoom", "usual") == "usual"
    qtbot.waitUntil(lambda: "recent" in read(path))
    settings.setValue("window/theme", "light")
    settings.sync()
    wait_until_written()
    assert read(path) == {
        "recent": ["a.txt", "b, c.txt"],
        "window/geometry": QByteArray(b"\0\1"),
        "window/shown": "true",
        "window/theme": "light",
    }
    assert settings.status() == QSettings.Status.NoError
    wait_until_written()


def test_a_later_change_keeps_what_another_window_wrote(
    tmp_path: Path, memory: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.ini"
    settings = Settings(path)
    settings.setValue("mine", "1")
    settings.sync()
    wait_until_written()
    path.write_text("[General]\nmine=1\nother=2\n")
    wait_until_written()
    flushing: list[int] = []
    monkeypatch.setattr(os, "fsync", flushing.append)
    settings.setValue("mine", "3")
    settings.sync()
    wait_until_written()
    assert read(path) == {"mine": "3", "other": "2"}
    assert len(flushing) == 1
    assert not [*memory.iterdir()]


def test_nobody_waits_for_a_drive_that_is_slow_to_rename(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, replace = threading.Event(), Path.replace

    def slow(self: Path, target: Path) -> Path:
        assert busy.wait(30)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", slow)
    settings = Settings(tmp_path / "settings.ini")
    for key, value in (("one", "1"), ("two", "2")):
        settings.setValue(key, value)
        settings.sync()
        assert settings.value(key) == value
    busy.set()
    wait_until_written()
    assert read(tmp_path / "settings.ini") == {"one": "1", "two": "2"}


def test_where_it_cannot_be_written_the_status_says_so(path: Path, qtbot: QtBot) -> None:
    path.parent.write_text("no folder")
    settings = Settings(path)
    settings.setValue("mine", "1")
    settings.sync()
    qtbot.waitUntil(lambda: settings.status() != QSettings.Status.NoError)
    assert settings.value("mine") == "1"


@pytest.mark.skipif(os.name == "nt", reason="there Qt writes by itself, and keeps others out")
def test_two_windows_that_write_at_once_keep_both_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """Between reading and writing of the one, the other would have written."""
    path = tmp_path / "folder" / "settings.ini"
    first, second = Settings(path), Settings(path)
    put, waiting = module._put, list[threading.Thread]()

    def put_while_another_begins(settings: QSettings, changed: dict[str, object]) -> None:
        put(settings, changed)
        if not waiting:
            other = threading.Thread(target=second._write_beside, args=({"b": "2"},))
            waiting.append(other)
            other.start()
            other.join(0.05)

    monkeypatch.setattr(module, "_put", put_while_another_begins)
    first.setValue("a", "1")
    first.sync()
    wait_until_written()
    waiting[0].join()
    assert read(path) == {"a": "1", "b": "2"}
