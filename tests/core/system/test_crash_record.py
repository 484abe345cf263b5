"""A process that ends without a word leaves where it stood; one that ends well leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnnviz.core.system.crash_record import CrashRecord, crashed_before

ROOT = Path(__file__).parents[3]


def lived(folder: Path, *lines: str) -> int:
    """The exit code of a process that keeps such a record and then does this."""
    code = (
        "import os, pathlib, sys",
        "from rnnviz.core.system.crash_record import CrashRecord",
        "record = CrashRecord(pathlib.Path(sys.argv[1]))",
        *lines,
    )
    return subprocess.run(
        [sys.executable, "-c", "\n".join(code), folder],
        cwd=ROOT, check=False, capture_output=True, timeout=60,
    ).returncode  # fmt: skip


def test_a_crash_leaves_where_it_stood_and_is_told_once(tmp_path: Path) -> None:
    code = lived(tmp_path, "def deep():\n    os.abort()", "deep()")
    assert code < 0
    (found,) = crashed_before(tmp_path)
    told = found.read_text()
    assert told.startswith("rnnviz ")
    assert "Fatal Python error: Aborted" in told
    assert "in deep" in told
    assert crashed_before(tmp_path) == []
    assert found.exists(), "it stays for the person"


def test_who_ends_well_or_is_killed_leaves_nothing(tmp_path: Path) -> None:
    assert lived(tmp_path, "record.close()") == 0
    assert list(tmp_path.iterdir()) == []
    lived(tmp_path, "os.kill(os.getpid(), 9)")
    assert len(list(tmp_path.iterdir())) == 1
    assert crashed_before(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_defect_is_kept_but_is_no_crash(tmp_path: Path) -> None:
    assert lived(tmp_path, "record.note('KeyError: 3')", "record.close()") == 0
    (kept,) = tmp_path.iterdir()
    assert "KeyError: 3" in kept.read_text()
    assert crashed_before(tmp_path) == []


def test_a_window_that_lives_keeps_its_record(tmp_path: Path) -> None:
    mine = tmp_path / f"window-{os.getpid()}.txt"
    mine.write_text("Fatal Python error: of an earlier process of this number")
    assert crashed_before(tmp_path) == []
    mine.rename(tmp_path / f"window-{os.getpid()}-before.txt")
    assert len(crashed_before(tmp_path)) == 1


def test_the_records_stay_few(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"crash-20260101-0000{number:02}-1.txt").touch()
    crashed_before(tmp_path)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 20
    assert kept[-1] == "crash-20260101-000039-1.txt"


def test_a_folder_that_takes_no_file_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = CrashRecord(tmp_path / "missing")
    assert record.path is None
    record.note("nothing happens")
    record.close()
    assert crashed_before(tmp_path / "missing") == []
