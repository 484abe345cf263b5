"""Attention in tables of text, in the ways in which people write them."""

import numpy as np
import pytest

from rnnviz.core.alignments.files.attention_file import read_attention
from rnnviz.core.alignments.files.attention_table import is_attention_table, read_table
from rnnviz.core.files.reading import DamagedFileError
from rnnviz.core.recognise import kind_of

SOURCE, TARGET = ["the", "cat", "the"], ["le", "le", "chat", "chat"]
ROWS = [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.125, 0.125, 0.75], [1.0, 0.0, 0.0]]


def table(corner: str | None, mark: str = ",") -> str:
    head = SOURCE if corner is None else [corner, *SOURCE]
    rows = [[token, *map(str, row)] for token, row in zip(TARGET, ROWS, strict=True)]
    return "".join(mark.join(row) + "\n" for row in [head, *rows])


@pytest.mark.parametrize("corner", ["", "target", "target/source", None])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_corner_may_be_empty_named_or_missing(tmp_path, corner, mark):
    path = tmp_path / "weights.csv"
    path.write_text(table(corner, mark), encoding="utf-8")
    assert kind_of(path) == "attention"
    maps = read_attention(path)
    assert (list(maps.source), list(maps.target)) == (SOURCE, TARGET)
    assert maps.alignment().weights.tolist() == ROWS


@pytest.mark.parametrize("index", [False, True])
def test_a_row_a_weight_with_layers_and_heads(tmp_path, index):
    weights = np.random.default_rng(1).random((2, 3, 4, 3)).round(3)
    rows = [",Layer,head,target,source,weight"[0 if index else 1 :]]
    for number, (layer, head, t, s) in enumerate(np.ndindex(2, 3, 4, 3)):
        value = f"{layer},{head},{TARGET[t]},{SOURCE[s]},{weights[layer, head, t, s]}"
        rows.append(f"{number},{value}" if index else value)
    path = tmp_path / "tidy.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    assert kind_of(path) == "attention"
    maps = read_attention(path)
    assert maps.weights.shape == (2, 3, 4, 3)
    assert (list(maps.source), list(maps.target)) == (SOURCE, TARGET)
    assert np.allclose(maps.weights, weights)


@pytest.mark.parametrize(
    "other",
    [
        "date,price,volume\n2020,1.5,0.5\n2021,1,0\n",
        "text,label\nA film,0\nAnother,1\n",
        "x,y\n0.5,0.5\n0.25,0.75\n",
        "word,count\nthe,1\nof,1\n",
        "It was, he said, late.\nNobody came.\n",
        "",
    ],
)
def test_other_tables_are_none(other):
    assert not is_attention_table(other.encode())


def test_weights_that_are_not_in_order_are_refused():
    held = b"target,source,weight\na,x,1\nb,x,0\na,y,1\nb,y,0\n"
    with pytest.raises(DamagedFileError, match="not in order"):
        read_table(held)


def test_tokens_may_be_quotes_marks_and_line_ends():
    held = b',"\n","a,b",""""\r\n"\n",0.5,0.25,0.25\r\n"""",1,0,0\r\n'
    assert read_table(held) == {
        "weights": [[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]],
        "source": ["\n", "a,b", '"'],
        "target": ["\n", '"'],
    }
    # What the first bytes of a file show may end within such a token.
    assert all(is_attention_table(held[:end]) for end in range(len(held) - 8, len(held)))
    with pytest.raises(DamagedFileError, match="no CSV from line 2 on"):
        read_table(b',a,b\n"x,1,0\ny,0,1\n')
