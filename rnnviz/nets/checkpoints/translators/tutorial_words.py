"""The vocabularies of PyTorch's translation tutorial, made again from the file of its sentences.

The tutorial keeps no word lists: words are numbered as they come up in the sentences that its
filters let through. People change the filters, so several are tried, and sizes must fit exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rnnviz.core.alignments.parallel_corpus import Pair
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription

_PREFIXES = (
    "i am ", "i m ", "he is", "he s ", "she is", "she s ", "you are", "you re ", "we are", "we re ",
    "they are", "they re ",
)  # fmt: skip
_BARE = tuple(prefix.strip() for prefix in _PREFIXES)
_LENGTHS = (10, 15, 20, 8, 12, 30, 10_000)


def _ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def older(text: str) -> str:
    """As the tutorial did until 2023: letters of English, and `.` `!` `?` as words."""
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


NORMALISERS: tuple[Callable[[str], str], ...] = (older, newer, any_letters)


class TutorialTokenizer:
    """Words between spaces after one of the tutorial's normalisations."""

    def __init__(self, words: Sequence[str], normalise: Callable[[str], str]) -> None:
        self.normalise = normalise
        self.description = TokenizerDescription(kind="words", tokens=(*SPECIAL, *words), lower=True)
        self._ids = {word: i for i, word in enumerate(self.description.tokens)}

    def encode(self, text: str) -> list[int]:
        """The ids of its words."""
        return [self._ids.get(word, UNKNOWN_ID) for word in self._split(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """The words with spaces between them."""
        return " ".join(self.description.tokens[i] for i in ids if i >= UNKNOWN_ID)

    def shown(self, ids: Iterable[int], text: str = "") -> list[str]:
        """The words; an unknown one as it stands in the text."""
        words = self._split(text)
        return [
            words[place] if i == UNKNOWN_ID and place < len(words) else self.description.tokens[i]
            for place, i in enumerate(ids)
        ]

    def widths(self, ids: Iterable[int], text: str) -> list[int]:
        """The length of each word."""
        return [len(word) for word in self._split(text)]

    def _split(self, text: str) -> list[str]:
        return self.normalise(text).split()


@dataclass(frozen=True)
class Candidate:
    """Vocabularies whose sizes fit, and how they came about."""

    source: TutorialTokenizer
    target: TutorialTokenizer
    pairs: tuple[Pair, ...]
    """The normalised sentences that the filters let through."""


def candidates(pairs: Sequence[Pair], sizes: tuple[int, int]) -> Iterator[Candidate]:
    """Every way of the tutorial, and common changes of it, that gives these sizes, marks in."""
    for normalise in NORMALISERS:
        plain = [(normalise(a), normalise(b)) for a, b in pairs]
        for swap in (False, True):
            turned = [(b, a) for a, b in plain] if swap else plain
            for kept in _filtered(turned):
                source = _numbered(pair[0] for pair in kept)
                if len(source) + 2 != sizes[0]:
                    continue
                target = _numbered(pair[1] for pair in kept)
                if len(target) + 2 == sizes[1]:
                    yield Candidate(
                        TutorialTokenizer(source, normalise),
                        TutorialTokenizer(target, normalise),
                        tuple(kept),
                    )


def _filtered(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """The pairs that different filters let through; the tutorial's own first."""
    longest = [max(text.count(" ") + 1 for text in pair) for pair in pairs]
    for length in _LENGTHS:
        short = [pair for pair, words in zip(pairs, longest, strict=True) if words < length]
        for side, prefixes in ((1, _PREFIXES), (0, _PREFIXES), (1, _BARE), (0, _BARE)):
            yield [pair for pair in short if pair[side].startswith(prefixes)]
        yield short


def _numbered(sentences: Iterable[str]) -> list[str]:
    """The words in the order in which they first come up, as the tutorial's `Lang` numbers them."""
    return list(dict.fromkeys(word for sentence in sentences for word in sentence.split(" ")))
