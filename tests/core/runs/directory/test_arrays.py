"""Rows of side files: what is there, what is not there yet, and what must not be read."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.runs.directory.arrays import RowReader
from rnnviz.core.runs.record import ArrayRow


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no drive that stalls."""
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 20.0)


def test_rows_are_read_when_they_are_whole(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "norms.f32"
    values = np.arange(12, dtype="<f4")
    path.write_bytes(values[:9].tobytes())
    reader = RowReader(tmp_path / "run")
    first, second = (ArrayRow(step, "norms.f32", step, (2, 3)) for step in range(2))
    found = reader.read(first)
    assert found is not None
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert reader.known(first)
    assert reader.read(second) is None
    path.write_bytes(values.tobytes())
    again = reader.read(second)
    assert again is not None
    assert again[1, 2] == 11


def test_a_run_names_only_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "secret").write_bytes(b"\0" * 64)
    reader = RowReader(tmp_path / "run")
    for file, row, shape in (
        ("../secret", 0, (1, 2)),
        ("missing.f32", 0, (1, 2)),
        ("../secret", 0, (0, 2)),
        ("../secret", -1, (1, 2)),
        ("../secret", 0, (1 << 20, 1 << 20)),
    ):
        assert reader.read(ArrayRow(0, file, row, shape)) is None


def stalled_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Six numbers on a drive that answers once this event is set."""
    (folder / "norms.f32").write_bytes(np.arange(6, dtype="<f4").tobytes())
    answers, read = threading.Event(), RowReader._read

    def stalled(reader: RowReader, row: ArrayRow) -> object:
        answers.wait(20)
        return read(reader, row)

    monkeypatch.setattr(RowReader, "_read", stalled)
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 0.001)
    return answers


def test_rows_on_a_drive_that_stalls_come_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = stalled_rows(tmp_path, monkeypatch)
    reader, row = RowReader(tmp_path), ArrayRow(0, "norms.f32", 0, (2, 3))
    assert reader.read(row) is None
    assert not reader.load([row])
    assert reader.waits_seconds > 0
    answers.set()
    deadline = time.monotonic() + 20
    while (found := reader.read(row)) is None and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    assert found is not None
    assert found.shape == (2, 3)


def test_rows_asked_for_while_others_are_read_are_read_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = stalled_rows(tmp_path, monkeypatch)
    reader = RowReader(tmp_path)
    first, second = (ArrayRow(step, "norms.f32", step, (1, 3)) for step in range(2))
    assert not reader.load([first])
    answers.set()
    deadline = time.monotonic() + 20
    while not reader.load([second]) and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    assert reader.known(first)
    assert reader.known(second)


def test_rows_that_are_drawn_together_stay_when_room_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.core.runs.directory.arrays._MOST_KEPT_BYTES", 20)
    (tmp_path / "norms.f32").write_bytes(np.arange(9, dtype="<f4").tobytes())
    reader = RowReader(tmp_path)
    rows = [ArrayRow(step, "norms.f32", step, (1, 3)) for step in range(3)]
    assert reader.load(rows[:2])
    assert reader.load(rows)
    assert all(reader.kept(row) is not None for row in rows)
