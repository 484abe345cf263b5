"""A run goes on from whatever folder, and where it and its texts were moved to."""

import shutil

import pytest

from rnnviz.cli import main
from rnnviz.core.runs.directory.config import read_config
from tests.nets.small import random_text

SMALL = ["--layers", "1", "--units", "4", "--steps", "3", "--batch", "2", "--sequence-length", "5",
         "--threads", "1", "--temperatures", "0.8"]  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a text and a run that was started there by relative paths."""
    monkeypatch.setattr("rnnviz.nets.training_tasks.characters.CharacterTask.sampled", 5)
    folder = tmp_path / "project"
    (folder / "texts").mkdir(parents=True)
    (folder / "texts" / "novel.txt").write_text(random_text(300))
    monkeypatch.chdir(folder)
    assert main(["train", "texts/novel.txt", "-o", "runs/novel", *SMALL]) == 0
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_run_started_by_a_relative_path_goes_on_from_another_folder(project, capsys):
    assert read_config(project / "runs" / "novel").texts == (str(project / "texts" / "novel.txt"),)
    assert main(["train", "--resume", str(project / "runs" / "novel")]) == 0
    assert "novel: 3 steps" in capsys.readouterr().out


def test_a_run_and_its_texts_may_be_moved_together(project, tmp_path):
    project.rename(tmp_path / "moved")
    assert main(["train", "--resume", str(tmp_path / "moved" / "runs" / "novel")]) == 0


def test_a_copy_of_the_text_beside_the_run_does(project, tmp_path, capsys):
    text = project / "texts" / "novel.txt"
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(project / "runs" / "novel", elsewhere / "novel")
    text.rename(elsewhere / "novel.txt")
    assert main(["train", "--resume", str(elsewhere / "novel")]) == 0
    (elsewhere / "novel.txt").write_text("another text " * 40)
    assert main(["train", "--resume", str(elsewhere / "novel")]) == 1
    assert "has changed since the run began" in capsys.readouterr().err
    (elsewhere / "novel.txt").unlink()
    assert main(["train", "--resume", str(elsewhere / "novel")]) == 1
    assert f"cannot read {text}: No such file" in capsys.readouterr().err


def test_a_run_of_an_earlier_version_knows_its_text_by_where_one_stood(project, tmp_path):
    description = project / "runs" / "novel" / "run.json"
    said = (
        description.read_text().replace(f"{project}/texts", "texts").replace('"directory"', '"x"')
    )
    description.write_text(said)
    assert main(["train", "--resume", str(project / "runs" / "novel")]) == 0
