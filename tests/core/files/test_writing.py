"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.writing import (
    alone_in,
    replacing,
    save_file,
    wait_until_flushed,
    write_atomically,
)


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a mapped file where it is")
def test_whoever_has_mapped_the_old_file_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "mapped"
    write_atomically(path, b"old content")
    mapped = np.memmap(path, np.uint8, mode="r")
    with replacing(path) as beside:
        beside.write_bytes(b"new")
    assert bytes(mapped) == b"old content"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["n" * 255, "\u4e2d" * 85, "a\nb", "-o", "a b"])
def test_any_name_that_a_file_may_have_can_be_written(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, b"whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"whole")]


def test_without_waiting_the_file_is_there_while_the_drive_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = threading.Event()
    flushed: list[tuple[int, str]] = []

    def slow(descriptor: int) -> None:
        assert busy.wait(20)
        flushed.append((os.fstat(descriptor).st_size, threading.current_thread().name))

    monkeypatch.setattr(os, "fsync", slow)
    for words in (b"one", b"four"):
        write_atomically(tmp_path / "kept", words, wait=False)
        assert (tmp_path / "kept").read_bytes() == words
    assert not flushed, "nobody waited"
    busy.set()
    wait_until_flushed()
    assert flushed == [(3, "flushing"), (4, "flushing")]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_a_person_had_stays_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("of last week")
    path.chmod(0o640)

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as at_work:
        at_work.setattr(Path, "write_bytes", full)
        with pytest.raises(RnnvizError, match=r"cannot write .*table\.csv: No space left"):
            save_file(path, "of today")
    assert path.read_text() == "of last week"
    assert list(tmp_path.iterdir()) == [path]
    save_file(path, "half of a pair: \ud83d")
    assert path.read_text() == "half of a pair: ?"
    assert path.stat().st_mode & 0o777 == 0o640


def test_where_a_pipe_lies_in_the_place_of_a_folder_nobody_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with alone_in(tmp_path / "pipe"):
        pass


def test_links_pipes_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    save_file(tmp_path / "link", b"one")
    save_file(tmp_path / "link", b"two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"two"
    (tmp_path / "null").symlink_to("/dev/null")
    save_file(tmp_path / "null", b"three")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(RnnvizError, match="cannot write"):
        save_file(tmp_path, b"a folder")


def test_what_did_not_reach_the_disk_is_told_at_the_next_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    write_atomically(tmp_path / "kept", b"one", wait=False)
    wait_until_flushed()
    monkeypatch.undo()
    with pytest.raises(OSError, match="Input/output"):
        write_atomically(tmp_path / "kept", b"two", wait=False)
    write_atomically(tmp_path / "kept", b"three", wait=False)
    wait_until_flushed()
    assert (tmp_path / "kept").read_bytes() == b"three"
