"""Guided attention: an aligner's links between words become links between pieces, and a loss.

Liu, Utiyama, Finch and Sumita (2016), "Neural Machine Translation with Supervised Attention"; Mi,
Wang and Ittycheriah (2016), "Supervised Attentions for Neural Machine Translation". The loss here
is -log of the weight that a target piece puts on all pieces of the source words it is linked with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.alignments.files.parallel_corpus import Pair
from rnnviz.core.alignments.links import Link
from rnnviz.core.alignments.statistical_aligner import align_words
from rnnviz.core.alignments.words.sentences import words_to_align
from rnnviz.core.errors import TextError
from rnnviz.nets.alignments.tokenizers import Tokenizer

Ints = npt.NDArray[np.int64]
Spans = npt.NDArray[np.int32]
"""(L, 4): first target piece of a link, one past its last, and the same of the source."""
_LEAST = 1e-9


def word_links(pairs: Sequence[Pair]) -> list[frozenset[Link]]:
    """The links that both directions of the statistical aligner have, by `words_to_align`."""
    words = [(words_to_align(source), words_to_align(target)) for source, target in pairs]
    return [both.links("intersection") for both in align_words(words)]


def piece_spans(
    tokenizers: tuple[Tokenizer, Tokenizer],
    pairs: Sequence[Pair],
    ids: Sequence[tuple[Sequence[int], Sequence[int]]],
    links: Sequence[Iterable[Link]],
) -> list[Spans]:
    """What the links between words are between the pieces of each pair.

    Args:
        tokenizers: of the source and the target.
        ids: the pieces of each pair.
        links: between the words that `words_to_align` finds; a pair whose words have other
            characters than its pieces gets none.

    Raises:
        TextError: a link names a word that is not there.
    """
    both = list(zip(pairs, ids, strict=True))
    sides = [
        _Side(
            [tokenizers[side].widths(each[side], pair[side]) for pair, each in both],
            [[len(word) for word in words_to_align(pair[side])] for pair in pairs],
        )
        for side in (0, 1)
    ]
    given = [list(each) for each in links]
    counts = np.array([len(each) for each in given], np.int64)
    flat = np.array([link for each in given for link in each], np.int64).reshape(-1, 2)
    of_pair = np.repeat(np.arange(len(pairs)), counts)
    for side in (0, 1):
        wrong = np.flatnonzero(flat[:, side] >= sides[side].words[of_pair])
        if len(wrong):
            pair = int(of_pair[wrong[0]])
            raise TextError(
                f"the links of pair {pair + 1:,} name word {int(flat[wrong[0], side])} of "
                f"{pairs[pair][side][:60]!r}, which has {int(sides[side].words[pair])}; links need "
                "one line for every pair of the corpus, between words as `rnnviz align "
                "--statistical --cut` counts them"
            )
    keep = (sides[0].fits & sides[1].fits)[of_pair]
    flat, of_pair = flat[keep], of_pair[keep]
    source, target = (sides[side].pieces(of_pair, flat[:, side]) for side in (0, 1))
    spans = np.stack([*target, *source], axis=1).astype(np.int32)
    starts = np.searchsorted(of_pair, np.arange(len(pairs) + 1))
    return [spans[a:b] for a, b in pairwise(starts.tolist())]


class _Side:
    """Where words lie among pieces, for all sentences of one language at once."""

    def __init__(self, widths: Sequence[Sequence[int]], words: Sequence[Sequence[int]]) -> None:
        flat = np.array([w for each in widths for w in each], np.int64)
        self._first_piece = _starts([len(each) for each in widths])
        self.words = np.array([len(each) for each in words], np.int64)
        self._first_word = _starts(self.words)
        lengths = np.array([n for each in words for n in each], np.int64)
        characters = np.array([sum(each) for each in widths], np.int64)
        self.fits = characters == np.array([sum(each) for each in words], np.int64)
        # Characters of all sentences in a row, each with the piece that it lies in.
        self._piece = np.repeat(np.arange(len(flat)), flat)
        self._first_character = _starts(characters)
        ends = np.cumsum(lengths)
        self._word_start = ends - lengths
        self._word_end = ends
        self._start_of_words = np.concatenate([[0], ends])[self._first_word]

    def pieces(self, of_pair: Ints, word: Ints) -> tuple[Ints, Ints]:
        """The first piece, and one past the last, of these words of these sentences."""
        place = self._first_word[of_pair] + word
        shift = self._first_character[of_pair] - self._start_of_words[of_pair]
        first = self._piece[self._word_start[place] + shift] - self._first_piece[of_pair]
        last = self._piece[self._word_end[place] + shift - 1] - self._first_piece[of_pair]
        return first, last + 1


def _starts(lengths: Sequence[int] | Ints) -> Ints:
    """Where each of so many things in a row begins, and where the last one ends."""
    found: Ints = np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64))]).astype(np.int64)
    return found


def linked_pieces(spans: Sequence[Spans], steps: int, places: int) -> Tensor:
    """(B, G, S) True where a target piece is linked with a source piece."""
    linked = torch.zeros(len(spans), steps, places, dtype=torch.bool)
    table = linked.numpy()
    for row, each in enumerate(spans):
        for first, end, start, stop in each.tolist():
            table[row, first:end, start:stop] = True
    return linked


def guided_loss(weights: Tensor, linked: Tensor) -> Tensor:
    """() the mean over linked target pieces of -log of the weight on what they are linked with.

    Args:
        weights: (B, G, S).
        linked: (B, G, S).
    """
    mass = (weights.float() * linked).sum(dim=2)
    rows = linked.any(dim=2)
    return -((mass + _LEAST).log() * rows).sum() / rows.sum().clamp_min(1)
