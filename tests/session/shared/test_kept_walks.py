"""Which recordings go when the cache is full."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnviz.core.recordings.lock import writing
from rnnviz.session.shared import kept_walks


def folder(cache: Path, name: str, day: int, file: str = "recording.json") -> Path:
    made = cache / name
    made.mkdir(parents=True)
    (made / file).write_bytes(b"." * 100)
    os.utime(made, (day * 86_400, day * 86_400))
    return made


def test_the_oldest_recordings_go_and_what_is_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_walks, "KEPT_BYTES", 250)
    shown = folder(tmp_path, "shown", 1)
    old = folder(tmp_path, "old", 2)
    live = folder(tmp_path, f"live-{os.getpid()}-follow-1", 3)
    fields = folder(tmp_path, "gradients", 4, "field.npz")
    new = folder(tmp_path, "new", 5)
    kept_walks.make_room(tmp_path, 100, shown)
    assert not old.exists()
    assert all(one.exists() for one in (shown, live, fields, new))


def test_a_cache_that_is_not_there_yet_has_room(tmp_path: Path) -> None:
    kept_walks.make_room(tmp_path / "none", 100, None)


def test_what_is_being_written_just_now_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_walks, "KEPT_BYTES", 50)
    walking, idle = folder(tmp_path, "walking", 1), folder(tmp_path, "idle", 2)
    with writing(walking):
        kept_walks.make_room(tmp_path, 100, None)
        assert walking.exists()
        assert not idle.exists()
    kept_walks.make_room(tmp_path, 100, None)
    assert not walking.exists()
