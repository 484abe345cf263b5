"""Tokens as people read them, and which of them form a word."""

import pytest

from rnnviz.core.alignments.words.tokens import (
    runs_right_to_left,
    sentence_of,
    shown_token,
    word_groups,
    word_of,
)


@pytest.mark.parametrize(
    ("token", "drawn"),
    [("a\x1b[31m", "a␛[31m"), ("\u202eabc", "\ufffdabc"), ("שלום", "שלום"), ("é", "é")],
)
def test_nothing_in_a_token_steers_the_screen(token, drawn):
    assert shown_token(token) == drawn


def test_a_long_token_is_cut():
    assert len(shown_token("x" * 500)) == 41


def test_marks_stand_alone_among_pieces():
    tokens = ["<s>", "▁gr", "ey", "</s>"]
    assert word_groups(tokens) == ((0, 1), (1, 3), (3, 4))


def test_pieces_that_go_on():
    assert sentence_of(["gr@@", "ey", "cat"]) == "grey cat"


def test_characters_are_words_of_their_own():
    assert word_groups(list("1 May")) == tuple((place, place + 1) for place in range(5))


def test_which_way_a_sentence_runs():
    assert runs_right_to_left(["שלום", "OK"])
    assert not runs_right_to_left(["hello", "12"])


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["▁a", "chat", "."], ["achat", "."]),
        (["▁don", "'", "t", "?", "!"], ["don't", "?", "!"]),
        (["▁l", "'", "éc", "ole", ",", "▁oui"], ["l'école", ",", "oui"]),
        (["▁«", "oui", "»", "</s>"], ["«", "oui", "»", "</s>"]),
        (["▁3", ".", "5", "."], ["3.5", "."]),
        (["▁", "¿", "Qu", "é", "?"], ["¿", "Qué", "?"]),
        (["▁<", "b", "▁x"], ["<", "b", "x"]),
    ],
)
def test_signs_at_the_edge_of_a_word_are_words_of_their_own(
    pieces: list[str], words: list[str]
) -> None:
    """And those inside a word or a number are not."""
    assert [word_of(pieces[start:stop]) for start, stop in word_groups(pieces)] == words
