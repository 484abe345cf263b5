"""Names of files for whatever people name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnviz.core.files.names import file_name_for

NAMES = ["plain", "and/or", "..\\x", "小明" * 60, "小明" * 61, "a" * 300, "a" * 301, "\ud800"]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_a_file_of_its_own(name: str, tmp_path: Path) -> None:
    path = tmp_path / f".labels-{file_name_for(name)}.npy.123456-139999999999999.part"
    path.write_text(name, encoding="utf-8", errors="surrogatepass")
    assert path.parent == tmp_path
    assert sum(file_name_for(other) == file_name_for(name) for other in NAMES) == 1
