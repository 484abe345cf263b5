"""One writer at a time, in this process and in others; and nothing is deleted under its hands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rnnviz.core.errors import Cancelled, RecordingError
from rnnviz.core.recordings.lock import remove_unless_written, writing

HOLDS = """
import sys
from pathlib import Path
from rnnviz.core.recordings.lock import writing
with writing(Path(sys.argv[1])):
    print("holds", flush=True)
    sys.stdin.read()
"""


def test_the_second_waits_for_the_first_and_may_give_up(tmp_path: Path) -> None:
    told: list[str] = []

    def waiting() -> None:
        told.append("waits")
        if len(told) == 3:
            raise Cancelled("enough")

    with writing(tmp_path / "walk"):
        with pytest.raises(Cancelled), writing(tmp_path / "walk", waiting):
            pytest.fail("two wrote at a time")
        assert told == ["waits"] * 3
    with writing(tmp_path / "walk", waiting):
        assert (tmp_path / "walk").is_dir()
    assert list((tmp_path / "walk").iterdir()) == [], "nothing of it is left in the recording"


def test_another_process_is_waited_for_and_one_that_was_killed_is_not(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"holds\n"
        assert not remove_unless_written(tmp_path)

        def waiting() -> None:
            other.kill()

        with writing(tmp_path, waiting):
            assert other.poll() is not None or other.wait(10) is not None


def test_who_waits_for_a_folder_that_is_deleted_gets_a_new_one(tmp_path: Path) -> None:
    walk = tmp_path / "walk"
    with writing(walk):
        (walk / "hidden.f16").write_bytes(b"..")
    assert remove_unless_written(walk)
    assert remove_unless_written(walk), "it is gone already"
    assert not walk.exists()
    with writing(walk):
        assert not (walk / "hidden.f16").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordingError, match="cannot write to"), writing(tmp_path / "file" / "x"):
        pytest.fail("it was made")
