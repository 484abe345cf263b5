"""Files that cannot be trained on are known before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.training_texts import problem_with

CONFIG = TrainingConfig(batch=8, held_out=0.1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "a.txt is empty"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x03\x00" * 300, "holds zero bytes: it is no text file"),
        ("It was a dark night. ".encode("utf-16-le") * 20, "a.txt looks like UTF-16 without"),
        (b"ten letter", "the text leaves at most 9 characters to train on; 8 streams need"),
    ],
)
def test_what_cannot_be_trained_on_is_said(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert why in problem_with([path], CONFIG)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_texts_of_every_encoding_may_be(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("It was a dark night. " * 20, encoding=encoding)
    assert problem_with([path], CONFIG) == ""


def test_several_files_are_long_enough_together(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path in paths:
        path.write_text("fifteen letters")
    assert problem_with(paths, CONFIG) == ""
    assert "at most 13" in problem_with(paths[:1], CONFIG)
    assert problem_with([tmp_path], CONFIG) == f"{tmp_path.name} is no file; choose a text"
    assert "cannot be read: No such file" in problem_with([tmp_path / "c.txt"], CONFIG)
    assert problem_with([], CONFIG) == ""
