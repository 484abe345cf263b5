"""Weights with their tokens: entropy, coverage, links and words, each worked by hand."""

import numpy as np
import pytest

from rnnviz.core.alignments.alignment import Alignment, read_rows
from rnnviz.core.errors import AlignmentError


def made(rows, source=None, target=None) -> Alignment:
    weights = np.array(rows, np.float32)
    source = source or tuple(f"s{place}" for place in range(weights.shape[1]))
    target = target or tuple(f"t{place}" for place in range(weights.shape[0]))
    return Alignment(tuple(source), tuple(target), weights)


def test_weights_must_fit_their_tokens():
    with pytest.raises(AlignmentError, match=r"2 target and 3 source tokens.*found 3 × 2"):
        Alignment(("a", "b", "c"), ("x", "y"), np.zeros((3, 2), np.float32))


def test_weights_are_read_only_and_not_shared():
    weights = np.ones((1, 1), np.float32)
    alignment = Alignment(("a",), ("x",), weights)
    weights[0, 0] = 5
    assert alignment.weights[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        alignment.weights[0, 0] = 2


def test_entropy_by_hand():
    # -(0.5 log2 0.5 + 2 * 0.25 log2 0.25) = 0.5 + 1 = 1.5
    alignment = made([[0.5, 0.25, 0.25, 0], [1, 0, 0, 0], [0.25] * 4])
    assert alignment.entropy_bits().tolist() == pytest.approx([1.5, 0, 2])


def test_entropy_of_a_row_without_weight_is_unknown():
    assert np.isnan(made([[0.0, 0.0]]).entropy_bits()).all()


def test_coverage_by_hand():
    assert made([[0.7, 0.3], [0.5, 0.5]]).coverage().tolist() == pytest.approx([1.2, 0.8])


def test_heaviest_weights_make_the_share():
    alignment = made([[0.6, 0.4], [0.9, 0.1]])
    # 0.9 + 0.6 = 1.5 of 2 is three quarters.
    assert alignment.heaviest(0.75).tolist() == [[True, False], [True, False]]
    assert alignment.heaviest(0.76).tolist() == [[True, True], [True, False]]
    assert alignment.heaviest(1.0).all()
    assert not alignment.heaviest(0.0).any()


LINKED = [[0.8, 0.2, 0.0], [0.6, 0.1, 0.3], [0.1, 0.2, 0.7]]


@pytest.mark.parametrize(
    ("direction", "links"),
    [
        ("target", {(0, 0), (0, 1), (2, 2)}),
        ("source", {(0, 0), (1, 0), (2, 2)}),
        ("both", {(0, 0), (2, 2)}),
        ("either", {(0, 0), (0, 1), (1, 0), (2, 2)}),
        ("threshold", {(0, 0), (0, 1), (2, 2)}),
    ],
)
def test_links_by_hand(direction, links):
    assert made(LINKED).links(direction, 0.5) == links


def test_sentence_marks_get_no_links():
    alignment = made([[0.1, 0.9], [0.2, 0.8]], ["a", "</s>"], ["x", "</s>"])
    assert alignment.links("target") == {(0, 0)}


def test_pieces_become_words():
    alignment = made(
        [[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.3, 0.2, 0.5]],
        ["▁gr", "ey", "▁cat"],
        ["▁chat", "▁gr", "is"],
    )
    words = alignment.by_word()
    assert (words.source, words.target) == (("grey", "cat"), ("chat", "gris"))
    # grey = gr + ey; gris = mean of its two pieces: (0.9 + 0.5) / 2 and (0.1 + 0.5) / 2.
    assert words.weights.tolist() == pytest.approx(np.array([[0.75, 0.25], [0.7, 0.3]]))


def test_whole_words_stay_as_they_are():
    alignment = made(LINKED)
    assert alignment.by_word() is alignment


def test_no_tokens_are_no_trouble():
    empty = Alignment((), (), np.zeros((0, 0), np.float32))
    assert empty.links("either") == frozenset()
    assert empty.entropy_bits().shape == empty.coverage().shape == (0,)
    assert empty.heaviest(0.9).shape == (0, 0)
    assert empty.by_word() is empty


@pytest.mark.parametrize("content", [b"", b"no table at all", b"\x93NUMPY\x01\x00v\x00{"])
def test_a_damaged_table_is_refused(tmp_path, content):
    path = tmp_path / "weights.npy"
    path.write_bytes(content)
    with pytest.raises(AlignmentError, match=r"weights\.npy"):
        read_rows(path)


def test_a_table_of_objects_is_never_unpickled(tmp_path):
    path = tmp_path / "weights.npy"
    np.save(path, np.array([[print]], dtype=object), allow_pickle=True)
    with pytest.raises(AlignmentError, match="cannot read"):
        read_rows(path)
