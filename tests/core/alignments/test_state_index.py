"""The pairs whose states are most alike to one state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.alignments.state_index import (
    IndexedPair,
    StateIndex,
    marked_sentence,
    unit_rows,
    write_index,
)
from rnnviz.core.errors import AlignmentError

PAIRS = (
    IndexedPair(("le", "chat", "</s>"), ("cat", "</s>"), "le chat", "cat"),
    IndexedPair(("un", "</s>"), ("a", "</s>"), "un", "a"),
    IndexedPair(("le", "chat", "</s>"), ("kitty", "</s>"), "le chat", "kitty"),
)
ENCODER = np.array([[1, 0], [3, 4], [0, 1], [5, 12], [-1, 0], [1, 0], [3, 4], [0, 1]], np.float32)


@pytest.fixture
def index(tmp_path: Path) -> StateIndex:
    decoder = unit_rows(np.eye(6, 3, dtype=np.float32))
    write_index(tmp_path / "i", PAIRS, {"encoder": unit_rows(ENCODER), "decoder": decoder})
    return StateIndex.read(tmp_path / "i")


def test_the_likest_state_of_each_sentence_comes_first(index: StateIndex) -> None:
    found = index.nearest("encoder", np.array([6.0, 8.0], np.float32))
    assert [(near.pair, near.place) for near in found] == [(PAIRS[0], 1), (PAIRS[1], 0)]
    cosines = [near.cosine for near in found]
    assert cosines == pytest.approx([1.0, (3 * 5 + 4 * 12) / 65], abs=1e-3)
    (only,) = index.nearest("encoder", np.array([-2.0, 0.0], np.float32), count=1)
    assert (only.pair, only.place) == (PAIRS[1], 1)


def test_a_state_of_zeros_or_of_another_width_is_near_to_none(index: StateIndex) -> None:
    assert index.nearest("encoder", np.zeros(2, np.float32)) == []
    assert index.nearest("encoder", np.ones(3, np.float32)) == []
    assert len(index.nearest("decoder", np.ones(3, np.float32))) == 2


def test_an_index_that_is_gone_or_cut_is_refused(index: StateIndex, tmp_path: Path) -> None:
    np.save(tmp_path / "i" / "encoder.npy", unit_rows(ENCODER[:-1]))
    with pytest.raises(AlignmentError, match="7 states of the encoder and its pairs 8 tokens"):
        StateIndex.read(tmp_path / "i")
    (tmp_path / "i" / "pairs.json").write_text("[")
    with pytest.raises(AlignmentError, match="cannot read the index"):
        StateIndex.read(tmp_path / "i")


def test_the_word_of_a_state_stands_between_what_is_before_and_after_it() -> None:
    tokens = ("\u2581the", "\u2581gr", "ey", "\u2581cat", ".", "</s>")
    assert marked_sentence(tokens, 1) == ("the ", "grey", " cat .")
    assert marked_sentence(tokens, 5) == ("the grey cat . ", "end", "")
