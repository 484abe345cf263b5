"""Rows of numbers from files as people have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.files.number_files import read_table


def written(folder: Path, content: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("content", "columns", "first"),
    [
        ("a,b\n1,2\n3,4\n", ("a", "b"), [1, 2]),
        ("1,2\n3,4\n", ("column 1", "column 2"), [1, 2]),
        ("a\tb\n1\t2e-3\n", ("a", "b"), [1, 0.002]),
        ("a;b\n1,5;2\n", ("a", "b"), [1.5, 2]),
        ("1 2\n3 4\n", ("column 1", "column 2"), [1, 2]),
        ('"a, the first",b\n1,2\n', ("a, the first", "b"), [1, 2]),
        ("5\n6\n", ("column 1",), [5]),
    ],
)
def test_tables(tmp_path: Path, content: str, columns: tuple[str, ...], first: list[float]) -> None:
    table = read_table(written(tmp_path, content))
    assert table.columns == columns
    np.testing.assert_allclose(table.values[0], first)


def test_words_are_classes_and_a_column_tells_the_sequences(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "id,x,state\nA,1,up\nA,2,down\nB,3,up\n"))
    assert table.columns == ("x",)
    assert table.words == {"state": ("up", "down", "up")}
    assert list(table.documents) == [(0, 2), (2, 3)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n1\n", "line 3 of rows.csv has 1 columns and line 1 has 2"),
        ("a,b\n1,2\n1,\n3,4\n", "line 3, column b of rows.csv is ''"),
        ("a,b\n1,2\nnan,3\n3,4\n", "line 3, column a of rows.csv is 'nan'"),
        ("", "is empty"),
        ("a,b\n", "a header and no rows"),
        ("a,a\n1,2\n", "two columns of rows.csv are called 'a'"),
        ("up\ndown\n", "no column of numbers"),
        (f"a,b\n{'1' * 200_000},2\n", "line 2, column a of rows.csv is '1111"),
        ('a,b\n"1,2\n', "rows.csv is no CSV from line 2 on"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(TextError, match=said):
        read_table(written(tmp_path, content))


def test_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6).reshape(3, 2))
    assert read_table(tmp_path / "a.npy").columns == ("x1", "x2")
    np.savez(tmp_path / "b.npz", x=np.zeros((2, 3, 4)), y=np.array([0.5, 1.5]))
    table = read_table(tmp_path / "b.npz")
    assert list(table.documents) == [(0, 3), (3, 6)]
    assert table.outputs == ("y1",)
    assert table.values[:, 4].tolist() == [0.5] * 3 + [1.5] * 3
    np.save(tmp_path / "c.npy", np.array([[1.0, np.nan]]))
    with pytest.raises(TextError, match=r"row 1, column x2 of c\.npy is nan"):
        read_table(tmp_path / "c.npy")
    np.savez(tmp_path / "d.npz", x=np.zeros((5, 1)), y=np.zeros(4))
    with pytest.raises(TextError, match="unequal numbers of steps: x 5 and y 4"):
        read_table(tmp_path / "d.npz")
    np.save(tmp_path / "e.npy", np.array(["a", {}], object), allow_pickle=True)
    with pytest.raises(TextError, match="no numbers"):
        read_table(tmp_path / "e.npy")


def test_a_text_is_called_a_text(tmp_path: Path) -> None:
    path = tmp_path / "novel.txt"
    path.write_text("Chapter 1\n\nIt is a truth, universally acknowledged,\nthat a man\n")
    with pytest.raises(TextError, match=r"novel\.txt is a text and no table of numbers"):
        read_table(path)
