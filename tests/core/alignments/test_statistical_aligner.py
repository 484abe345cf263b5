"""The statistical aligner: a step by hand, a dictionary that was planted, and what chance gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnviz.core.alignments.links import Links, corpus_agreement
from rnnviz.core.alignments.statistical_aligner import (
    FIRST_TENSION,
    NULL_PROBABILITY,
    BothWays,
    _Direction,
    _table,
    align_words,
    diagonal,
    digamma,
    grow_diag_final_and,
)
from rnnviz.core.errors import AlignmentError


def planted(
    count: int = 400, seed: int = 0
) -> tuple[list[tuple[list[str], list[str]]], list[Links]]:
    """Sentences of words w0..w59, each translated word for word, half with a swap."""
    draw = np.random.default_rng(seed)
    pairs, gold = [], []
    for _ in range(count):
        source = draw.choice(60, size=int(draw.integers(3, 10)), replace=False)
        order = np.arange(len(source))
        if draw.random() < 0.5:
            place = int(draw.integers(len(source) - 1))
            order[[place, place + 1]] = order[[place + 1, place]]
        pairs.append(([f"w{i}" for i in source], [f"x{source[i]}" for i in order]))
        gold.append(Links.of((int(i), j) for j, i in enumerate(order)))
    return pairs, gold


def test_one_step_is_what_is_worked_out_by_hand() -> None:
    """One pair of two words and one: only the prior knows anything at first.

    The target word stands at j/m = 1, the source words at i/n = 1/2 and 1, so that the prior is
    e^(-λ/2) : 1 with λ = 4. All t are 1, and so no word gets 0.08.
    """
    direction = _Direction(_table([(["a", "b"], ["x"])]), turned=False)
    near, far = 1 / (1 + math.exp(-2)), math.exp(-2) / (1 + math.exp(-2))
    counts = [0.92 * far, 0.92 * near]
    scores, null, _ = direction._scores(direction.table.blocks[0])
    assert scores.ravel() == pytest.approx(counts)
    assert null.ravel() == pytest.approx([NULL_PROBABILITY])
    direction.improve()
    # Each source word makes one target word: digamma(c + α) - digamma(c + α) = 0, t stays 1.
    assert direction.chance == pytest.approx([1.0, 1.0])
    # Expected is what was found, a first step of the tension goes nowhere.
    assert direction.tension == pytest.approx(FIRST_TENSION)


def test_counts_become_chances_by_the_sparse_prior() -> None:
    """Two pairs: "a" makes x and y, and what it makes more often is likelier than its share."""
    pairs = [(["a"], ["x"])] * 3 + [(["a"], ["y"])]
    direction = _Direction(_table(pairs), turned=False)
    direction.improve()
    x, y = 3 * 0.92 + 0.01, 0.92 + 0.01
    whole = digamma(np.array([x + y]))[0]
    expected = np.exp(digamma(np.array([x, y])) - whole)
    assert direction.chance == pytest.approx(expected)
    assert direction.chance[0] / direction.chance[1] > 3


def test_digamma_has_its_known_values() -> None:
    """Minus Euler's constant at 1, and ψ(x + 1) = ψ(x) + 1/x far down."""
    assert digamma(np.array([1.0]))[0] == pytest.approx(-0.5772156649, abs=1e-9)
    small, next_one = digamma(np.array([0.01, 1.01]))
    assert next_one - small == pytest.approx(100, abs=1e-6)


def test_a_planted_dictionary_is_found() -> None:
    """Though half of the sentences have two neighbours the other way round."""
    pairs, gold = planted()
    found = [both.links("intersection") for both in align_words(pairs)]
    assert corpus_agreement(found, gold).error_rate < 0.02
    straight = [diagonal(len(source), len(target)) for source, target in pairs]
    assert corpus_agreement(straight, gold).error_rate > 0.08


def test_scrambled_pairs_are_aligned_no_better_than_by_chance() -> None:
    """Each source with the target of another pair: what is left is the diagonal, not the words."""
    pairs, _ = planted(800)
    targets = [target for _, target in pairs]
    scrambled = [
        (source, target)
        for (source, _), target in zip(pairs, targets[1:] + targets[:1], strict=True)
    ]
    same = total = 0
    for (source, target), both in zip(scrambled, align_words(scrambled), strict=True):
        for i, j in both.links("intersection"):
            same += source[i][1:] == target[j][1:]
            total += 1
    # Sixty words: one link in sixty joins a word to its translation by chance.
    assert total > 500
    assert same / total < 0.05


def test_words_without_a_counterpart_stay_alone_and_empty_sides_have_no_links() -> None:
    """A word that stands in every sentence for nothing gets hardly any link."""
    pairs, _ = planted()
    with_noise = [(source, [*target, "euh"]) for source, target in pairs]
    found = align_words([*with_noise, ([], ["x1"]), (["w1"], [])])
    linked = sum(
        any(j == len(target) - 1 for _, j in both.links("intersection"))
        for (_, target), both in zip(with_noise, found, strict=False)
    )
    assert linked < 0.2 * len(with_noise)
    assert found[-2].links() == found[-1].links() == frozenset()
    with pytest.raises(AlignmentError, match="nothing to align"):
        align_words([([], ["a"])])


def test_both_ways_become_one_set_of_links() -> None:
    """The example of Koehn's lectures in small: the intersection grows along its neighbours."""
    both = BothWays(forward=(0, 1, 1, -1), backward=(0, 1, 3))
    assert both.links("forward") == {(0, 0), (1, 1), (1, 2)}
    assert both.links("backward") == {(0, 0), (1, 1), (2, 3)}
    assert both.links("intersection") == {(0, 0), (1, 1)}
    assert both.links("union") == {(0, 0), (1, 1), (1, 2), (2, 3)}
    # (1, 2) lies beside (1, 1); (2, 3) beside (1, 2), and then both of its words have none.
    assert both.links("grow-diag-final-and") == {(0, 0), (1, 1), (1, 2), (2, 3)}
    # Far from every chosen one, of words that have none: the last step takes it. (0, 5) it leaves.
    far = grow_diag_final_and({(0, 0), (0, 5), (4, 4)}, {(0, 0)})
    assert far == {(0, 0), (4, 4)}
