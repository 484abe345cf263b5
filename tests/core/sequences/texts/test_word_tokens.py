"""Words of the world's texts, where one looks for them and where a concept counts in them."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.concepts import label_blocks
from rnnviz.core.concepts.prose import POSITION_IN_WORD
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.word_tokens import word_spans, words_of

TEXTS = {
    "l\u2019été, col·lecció": ["l\u2019été", ",", "col·lecció"],
    "Donau\u00addampf\u00adschiff faehrt": ["Donau\u00addampf\u00adschiff", "faehrt"],
    "\u05e6\u05d4\"\u05dc \u05d2\u05f3\u05d5\u05e8\u05d2\u05f3 \u05d3\u05f4\u05e8": [
        "\u05e6\u05d4\"\u05dc", "\u05d2\u05f3\u05d5\u05e8\u05d2", "\u05f3", "\u05d3\u05f4\u05e8",
    ],
    "\u200f\u05e9\u05dc\u05d5\u05dd\u200e a": ["\u05e9\u05dc\u05d5\u05dd", "a"],
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u200b\u0e04\u0e23\u0e31\u0e1a": [
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0e04\u0e23\u0e31\u0e1a",
    ],
    "\u0645\u06cc\u200c\u062e\u0648": ["\u0645\u06cc\u200c\u062e\u0648"],
    "say \"no\"": ["say", "\"", "no", "\""],
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_that_people_see(text: str) -> None:
    assert [text[start:stop] for start, stop in word_spans(text).tolist()] == TEXTS[text]
    assert not any(unseen in "".join(words_of(text)) for unseen in "\u00ad\u200b\u200f")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [1, 3, 99])
def test_a_position_is_counted_in_these_words(text: str, size: int) -> None:
    made = Text.of(text)
    labels = np.concatenate([part for _, part in label_blocks(POSITION_IN_WORD, made, size)])
    expected = np.full(len(text), np.nan)
    for start, stop in word_spans(text).tolist():
        if text[start].isalnum():
            expected[start:stop] = np.arange(stop - start)
    np.testing.assert_array_equal(labels, expected)
