"""Attention of anybody's model from a file: what opens, and what bad files are told."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.files.attention_file import (
    attention_of,
    read_attention,
    write_attention,
)
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.alignments.files import alignment_csv
from rnnviz.core.recognise import kind_of

ROWS = [[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]]


def written(path: Path, held: Any) -> Path:
    path.write_text(held if isinstance(held, str) else json.dumps(held), encoding="utf-8")
    return path


@pytest.fixture
def heads() -> np.ndarray:
    return np.stack([np.stack([np.array(ROWS, np.float32)] * 3)] * 2)


def test_json_with_tokens_and_with_sentences(tmp_path):
    for source, target in ((["le", "chat"], ["a", "b", "c"]), ("le chat", "a b c")):
        path = written(tmp_path / "w.json", {"source": source, "weights": ROWS, "target": target})
        assert kind_of(path) == "attention"
        maps = read_attention(path)
        assert (maps.source, maps.target) == (("le", "chat"), ("a", "b", "c"))
        assert maps.alignment().weights.tolist() == ROWS
        assert maps.notes == () and maps.title(0, 0) == ""


def test_weights_behind_very_many_tokens_are_found(tmp_path):
    tokens = ["token" * 20] * 2000
    held = {"tokens": tokens, "weights": np.eye(2000, dtype=int).tolist()}
    assert kind_of(written(tmp_path / "w.json", held)) == "attention"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_layers_and_heads_of_an_archive(tmp_path, heads, save):
    heads[1, 2] = 0.5
    tokens = {"source": np.array(["le", "chat"]), "target": np.array(list("abc"))}
    save(tmp_path / "w.npz", attentions=heads.astype(np.float16), **tokens)
    assert kind_of(tmp_path / "w.npz") == "attention"
    maps = read_attention(tmp_path / "w.npz")
    assert (maps.layers, maps.heads) == (2, 3)
    assert maps.alignment(1, 2).weights.tolist() == [[0.5, 0.5]] * 3
    assert maps.alignment(1, None).weights[0].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert maps.title(1, None) == "layer 2, mean of 3 heads"


def test_a_batch_of_one_is_taken_off_and_tensors_of_torch_are_read():
    torch = pytest.importorskip("torch")
    layers = [torch.full((1, 4, 2, 2), 0.5, requires_grad=True) for _ in range(3)]
    maps = attention_of(layers, "a b", "a b")
    assert (maps.layers, maps.heads) == (3, 4)
    assert attention_of(layers[0][0]).heads == 4


@pytest.mark.parametrize(
    "text",
    [
        ",le,chat\nthe,0.75,0.25\ncat,0.5,0.5\n",
        ";le;chat\r\nthe;0,75;0,25\r\ncat;0,5;0,5\r\n",
        "\tle\tchat\nthe\t0.75\t0.25\ncat\t0.5\t0.5\n",
        '\ufeff"",le,chat\nthe,0.75,0.25\ncat,0.5,0.5\n',
    ],
)
def test_tables_of_spreadsheets(tmp_path, text):
    path = written(tmp_path / "w.csv", text)
    assert kind_of(path) == "attention"
    maps = read_attention(path)
    assert maps.source == ("le", "chat") and maps.target == ("the", "cat")
    assert maps.alignment().weights.tolist() == ROWS[:2]


def test_what_is_saved_as_csv_opens_again(tmp_path):
    table = np.array([[0.1, 0.9], [0.3, 0.7]], np.float32)
    given = Alignment(("=1+1", "le"), ("-a", "b"), table)
    path = written(tmp_path / "w.csv", alignment_csv(given))
    found = read_attention(path).alignment()
    assert (found.source, found.target) == (given.source, given.target)
    assert np.array_equal(found.weights, given.weights)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[0.9, 0.4], [0.5, 0.5]], "1 of 2 rows do not add up to 1; the row of “c” (row 1) adds"),
        ([[1.2, -0.2], [0.5, 0.5]], "1 weight is negative, first -0.2 at “c” (row 1)"),
        ([[0.5, 0.5], [float("nan"), 1]], "1 weight is no numbers (NaN or infinity), first at “d”"),
    ],
)
def test_what_is_unusual_is_said_and_shown(tmp_path, rows, said):
    maps = read_attention(
        written(tmp_path / "w.json", {"weights": rows, "source": "a b", "target": "c d"})
    )
    assert len(maps.notes) == 1 and said in maps.notes[0]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"weights": ROWS, "source": "a b c", "target": "a b"}, "transpose the weights"),
        ({"weights": ROWS, "source": "a b c d"}, "2 source places (3 × 2, target × source)"),
        ({"weights": [[1, 0], [1]]}, "not equally long"),
        ({"weights": [[None, 1]]}, "holes (null)"),
        ({"weights": "hello"}, "no number"),
        ({"weights": [0.5, 0.5]}, "have 1 axes"),
        ({"weights": [[]]}, "are empty"),
        ({"weights": ROWS, "source": [1, 2]}, "no list of words"),
        ({"tokens": ["a"]}, "holds no weights"),
        ('{"weights": [[0.5,', "Expecting value"),
        ('{"weights":' + "[" * 100_000, "nested too deeply"),
        ({"weights": [[0.0] * 5001], "target": "a"}, "up to 5,000 can be shown"),
    ],
)
def test_bad_files_are_told_what_is_wrong(tmp_path, held, said):
    with pytest.raises(AlignmentError) as told:
        read_attention(written(tmp_path / "w.json", held))
    assert said in str(told.value)


def test_rows_of_a_table_that_are_cut_are_said(tmp_path):
    path = written(tmp_path / "w.csv", ",a,b\nc,0.5\n")
    with pytest.raises(AlignmentError, match="row 2 has 1 weights and the head 2"):
        read_attention(path)
    with pytest.raises(AlignmentError, match="row 2 holds 'x', which is no number"):
        read_attention(written(path, ",a,b\nc,0.5,x\n"))


@pytest.mark.parametrize("name", ["w.json", "w.csv", "w.npz"])
def test_a_sparse_file_of_a_terabyte_costs_nothing(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b'{"weights": [[1')
    os.truncate(path, 1 << 40)
    with pytest.raises(AlignmentError, match=r"larger than|zip|cannot read"):
        read_attention(path)


def test_an_archive_that_lies_about_its_size_or_holds_objects(tmp_path):
    header = io.BytesIO()
    claims = {"descr": "<f8", "fortran_order": False, "shape": (1 << 20, 1 << 20)}
    np.lib.format.write_array_header_1_0(header, claims)
    with zipfile.ZipFile(tmp_path / "lie.npz", "w") as archive:
        archive.writestr("weights.npy", header.getvalue())
    with pytest.raises(AlignmentError, match="announces"):
        read_attention(tmp_path / "lie.npz")
    np.savez(tmp_path / "o.npz", weights=np.eye(2), tokens=np.array(["a", None], object))
    with pytest.raises(AlignmentError, match="not unpickled"):
        read_attention(tmp_path / "o.npz")


@pytest.mark.parametrize("text", ["Hello, world\n", '{"title": "a story"}', "a,b\n1,2\n"])
def test_other_texts_stay_texts(tmp_path, text):
    for name in ("t.json", "t.csv"):
        assert kind_of(written(tmp_path / name, text)) == "text"


def test_what_is_shown_from_python_is_read_back(heads):
    path = write_attention(attention_of(heads, "le chat", "a b c", "my / heads"))
    maps = read_attention(path)
    assert np.array_equal(maps.weights, heads) and maps.source == ("le", "chat")
    assert maps.name == "my _ heads"


@pytest.mark.parametrize("name", ["attn", "cross_attentions", "attention_weights"])
@pytest.mark.parametrize(("source", "target"), [("src", "tgt"), ("source_tokens", "target_tokens")])
def test_other_names_of_weights_and_tokens(tmp_path, name, source, target):
    words: dict[str, Any] = {
        source: np.array(["le", "chat"]),
        target: np.array([b"a", b"b", "é".encode()]),
    }
    words[name] = np.array(ROWS)
    np.savez(tmp_path / "w.npz", **words)
    held = {name: ROWS, source: ["le", "chat"], target: ["a", "b", "é"]}
    for path in (tmp_path / "w.npz", written(tmp_path / "w.json", held)):
        assert kind_of(path) == "attention"
        maps = read_attention(path)
        assert (maps.source, maps.target) == (("le", "chat"), ("a", "b", "é"))


def test_an_archive_may_have_an_array_for_each_layer(tmp_path):
    held: dict[str, Any] = {
        f"layer{at}": np.full((4, 3, 2), at / 20, np.float32) for at in range(11)
    }
    held |= {"source": np.array(["le", "chat"]), "target": np.array(list("abc"))}
    np.savez(tmp_path / "w.npz", **held)
    assert kind_of(tmp_path / "w.npz") == "attention"
    maps = read_attention(tmp_path / "w.npz")
    assert (maps.layers, maps.heads) == (11, 4)
    assert [round(20 * float(layer.mean())) for layer in maps.weights] == list(range(11))


@pytest.mark.parametrize("number", ["9" * 5000, "\N{SUPERSCRIPT TWO}"])
def test_arrays_may_have_any_digits_in_their_names(number, tmp_path):
    held: dict[str, Any] = {name: np.full((3, 2), 0.5) for name in (f"a{number}", number)}
    np.savez(tmp_path / "w.npz", **held)
    assert read_attention(tmp_path / "w.npz").heads == 2
