"""What is said of how a text was read, whatever a step of it is."""

from __future__ import annotations

import numpy as np

from rnnviz.core.sequences.in_words import reading_in_words
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens


def _words(unknown: str = "", lacking: int = UNKNOWN_TOKEN) -> Tokens:
    text = Text.of("a wombat, a <unk>, a wombat and Zaphod")
    places = [(0, 1), (2, 8), (12, 17), (19, 20), (21, 27), (28, 31), (32, 38)]
    ids = np.array([1, lacking, 0, 1, lacking, 2, lacking], np.uint32)
    known = ("<unk>", "a", "and")
    return Tokens(ids, np.array(places), text, known, unknown=unknown)


def test_words_that_are_passed_over_are_counted() -> None:
    assert reading_in_words(_words().text, _words()) == (
        "3 of 7 words are unknown to the model, most of all 'wombat' (2), 'Zaphod' (1)"
    )


def test_words_read_as_the_symbol_for_them_are_counted_and_the_symbol_itself_is_not() -> None:
    read = _words("<unk>", lacking=0)
    assert reading_in_words(read.text, read) == (
        "3 of 7 words are unknown to the model, which reads <unk> for each of them, "
        "most of all 'wombat' (2), 'Zaphod' (1)"
    )


def test_nothing_is_said_where_all_is_known_or_no_network_reads() -> None:
    text = Text.of("a b")
    assert reading_in_words(text) == ""
    assert reading_in_words(text, text, ("a", "b", " ")) == ""


def test_capitals_are_known_to_a_network_that_reads_in_lower_case() -> None:
    text = Text.of("Hello 7").in_lower_case()
    assert reading_in_words(text, text, tuple(" ehlo")) == (
        "1 of 7 characters is unknown to the model, most of all '7' (1)"
    )
