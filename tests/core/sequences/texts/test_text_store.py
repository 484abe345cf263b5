"""A text that another process laid out is the same text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.text_store import lay_out, map_text


@pytest.mark.parametrize(
    "content", ["plain\ntext\n", "a\rb\r", "é and\nœ", "\U0001f600\n\nx", "\n"]
)
def test_it_comes_back_as_it_was(content: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(content, encoding="utf-8")
    laid = tmp_path / "laid"
    text, read = map_text(path, laid, *lay_out(path, laid)), Text.read(path)
    assert str(text) == content.replace("\r", "\n")
    assert (text.name, text.path, text.how) == (read.name, read.path, read.how)
    assert text.codes.dtype == read.codes.dtype
    np.testing.assert_array_equal(text.line_starts, read.line_starts)
    assert text.line_of(len(content) - 1) == read.line_of(len(content) - 1)


def test_what_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"no\.txt"):
        lay_out(tmp_path / "no.txt", tmp_path / "laid")
    (tmp_path / "text.txt").write_text("abc")
    width, _ = lay_out(tmp_path / "text.txt", tmp_path / "laid")
    (tmp_path / "laid" / "lines.npy").unlink()
    with pytest.raises(TextError, match="cannot be read again"):
        map_text(tmp_path / "text.txt", tmp_path / "laid", width)
