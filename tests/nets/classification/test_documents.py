"""Documents of a text stand where they stood, whatever form it has."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.core.sequences.text import Text
from rnnviz.nets.classification.documents import pieces_of, read_text
from rnnviz.nets.sequence.symbols.reader import SymbolReader

CLASSES = ("down", "up")


def seen(text: str) -> list[tuple[str, str]]:
    return [(text[one.start : one.stop], one.label) for one in pieces_of(text, CLASSES)]


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("One text.", [("One text.", "")]),
        ("One.\nTwo.\n\n", [("One.\nTwo.", "")]),
        ("One.\r\nTwo.", [("One.", ""), ("Two.", "")]),
        ("One\nline.\n\n  \nTwo\nlines.\n", [("One\nline.", ""), ("Two\nlines.\n", "")]),
        ('label\ttext\nup\tGood "one"\ndown\tBad\n', [('Good "one"', "up"), ("Bad", "down")]),
        ("7\tGood one\tup\n8\tBad one\tdown\n", [("Good one", "up"), ("Bad one", "down")]),
        ("sideways\tA\nup\tB\n", [("B", "up")]),
        ("here\tthere\nleft\tright", [("here\tthere", ""), ("left\tright", "")]),
        (
            'label,text\r\nup,"Good, and ""fine"""\r\ndown,Bad\r\n',
            [('Good, and ""fine""', "up"), ("Bad", "down")],
        ),
        ('"Two\nlines; one";up\nBad;down', [("Two\nlines; one", "up"), ("Bad", "down")]),
        ("__label__up Good one\n\n__label__down Bad\n", [("Good one", "up"), ("Bad", "down")]),
        ("Well, up\nOh, well, down\n", [("Well, up", ""), ("Oh, well, down", "")]),
    ],
)
def test_where_documents_lie(text: str, documents: list[tuple[str, str]]) -> None:
    assert seen(text) == documents


def test_tokens_have_their_places_in_the_whole_text() -> None:
    text = Text.of("label\ttext\nup\tVery good!\n\ndown\t \ndown\tbad\n", "films.tsv")
    tokenizer = SymbolReader.trained("words", ["very good bad"], 10, lower=True)
    read = read_text(text, tokenizer, CLASSES)
    assert [read.reading.sequence.label(step) for step in range(4)] == ["Very", "good", "!", "bad"]
    assert list(read.reading.documents) == [(0, 3), (3, 4)]
    assert read.reading.truth.tolist() == [1, 1, 1, 0]
    assert read.entering(0)[2] == UNKNOWN_ID
    assert read.reading.sequence.text is text


def test_a_text_without_words_says_so() -> None:
    tokenizer = SymbolReader.trained("words", ["a"], 10, lower=True)
    with pytest.raises(TextError, match="holds no word"):
        read_text(Text.of(" \n "), tokenizer, CLASSES)


def test_many_documents_are_parted() -> None:
    text = "\n".join(f"{('up', 'down')[n % 2]}\tword {n}" for n in range(500))
    tokenizer = SymbolReader.trained("words", ["word"], 10, lower=True)
    read = read_text(Text.of(text), tokenizer, CLASSES)
    assert len(read.reading.documents) == 500
    assert np.bincount(read.reading.truth[::2]).tolist() == [250, 250]
