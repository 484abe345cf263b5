"""Sentences cut into the words of a list as the program that made the list most likely did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from rnnviz.core.models.translation import BEGIN_ID, SPECIAL, UNKNOWN_ID, TokenizerDescription
from rnnviz.core.sequences.texts.word_tokens import words_of


def _ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def older(text: str) -> str:
    """As PyTorch's tutorial did until 2023: letters of English, and `.` `!` `?` as words."""
    text = re.sub(r"([.!?])", r" \1", _ascii(text.lower().strip()))
    return re.sub(r"[^a-zA-Z.!?]+", " ", text)


def newer(text: str) -> str:
    """As the tutorial does now: the full stop goes too."""
    text = re.sub(r"([.!?])", r" \1", _ascii(text.lower().strip()))
    return re.sub(r"[^a-zA-Z!?]+", " ", text).strip()


def any_letters(text: str) -> str:
    """A common change: letters of any script, with their accents."""
    text = re.sub(r"([.!?])", r" \1", text.lower().strip())
    return re.sub(r"[^\w.!?]+", " ", text)


def letters(text: str) -> str:
    """Each letter a word."""
    return " ".join(text.lower().replace(" ", ""))


def as_libraries(text: str) -> str:
    """Words and signs, as libraries cut them."""
    return " ".join(words_of(text, False))


def as_libraries_lower(text: str) -> str:
    """Likewise, in lower case."""
    return " ".join(words_of(text, True))


SPLITS: Mapping[str, Callable[[str], str]] = {
    "tutorial-older": older,
    "tutorial-newer": newer,
    "any-letters": any_letters,
    "letters": letters,
    "libraries": as_libraries,
    "libraries-lower": as_libraries_lower,
}
"""What puts single blanks between the words of a sentence, by its name in a model file."""


class ListTokenizer:
    """Words of a list; with the mark for the beginning where the program read that, too."""

    def __init__(self, description: TokenizerDescription) -> None:
        self.description = description
        self.normalise = SPLITS[description.split]
        self._begins = description.begins
        self._ids = {word: i for i, word in enumerate(description.tokens)}

    @classmethod
    def of(cls, words: Sequence[str], split: str, begins: bool = False) -> ListTokenizer:
        """The tokenizer of these words, without the special ones.

        Args:
            split: a name of `SPLITS`.
        """
        tokens = (*SPECIAL, *words)
        return cls(
            TokenizerDescription(
                kind="words", tokens=tokens, lower=True, split=split, begins=begins
            )
        )

    def encode(self, text: str) -> list[int]:
        """The ids of its words."""
        return [BEGIN_ID] * self._begins + [
            self._ids.get(word, UNKNOWN_ID) for word in self._split(text)
        ]

    def decode(self, ids: Iterable[int]) -> str:
        """The words with spaces between them."""
        return " ".join(self.description.tokens[i] for i in ids if i >= UNKNOWN_ID)

    def shown(self, ids: Iterable[int], text: str = "") -> list[str]:
        """The words; an unknown one as it stands in the text."""
        found = list(ids)
        if self._begins and found[:1] == [BEGIN_ID]:
            return [SPECIAL[BEGIN_ID], *self._words(found[1:], text)]
        return self._words(found, text)

    def widths(self, ids: Iterable[int], text: str) -> list[int]:
        """The length of each word."""
        found = [len(word) for word in self._split(text)]
        return [0, *found] if self._begins and list(ids)[:1] == [BEGIN_ID] else found

    def _words(self, ids: Sequence[int], text: str) -> list[str]:
        words = self._split(text)
        return [
            words[place] if i == UNKNOWN_ID and place < len(words) else self.description.tokens[i]
            for place, i in enumerate(ids)
        ]

    def _split(self, text: str) -> list[str]:
        return self.normalise(text).split()
