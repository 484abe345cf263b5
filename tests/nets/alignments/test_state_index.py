"""The states in an index are those of each pair alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.core.alignments.state_index import StateIndex, unit_rows
from rnnviz.core.errors import TextError
from rnnviz.nets.alignments.sentences import force_target
from rnnviz.nets.alignments.state_index import index_states, spread
from tests.nets.alignments.small import small_translator

PAIRS = [("le chat dort .", "the cat sleeps ."), ("un chien", "a dog"), ("chat", "a cat .")]


@pytest.mark.parametrize("order", ["before", "after"])
def test_states_of_a_batch_are_those_of_each_pair_alone(tmp_path: Path, order: str) -> None:
    model = small_translator(order=order, attention="additive")
    assert index_states(model, PAIRS, tmp_path / "i") == 3
    index = StateIndex.read(tmp_path / "i")
    states: dict[str, list[np.ndarray]] = {"encoder": [], "decoder": []}
    for pair in index.pairs:
        alone = force_target(model, pair.source_text, pair.target_text)
        for side, rows in (("encoder", alone.translated.encoded), ("decoder", alone.chosen.hidden)):
            assert rows is not None
            states[side].append(rows.numpy())
    for side, found in states.items():
        wanted = unit_rows(np.concatenate(found)).astype(np.float32)
        np.testing.assert_allclose(index.rows[side].astype(np.float32), wanted, atol=2e-3)
    pair = next(pair for pair in index.pairs if pair.source_text == "un chien")
    assert (pair.source, pair.target) == (("un", "chien", "</s>"), ("a", "dog", "</s>"))


def test_pairs_that_are_too_long_are_left_out(tmp_path: Path) -> None:
    model = small_translator()
    assert index_states(model, [("chat " * 200, "cat"), ("chat", "cat")], tmp_path / "i") == 1
    with pytest.raises(TextError, match="no pair has 1 to 119 tokens"):
        index_states(model, [("chat " * 200, "cat")], tmp_path / "j")


def test_pairs_are_taken_from_all_over_a_corpus() -> None:
    pairs = [(str(n), str(n)) for n in range(101)]
    assert [a for a, _ in spread(pairs, 3)] == ["0", "50", "100"]
    assert spread(pairs[:2], 3) == pairs[:2]


def test_progress_tells_how_many_pairs_are_read(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    torch.manual_seed(0)
    index_states(
        small_translator(), PAIRS * 20, tmp_path / "i", lambda done, of: told.append((done, of))
    )
    assert told == [(32, 60), (60, 60)]
