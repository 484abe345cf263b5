"""How far attention agrees with effects, and how two alignments differ."""

import math

import numpy as np
import pytest

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.difference import difference
from rnnviz.core.alignments.trust import agreement, in_words, kendall_tau, row_agreement


def test_tau_by_hand_with_and_without_ties():
    # 1 2 3 4 against 1 3 2 4: five pairs agree, one does not.
    assert kendall_tau(np.array([1, 2, 3, 4.0]), np.array([1, 3, 2, 4.0])) == pytest.approx(4 / 6)
    # 1 1 2 against 1 2 3: two of three pairs agree, one is tied in the first.
    tied = kendall_tau(np.array([1, 1, 2.0]), np.array([1, 2, 3.0]))
    assert tied == pytest.approx(2 / math.sqrt(2 * 3))
    assert kendall_tau(np.array([3, 2, 1.0]), np.array([1, 2, 3.0])) == -1
    assert math.isnan(kendall_tau(np.ones(4), np.arange(4.0)))


def test_tau_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(1)
    for _ in range(30):
        a, b = random.integers(0, 5, (2, 9)).astype(float)
        right = stats.kendalltau(a, b).statistic
        assert kendall_tau(a, b) == pytest.approx(right, nan_ok=True)


def test_places_without_a_number_do_not_count():
    a, b = np.array([1, np.nan, 2, 3.0]), np.array([1, 9.0, 2, 3])
    assert kendall_tau(a, b) == 1


def test_the_agreement_of_chance_is_nothing_and_a_planted_one_is_found():
    random = np.random.default_rng(0)
    weights = random.dirichlet(np.ones(12), 200).astype(np.float32)
    source, target = tuple(map(str, range(12))), tuple(map(str, range(200)))
    by_chance = random.normal(0, 1, weights.shape).astype(np.float32)
    assert abs(agreement(weights, by_chance, source, target)) < 0.05
    signs = random.choice([-1, 1], weights.shape)
    assert agreement(weights, (weights * signs).astype(np.float32), source, target) == 1


def test_ends_of_sentences_do_not_count():
    weights = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]], np.float32)
    effects = np.array([[1, 2, 3, -9], [1, 2, 3, 4]], np.float32)
    source = ("a", "b", "c", "</s>")
    assert row_agreement(weights, effects, source).tolist() == [1, -1]
    assert agreement(weights, effects, source, ("x", "</s>")) == 1
    assert math.isnan(agreement(weights[:, :2], effects[:, :2], source[:2], ("x", "y")))


def test_it_is_said_in_words():
    assert "erasing the weight 0.82" in in_words({"erased": 0.824, "gradient": math.nan})
    assert "too short" in in_words({"erased": math.nan})


def test_changed_words_and_weights_are_found():
    old = Alignment(("le", "chat", "dort"), ("the", "cat", "sleeps"), np.eye(3, dtype=np.float32))
    weights = np.array([[0.8, 0.2, 0], [0, 1, 0], [0, 0, 1], [0, 0.05, 0.95]], np.float32)
    new = Alignment(("le", "chien", "dort"), ("the", "big", "dog", "sleeps"), weights)
    found = difference(new, old)
    assert found.new_rows == {1, 2} and found.new_columns == {1}
    assert found.changed == {(0, 0)}
    assert found.values[0, 0] == pytest.approx(-0.2) and math.isnan(found.values[0, 1])
    assert found.values[3, 2] == pytest.approx(-0.05)
    assert found.words == (
        "2 target words changed, 1 source word changed, 1 weight differs by 0.1 or more."
    )


def test_nothing_differs_from_itself():
    same = Alignment(("a",), ("b",), np.ones((1, 1), np.float32))
    assert difference(same, same).words == "No weight differs by 0.1 or more."
