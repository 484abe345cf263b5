"""A window opens also where nothing of it can be kept, and says what is not."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rnnviz.core.system import personal_folders
from rnnviz.core.system.personal_folders import PersonalFolders
from rnnviz.core.system.places import HOME_VARIABLE


def test_where_all_can_be_written_nothing_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    folders = PersonalFolders.usable()
    home = tmp_path / "home"
    assert folders == (home / "config", home / "cache", home / "data", home / "log", "", None)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_a_home_that_is_a_file_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))
    folders = PersonalFolders.usable()
    for said in (
        "New settings, findings, concepts and crash records will",
        "temporary",
        "Not a directory",
    ):
        assert said in folders.lacking
    assert folders.stand_in is not None and folders.cache == folders.stand_in
    assert folders.cache.stat().st_mode & 0o77 == 0, "nobody else looks into it"
    assert folders.data == tmp_path / "file" / "data", "what lies there would be read"
    folders.close()
    assert not folders.cache.exists()


def test_a_full_disk_is_noticed_though_it_makes_empty_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    assert "No space left on device" in PersonalFolders.usable().lacking


def test_where_one_folder_alone_fails_the_others_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "log").write_text("a file in its place")
    folders = PersonalFolders.usable()
    assert folders.lacking.startswith("New crash records will not be kept.")
    assert folders.stand_in is None
    assert folders.config.is_dir()


def test_without_even_a_temporary_folder_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Path:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    (tmp_path / "home").write_text("")
    monkeypatch.setattr(personal_folders, "temporary_folder", fails)
    folders = PersonalFolders.usable()
    assert "settings, recordings, findings" in folders.lacking
    assert folders.stand_in is None
