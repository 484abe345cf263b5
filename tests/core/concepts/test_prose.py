"""Concepts of running text, each on a few hand-labelled lines."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.concepts.prose import (
    INSIDE_PARENTHESES,
    POSITION_IN_LINE,
    POSITION_IN_WORD,
    SENTENCE_START,
    UPPER_CASE_WORD,
)
from rnnviz.core.concepts.quotes import INSIDE_QUOTES
from tests.core.concepts.drawing import check


def test_a_quote_runs_from_the_opening_mark_to_before_the_closing_one() -> None:
    check(
        INSIDE_QUOTES,
        """
> He said "hi". "No!"
=         ^^^   ^^^^
""",
    )


def test_a_quote_goes_on_over_the_lines_of_a_paragraph() -> None:
    check(
        INSIDE_QUOTES,
        """
> "Well," he said, "one
= ^^^^^^           ^^^^^
> two" and three
= ^^^
""",
    )


def test_a_missing_quote_ends_with_its_paragraph() -> None:
    check(
        INSIDE_QUOTES,
        """
> "One never closed
= ^^^^^^^^^^^^^^^^^^
>
> "two" three
= ^^^^
""",
    )


def test_typographic_quotes() -> None:
    check(
        INSIDE_QUOTES,
        """
> So \u201cyes\u201d, and \u201cno
=    ^^^^       ^^^^
>
> three\u201d four
""",
    )


def test_parentheses_may_be_nested_and_end_with_their_paragraph() -> None:
    check(
        INSIDE_PARENTHESES,
        """
> 1) a (b (c) d) e (f
=      ^^^^^^^^    ^^^
>
> g
""",
    )


def test_position_in_line_starts_at_zero_after_each_newline() -> None:
    check(
        POSITION_IN_LINE,
        """
> abc
= 0123
>
= 0
> de
= 012
""",
    )


def test_position_in_word_applies_to_words_only() -> None:
    check(
        POSITION_IN_WORD,
        """
> I don't, 'quote' me 42
= 0.01234...01234..01.01.
""",
    )


def test_a_sentence_starts_with_the_space_before_its_first_letter() -> None:
    check(
        SENTENCE_START,
        """
> One. Two? "Three!" Four (Five.) six. seven
= ^   ^^   ^^^      ^^
> Mr. Bennet
>
> yes
>
> "No!"
= ^^
""",
    )


def test_words_in_upper_case_have_two_capitals_and_no_small_letter() -> None:
    check(
        UPPER_CASE_WORD,
        """
> I DON'T See NASA, A MAX_LEN x2Y B52C
=   ^^^^^     ^^^^    ^^^ ^^^     ^^^^
""",
    )


@pytest.mark.parametrize("word", ["\u00c9T\u00c9", "\u041c\u0418\u0420"])
def test_upper_case_beyond_ascii(word: str) -> None:
    assert UPPER_CASE_WORD.label(word).all()


def test_positions_count_beyond_any_line_length() -> None:
    labels = POSITION_IN_LINE.label("x" * 100_000)
    np.testing.assert_array_equal(labels, np.arange(100_000, dtype=np.float32))


HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940 \u092e\u093f\u0924\u094d\u0930"
PERSIAN = "\u0628\u0686\u0647\u200c\u0647\u0627 \u0645\u06cc"


@pytest.mark.parametrize("words", [HINDI, PERSIAN, "e\u0301te\u0301 a\u0300"])
def test_marks_and_joiners_belong_to_their_word(words: str) -> None:
    labels = POSITION_IN_WORD.label(words)
    blank = words.index(" ")
    assert labels[:blank].tolist() == list(range(blank))
    assert np.isnan(labels[blank])
    assert labels[blank + 1 :].tolist() == list(range(len(words) - blank - 1))


def test_a_mark_on_nothing_is_no_word() -> None:
    assert np.isnan(POSITION_IN_WORD.label("\u0301 \u2764\ufe0f .\u200d")).all()
