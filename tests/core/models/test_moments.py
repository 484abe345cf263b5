"""Checkpoints of one training are told from files that lie beside each other by chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_folder import model_file_in
from rnnviz.core.models.moments import moments_beside, moments_of


def written(folder: Path, *names: str, size: int = 1000) -> list[Path]:
    for name in names:
        (folder / name).write_bytes(bytes(size))
    return [folder / name for name in names]


@pytest.mark.parametrize(
    ("names", "steps"),
    [
        (["checkpoint_8000.t7", "checkpoint_1000.t7", "checkpoint_17800.t7"], [1000, 8000, 17800]),
        (["weights.01-1.23.h5", "weights.02-1.07.h5", "weights.10-0.93.h5"], [1, 2, 10]),
        (["lstm2-epoch3.pt", "lstm2-epoch4.pt"], [3, 4]),
    ],
)
def test_a_training_is_its_steps_in_order(names: list[str], steps: list[int], tmp_path: Path) -> None:
    files = written(tmp_path, *names)
    assert [one.step for one in moments_of(files)] == steps
    assert moments_beside(files[0]) == moments_beside(tmp_path) == moments_of(files)
    assert model_file_in(tmp_path) == moments_of(files)[-1].path


def test_other_files_beside_it_are_none_of_it(tmp_path: Path) -> None:
    files = written(tmp_path, "step-100.pt", "step-200.pt", "best.pt", "notes.txt")
    assert [one.path.name for one in moments_beside(files[1])] == ["step-100.pt", "step-200.pt"]
    assert moments_beside(files[2]) == ()
    with pytest.raises(ModelFileError, match="holds 3 models"):
        model_file_in(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ["model-00001-of-00002.pt", "model-00002-of-00002.pt"],
        ["one.pt"],
        ["a1-b2.pt", "a2-b2.pt", "a1-b3.pt"],
    ],
)
def test_shards_and_single_files_are_no_training(names: list[str], tmp_path: Path) -> None:
    assert moments_of(written(tmp_path, *names)) == ()


def test_a_history_that_grows_does_not_matter(tmp_path: Path) -> None:
    for step, size in ((1000, 1977), (8000, 2145), (17800, 2381)):  # as torch-rnn writes them
        written(tmp_path, f"checkpoint_{step}.t7", size=size)
        written(tmp_path, f"checkpoint_{step}.json", size=step)
    assert model_file_in(tmp_path).name == "checkpoint_17800.t7"
    assert [one.step for one in moments_beside(tmp_path)] == [1000, 8000, 17800]


def test_networks_of_other_sizes_are_no_training(tmp_path: Path) -> None:
    files = [*written(tmp_path, "layers1.pt"), *written(tmp_path, "layers2.pt", size=1900)]
    assert moments_of(files) == ()
    assert moments_beside(tmp_path / "gone" / "a1.pt") == ()
