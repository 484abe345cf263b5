"""Words, subwords and characters: there and back, whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription
from rnnviz.nets.alignments.tokenizers import (
    KINDS,
    WordTokenizer,
    clean,
    tokenizer_of,
    train_tokenizer,
)

LINES = [
    "Le chat dort, le chien aussi.",
    "J'ai vu le chat noir et le chien blanc !",
    "Où est l'école ? Elle est là-bas.",
] * 5
TOKENIZERS = {kind: train_tokenizer(kind, LINES, 80) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_comes_back(kind: str) -> None:
    """And the tokens as they are shown are as many as the ids."""
    tokenizer = TOKENIZERS[kind]
    line = "le chat noir dort, le chien aussi."
    ids = tokenizer.encode(line)
    assert tokenizer.decode(ids) == line
    assert len(tokenizer.shown(ids, line)) == len(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_the_description_makes_the_same_tokenizer_again(kind: str) -> None:
    """Vocabulary and tokenizer live in the model file."""
    again = tokenizer_of(TOKENIZERS[kind].description)
    assert again.encode(LINES[2]) == TOKENIZERS[kind].encode(LINES[2])
    assert again.description.tokens[: len(SPECIAL)] == SPECIAL


@pytest.mark.parametrize("kind", KINDS)
@given(line=st.text(max_size=60))
def test_whatever_is_typed_has_tokens(kind: str, line: str) -> None:
    """Mixed scripts, right-to-left text, control characters: ids within the vocabulary."""
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode(line)
    assert all(0 <= i < len(tokenizer.description.tokens) for i in ids)
    assert len(tokenizer.shown(ids, line)) == len(ids)
    tokenizer.decode(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_word_is_shown_as_it_stood(kind: str) -> None:
    """Though the model only sees that it is unknown."""
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode("le 猫 dort")
    assert UNKNOWN_ID in ids
    assert "猫" in "".join(tokenizer.shown(ids, "le 猫 dort"))


def test_cleaning_leaves_one_line_of_composed_characters() -> None:
    """Tabs and newlines are spaces; e and its accent become one."""
    assert clean(" a\tb\n\x00c  e\u0301 ") == "a b c é"
    assert clean("ÉTÉ", lower=True) == "été"


def test_what_cannot_be_a_tokenizer_is_refused() -> None:
    """Too few sentences, unknown kinds, damage."""
    with pytest.raises(TextError, match="choose a smaller vocabulary"):
        train_tokenizer("subwords", ["ab"], 4000)
    with pytest.raises(TextError, match="they may be words"):
        train_tokenizer("syllables", LINES, 80)
    with pytest.raises(TextError, match="hold no words"):
        train_tokenizer("words", ["  "], 80)
    with pytest.raises(ModelFileError, match="unknown here"):
        tokenizer_of(TokenizerDescription(kind="x", tokens=SPECIAL))
    with pytest.raises(ModelFileError, match="damaged"):
        tokenizer_of(TokenizerDescription(kind="subwords", tokens=SPECIAL, model="AAAA"))


@pytest.mark.parametrize(
    "words",
    [
        ["\u0939\u093f\u0928\u094d\u0926\u0940", "\u0926\u094b", "\u0964"],
        ["\u0643\u064e\u062a\u064e\u0628\u064e", "."],
        ["\u0628\u0686\u0647\u200c\u0647\u0627", "\u0645\u06cc"],
        ["well-known", "it's", "e\u0316", "-", "!"],
    ],
)
def test_marks_belong_to_the_words_that_carry_them(words: list[str]) -> None:
    tokenizer = WordTokenizer.trained([" ".join(words)], 99)
    assert tokenizer.shown(tokenizer.encode(" ".join(words))) == words
