"""Health: a planted fault of each kind is found, and a good alignment is left in peace."""

import numpy as np
import pytest

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.health import health_of, row_difference


def diagonal(size: int, sharpness: float = 0.9) -> np.ndarray:
    weights = np.full((size, size), (1 - sharpness) / (size - 1))
    np.fill_diagonal(weights, sharpness)
    return weights


def aligned(weights, source=None, target=None) -> Alignment:
    count = np.shape(weights)
    source = source or [f"s{place}" for place in range(count[1])]
    target = target or [f"t{place}" for place in range(count[0])]
    return Alignment(tuple(source), tuple(target), np.array(weights, np.float32))


def test_a_good_alignment_has_nothing_to_say():
    health = health_of(aligned(diagonal(6)))
    assert (health.warnings, health.alarm) == ((), "")
    assert not health.dead


def test_rows_that_differ_by_a_billionth_are_dead_attention():
    noise = np.random.default_rng(0).uniform(-1e-9, 1e-9, (8, 8))
    health = health_of(aligned(np.tile([0.02] * 7 + [0.86], (8, 1)) + noise))
    assert health.dead
    assert "Attention does nothing" in health.warnings[0]
    assert "“s7”" in health.warnings[0]
    assert health.skipped == ()


def test_uniform_rows_are_dead_too():
    health = health_of(aligned(np.full((5, 9), 1 / 9)))
    assert health.dead
    assert "every word looks everywhere alike" in health.warnings[0]
    assert health.warnings[0].startswith(health.alarm)


def test_rows_that_differ_a_little_but_look_everywhere():
    weights = np.full((6, 6), 0.14) + np.eye(6) * 0.16
    health = health_of(aligned(weights))
    assert not health.dead
    assert health.warnings[0].startswith("Nearly uniform")


def test_the_end_mark_alone_does_not_bring_attention_to_life():
    weights = np.tile([0.9, 0.1], (5, 1))
    weights[-1] = [0.1, 0.9]
    assert health_of(aligned(weights, target=["a", "b", "c", "d", "</s>"])).dead


def test_one_row_or_one_column_tells_nothing():
    assert np.isnan(row_difference(aligned([[0.5, 0.5]])))
    assert not health_of(aligned([[1.0], [1.0]])).dead
    assert health_of(aligned(np.zeros((0, 0)))).warnings == ()


def test_a_skipped_word_is_named_and_punctuation_is_not():
    weights = diagonal(4, 0.85)[:2]
    health = health_of(aligned(weights, source=["the", "old", "cat", "."]))
    assert health.skipped == (2,)
    assert any("“cat”" in warning for warning in health.warnings)


def test_a_word_skipped_by_all_may_still_be_covered_so_the_bound_is_said():
    weights = [[0.15, 0.8, 0.05], [0.15, 0.05, 0.8]] * 2
    health = health_of(aligned(weights, source=["the", "old", "cat"]))
    assert np.isclose(health.coverage[0], 0.6)
    assert "No target word gives 20 % of its weight or more to “the”" in " ".join(health.warnings)


def test_a_word_written_again_from_the_same_place_is_named():
    weights = [[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.1, 0.9]]
    health = health_of(aligned(weights, target=["très", "bon", "très", "grand"]))
    assert [(repeat.first, repeat.again, repeat.source) for repeat in health.repeated] == [
        (0, 2, 0)
    ]
    assert any("“très”" in warning for warning in health.warnings)


def test_the_same_word_from_two_places_is_no_mistake():
    weights = diagonal(2)
    assert health_of(aligned(weights, target=["la", "la"])).repeated == ()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_said(value):
    weights = diagonal(3)
    weights[1] = value
    health = health_of(aligned(weights))
    assert "no numbers" in health.warnings[0] and np.isnan(health.difference)
