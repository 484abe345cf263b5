"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.files.writing import replacing, write_atomically


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
