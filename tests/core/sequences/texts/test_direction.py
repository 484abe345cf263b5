"""Words from a text in a sentence turn nothing round, and right-to-left letters are noticed."""

from __future__ import annotations

import pytest

from rnnviz.core.sequences.in_words import reading_in_words
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.direction import holds_right_to_left, isolated, quoted


@pytest.mark.parametrize("text", ["\u05d0", "ab \u0644", "\U00010900", "a\u202eb"])
def test_right_to_left_letters_are_noticed(text: str) -> None:
    assert holds_right_to_left(Text.of(text).codes)
    assert "from left to right" in reading_in_words(Text.of(text), Text.of(text), tuple(set(text)))


@pytest.mark.parametrize(
    "text", ["", "plain", "\u4e2d\u6587", "e\u0301", "\U0001f600", "\u0939\u093f"]
)
def test_other_scripts_need_no_word(text: str) -> None:
    assert not holds_right_to_left(Text.of(text).codes)
    assert reading_in_words(Text.of(text), Text.of(text), tuple(set(text))) == ""
    assert isolated(text) == text


def test_a_word_in_a_sentence_is_isolated() -> None:
    sentence = f"most on {quoted(chr(0x644))} 1 before"
    assert sentence == "most on \u2068'\u0644'\u2069 1 before"
    assert isolated("\u0644\u202e") == "\u2068\u0644\ufffd\u2069"
