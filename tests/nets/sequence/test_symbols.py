"""Tokens stand where they stood in the text, in any script."""

from __future__ import annotations

import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.nets.sequence.symbols.reader import SymbolReader

TEXTS = ["It’s a  FILM, really!", "नमस्ते दुनिया", "Noe\u0308l est là.", "a b a b", "film film"]


@pytest.mark.parametrize("unit", ["words", "subwords", "characters"])
def test_every_token_has_its_place(unit: str) -> None:
    tokenizer = SymbolReader.trained(unit, TEXTS * 20, 60, lower=True)
    for text in TEXTS:
        ids, spans = tokenizer.cut(text)
        assert len(ids) == len(spans) > 0
        assert ids.tolist() == tokenizer.encode(text).tolist()
        assert (spans[1:, 0] >= spans[:-1, 1]).all()
        seen = "".join(text[a:b] for a, b in spans.tolist())
        assert seen.replace(" ", "") == text.replace(" ", "")


def test_words_are_known_in_lower_case_and_composed() -> None:
    tokenizer = SymbolReader.trained("words", ["it's a film: Noël"], 100, lower=True)
    ids, spans = tokenizer.cut("IT’S Noe\u0308l? xyz")
    assert UNKNOWN_ID not in ids[:2].tolist()
    assert ids[2:].tolist() == [UNKNOWN_ID] * 2
    assert spans.tolist() == [[0, 4], [5, 10], [10, 11], [12, 15]]


def test_the_commonest_are_kept_and_none_is_refused() -> None:
    tokenizer = SymbolReader.trained("words", ["b a a", "a b c"], 6, lower=False)
    assert tokenizer.symbols.vocabulary[4:] == ("a", "b")
    with pytest.raises(TextError, match="hold no words"):
        SymbolReader.trained("words", ["  "], 10, lower=False)
    with pytest.raises(TextError, match="may be words, subwords, characters"):
        SymbolReader.trained("letters", ["a"], 10, lower=False)
