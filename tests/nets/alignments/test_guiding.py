"""Links between words become links between pieces, and a loss that pulls attention there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnnviz.core.errors import TextError
from rnnviz.nets.alignments.aligning import align_pairs, shares_of
from rnnviz.nets.alignments.guiding import guided_loss, linked_pieces, piece_spans, word_links
from rnnviz.nets.alignments.tokenizers import KINDS, train_tokenizer
from tests.nets.alignments.small import small_translator

PAIRS = [
    ("Le chat dort, le chien aussi.", "The cat sleeps, the dog too."),
    ("J'ai vu l'école.", "I saw the school."),
    ("Où est le chat noir ?", "Where is the black cat?"),
]


@pytest.mark.parametrize("kind", ["words", "subwords"])
def test_the_pieces_of_linked_words_are_linked(kind: str) -> None:
    """Every piece of a word, and no other: read back, they are the words again."""
    source, target = (train_tokenizer(kind, [p[side] for p in PAIRS] * 5, 50) for side in (0, 1))
    ids = [(source.encode(a), target.encode(b)) for a, b in PAIRS]
    links = [{(1, 1), (7, 7)}, {(4, 3)}, {(3, 4), (4, 3)}] if kind == "subwords" else [{(1, 1)}] * 3
    spans = piece_spans((source, target), PAIRS, ids, links)
    assert [len(each) for each in spans] == [len(each) for each in links]
    if kind == "subwords":
        first, end, start, stop = spans[1][0]
        assert source.decode(ids[1][0][start:stop]) == "école"
        assert target.decode(ids[1][1][first:end]) == "school"
        read = {
            (source.decode(ids[2][0][start:stop]), target.decode(ids[2][1][first:end]))
            for first, end, start, stop in spans[2]
        }
        assert read == {("chat", "cat"), ("noir", "black")}


def test_a_pair_whose_characters_do_not_add_up_has_no_links() -> None:
    """And a link to a word that is not there is named."""
    tokenizer = train_tokenizer("subwords", [p[0] for p in PAIRS] * 5, 50)
    ids = [(tokenizer.encode(a), tokenizer.encode(a)) for a, _ in PAIRS]
    odd = [(a, a) for a, _ in PAIRS[:2]] + [("another sentence", PAIRS[2][0])]
    spans = piece_spans((tokenizer, tokenizer), odd, ids, [{(0, 0)}] * 3)
    assert [len(each) for each in spans] == [1, 1, 0]
    with pytest.raises(TextError, match="pair 2 name word 17"):
        piece_spans((tokenizer, tokenizer), odd, ids, [set(), {(17, 0)}, set()])


def test_the_loss_is_the_mean_of_minus_log_of_the_linked_weight() -> None:
    """By hand: one piece linked with two places, one with one, one with none."""
    weights = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [1.0, 0.0, 0.0]]])
    linked = linked_pieces([np.array([[0, 1, 0, 2], [1, 2, 2, 3]], np.int32)], 3, 3)
    assert linked.tolist() == [[[True, True, False], [False, False, True], [False] * 3]]
    expected = -(math.log(0.75) + math.log(0.1)) / 2
    assert float(guided_loss(weights, linked)) == pytest.approx(expected, abs=1e-6)
    assert float(guided_loss(weights, linked & False)) == 0.0


def test_the_gradient_of_the_loss_is_that_of_finite_differences() -> None:
    """Through the softmax, with a row that is not linked."""
    energies = torch.randn(1, 3, 4, dtype=torch.float64, requires_grad=True)
    linked = linked_pieces([np.array([[0, 1, 0, 2], [2, 3, 3, 4]], np.int32)], 3, 4)

    def loss(values: torch.Tensor) -> torch.Tensor:
        return guided_loss(values.softmax(dim=2), linked)

    (gradient,) = torch.autograd.grad(loss(energies), energies)
    step = 1e-2
    for place in ((0, 0, 1), (0, 2, 3), (0, 1, 1)):
        moved = [energies.detach().clone() for _ in range(2)]
        moved[0][place] += step
        moved[1][place] -= step
        slope = float(loss(moved[0]) - loss(moved[1])) / (2 * step)
        assert float(gradient[place]) == pytest.approx(slope, abs=2e-4)


def test_the_links_are_those_that_both_directions_have() -> None:
    """Of words in lower case with elisions cut off."""
    pairs = [(f"l'{a} {b}", f"the {a}x {b}x") for a in "bcdfg" for b in "hjklp"]
    for line in word_links(pairs):
        assert line == {(0, 0), (1, 1), (2, 2)}


def test_signs_that_stand_apart_cost_nothing_and_keep_their_places() -> None:
    """The tokenised text has the pieces of the usual one, and its words their own columns."""
    tokenizer = train_tokenizer("subwords", [p[0] for p in PAIRS] * 5, 50)
    apart, usual = "J' ai vu l' école .", "J'ai vu l'école."
    assert tokenizer.encode(apart) == tokenizer.encode(usual)
    words, shares = shares_of(tokenizer, apart, tokenizer.encode(apart))
    assert words == apart.split()
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert (shares.sum(axis=0) > 0).all()
    assert shares[-1].tolist() == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_widths_of_tokens_add_up_to_the_sentence(kind: str) -> None:
    """Unknown characters as well."""
    tokenizer = train_tokenizer(kind, [p[0] for p in PAIRS] * 5, 50)
    for text in ("le chat 猫猫 dort .", "l' école", "xyz !"):
        ids = tokenizer.encode(text)
        widths = tokenizer.widths(ids, text)
        assert len(widths) == len(ids)
        assert sum(widths) == len(text.replace(" ", ""))


def test_aligned_words_keep_distributions_as_rows() -> None:
    """Whatever the pieces."""
    (one,) = align_pairs(small_translator(seed=1), [("le chat dort .", "the cat sleeps .")])
    assert one is not None
    assert one.alignment.source == ("le", "chat", "dort", ".")
    assert (one.alignment.weights.sum(axis=1) <= 1 + 1e-5).all()
