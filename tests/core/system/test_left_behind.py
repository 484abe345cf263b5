"""What a killed process leaves is removed; what anybody uses, or is not ours, stays."""

import os
import stat
import subprocess
import sys

from rnnviz.core.system.left_behind import remove_left_behind, temporary_folder


def gone_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_temporary_folder_is_private_and_named_by_its_process(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = temporary_folder()
    assert made.name.startswith(f"rnnviz-{os.getpid()}-")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert remove_left_behind(tmp_path) == []


def test_only_what_a_dead_process_left_is_removed(tmp_path):
    gone, other = gone_process(), tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    left = [f"live-{gone}-1", f"live-{gone}-text-2", f"alignments-{gone}-1", f"rnnviz-{gone}-abc"]
    left += [f"stage-{gone}-7", f"rnnviz-{gone}-deleted-1"]
    for name in left:
        (tmp_path / name).mkdir()
        (tmp_path / name / "values.f16").write_bytes(b"1234")
    kept = [f"live-{os.getpid()}-1", "live-words", "a1b2c3", f"rnnviz-{gone}", f"other-{gone}-1"]
    for name in kept:
        (tmp_path / name).mkdir()
    (tmp_path / f"live-{gone}-file").touch()
    (tmp_path / f"live-{gone}-link").symlink_to(other)
    assert {path.name for path in remove_left_behind(tmp_path, tmp_path / "nowhere")} == set(left)
    assert all((tmp_path / name).exists() for name in kept)
    assert (other / "file").exists()


def test_a_number_that_another_process_has_now_keeps_nothing(tmp_path):
    folder = tmp_path / f"live-{os.getpid()}-1"
    folder.mkdir()
    os.utime(folder, (1e9, 1e9))
    assert remove_left_behind(tmp_path) == [folder]
