"""The vocabularies of PyTorch's translation tutorial, made again from the file of its sentences.

The tutorial keeps no word lists: words are numbered as they come up in the sentences that its
filters let through. People change the filters, so several are tried, and sizes must fit exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rnnviz.core.alignments.files.parallel_corpus import Pair
from rnnviz.nets.alignments.listed_tokenizer import SPLITS, ListTokenizer

_PREFIXES = (
    "i am ", "i m ", "he is", "he s ", "she is", "she s ", "you are", "you re ", "we are", "we re ",
    "they are", "they re ",
)  # fmt: skip
_SPLITS = ("tutorial-older", "tutorial-newer", "any-letters")
_BARE = tuple(prefix.strip() for prefix in _PREFIXES)
_LENGTHS = (10, 15, 20, 8, 12, 30, 10_000)


@dataclass(frozen=True)
class Candidate:
    """Vocabularies whose sizes fit, and how they came about."""

    source: ListTokenizer
    target: ListTokenizer
    pairs: tuple[Pair, ...]
    """The normalised sentences that the filters let through."""


def candidates(pairs: Sequence[Pair], sizes: tuple[int, int]) -> Iterator[Candidate]:
    """Every way of the tutorial, and common changes of it, that gives these sizes, marks in."""
    for split in _SPLITS:
        normalise = SPLITS[split]
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
                        ListTokenizer.of(source, split),
                        ListTokenizer.of(target, split),
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
