"""A new run never takes the place of another."""

from pathlib import Path

from rnnviz.core.runs.directory.free_directory import free_directory


def test_a_new_run_never_takes_the_place_of_another(tmp_path: Path) -> None:
    first = free_directory(tmp_path, "War/Peace: 1")
    assert first == tmp_path / "War-Peace- 1"
    first.mkdir()
    assert free_directory(tmp_path, "War/Peace: 1") == tmp_path / "War-Peace- 1-2"
    assert free_directory(tmp_path, " ..") == tmp_path / "run"
