"""Between the tokens of a model and the words of a file: character by character."""

import numpy as np
import pytest

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.words.given_words import in_given_words, places_of_words, shares_of_text


def test_pieces_and_a_sign_that_stands_apart():
    tokens = ("▁à", "▁to", "us", ".", "</s>")
    assert places_of_words(tokens, "à tous .") == ((0,), (1, 2), (3,))


def test_a_curved_apostrophe_and_a_decomposed_letter_are_the_same_characters():
    tokens = ("▁l'", "homme", "▁é", "gal", "</s>")
    assert places_of_words(tokens, "l’ homme e\u0301gal") == ((0,), (1,), (2, 3))


def test_another_text_has_no_places():
    assert places_of_words(("▁le", "▁chat"), "le chien") is None
    assert in_given_words(Alignment(("a",), ("b",), np.ones((1, 1), np.float32)), "a", "bc") is None


def test_a_token_over_two_words_is_shared_by_their_characters():
    found = shares_of_text(("l'homme", "</s>"), "l' homme")
    assert found is not None
    assert found.tolist() == [[pytest.approx(2 / 7), pytest.approx(5 / 7)], [0, 0]]


def test_rows_are_means_and_columns_sums():
    weights = np.array([[0.5, 0.3, 0.2], [0.1, 0.7, 0.2], [0.0, 0.0, 1.0]], np.float32)
    given = in_given_words(
        Alignment(("▁ch", "at", "</s>"), ("▁c", "at", "</s>"), weights), "chat", "cat"
    )
    assert given is not None
    assert given.source == ("chat",) and given.target == ("cat",)
    assert given.weights.tolist() == [[pytest.approx((0.5 + 0.3 + 0.1 + 0.7) / 2)]]
