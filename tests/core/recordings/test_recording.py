"""The writer of recordings: what readers see while it writes, and a disk that is too small."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.recording import TOP, Recording, RecordingWriter, size_bytes
from rnnviz.core.sequences.text import Text

TEXT = Text.of("abcab", "a text")


def write(writer: RecordingWriter, start: int, stop: int) -> None:
    """Characters start to stop of a recording of 2 x 3 units: unit n holds 10 n + t at t."""
    t = np.arange(start, stop)
    values = 10.0 * np.arange(6)[:, None] + t
    top = np.tile(np.arange(TOP), (len(t), 1))
    writer.write(start, {"hidden": values, "cell": -values}, t / 2, top, top / 10)


def test_readers_see_what_is_complete(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden", "cell"])
    recording = Recording(tmp_path)
    assert recording.walked == 0
    write(writer, 0, 3)
    assert (recording.walked, recording.complete) == (3, False)
    assert recording.values("hidden", 4).tolist() == [40, 41, 42, 0, 0]
    write(writer, 3, 5)
    assert recording.complete
    assert recording.rows("cell")[5].tolist() == [-50, -51, -52, -53, -54]
    assert recording.surprisal.tolist() == [0, 0.5, 1, 1.5, 2]
    assert recording.top_ids[4].tolist() == [0, 1, 2, 3, 4]
    assert recording.layer_and_unit(4) == (1, 1)
    assert str(recording.text) == "abcab"


def test_the_size_is_known_before(tmp_path: Path) -> None:
    RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden", "cell"])
    arrays = [*tmp_path.glob("*.f16"), *tmp_path.glob("*.u32")]
    codes = (tmp_path / "text.codes").stat().st_size
    stored = sum(path.stat().st_size for path in arrays)
    assert stored + codes <= size_bytes(5, 6, 2) <= stored + 4 * codes


def test_refuses_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=100))
    with pytest.raises(RecordingError, match=r"needs 0\.0 GB and .* has 0\.0 GB free"):
        RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden"])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot write to"):
        RecordingWriter(tmp_path / "file" / "inside", TEXT, "abc", 2, 3, ["hidden"])


def test_a_recording_that_was_cut_is_refused(tmp_path: Path) -> None:
    RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden"])
    (tmp_path / "hidden.f16").write_bytes(b"1234")
    with pytest.raises(RecordingError, match="holds 4 bytes instead of 60; walk the text again"):
        Recording(tmp_path)


def test_a_walk_that_was_given_up_leaves_its_successor_alone(tmp_path: Path) -> None:
    folder = tmp_path / "same"
    abandoned = RecordingWriter(folder, TEXT, "abc", 2, 3, ["hidden", "cell"])
    shutil.rmtree(folder)
    RecordingWriter(folder, TEXT, "abc", 2, 3, ["hidden", "cell"])
    write(abandoned, 0, 5)
    assert Recording(folder).walked == 0


@pytest.mark.parametrize(
    ("field", "value"), [("length", -5), ("layers", 0), ("units", -3), ("code_width", 3)]
)
def test_a_description_that_makes_no_sense_is_refused(
    tmp_path: Path, field: str, value: int
) -> None:
    RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden"])
    path = tmp_path / "recording.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(RecordingError, match=f"is damaged: .*{field}"):
        Recording(tmp_path)


def test_a_disk_that_fills_up_meanwhile_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RecordingError, match="the disk is full"):
        RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden"])


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the files of an open recording")
def test_an_open_recording_outlives_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    write(RecordingWriter(folder, TEXT, "abc", 2, 3, ["hidden", "cell"]), 0, 4)
    recording = Recording(folder)
    shutil.rmtree(folder)
    assert recording.walked == 4
    assert recording.values("hidden", 1)[:4].tolist() == [10, 11, 12, 13]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the files of an open recording")
def test_walking_again_leaves_an_open_recording_alone(tmp_path: Path) -> None:
    write(RecordingWriter(tmp_path, TEXT, "abc", 2, 3, ["hidden", "cell"]), 0, 5)
    recording = Recording(tmp_path)
    RecordingWriter(tmp_path, Text.of("ab"), "abc", 2, 3, ["hidden", "cell"])
    assert recording.complete
    assert recording.rows("cell")[5].tolist() == [-50, -51, -52, -53, -54]
    assert str(recording.text) == "abcab"
