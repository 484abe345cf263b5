"""From tokens to the words that a text has between its blanks, and back: whose character is whose.

Gold links count the words of a file as it cuts them: "à tous ." has three, "l' homme" two. A model
cuts otherwise. Both spell the same characters, so that each word knows its tokens.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.files.parallel_corpus import words_between_blanks
from rnnviz.core.alignments.words.tokens import WORD_START, is_mark

Shares = npt.NDArray[np.float64]
"""(tokens, words): how much of each token lies in each word."""


def shares(tokens: Sequence[int], words: Sequence[int]) -> Shares | None:
    """By the lengths of tokens and words in a row; None where these have not as many characters.

    A token that holds parts of two words is shared by their characters; one without characters, a
    mere blank, goes with the one after it.

    >>> shares([1, 2, 2], [3, 2]).tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    if sum(tokens) != sum(words) or not sum(words):
        return None
    token_of = np.repeat(np.arange(len(tokens)), tokens)
    word_of = np.repeat(np.arange(len(words)), words)
    found = np.zeros((len(tokens), len(words)))
    np.add.at(found, (token_of, word_of), 1.0)
    sums = found.sum(axis=1)
    for empty in np.flatnonzero(sums == 0)[::-1]:
        near = empty + 1 if empty + 1 < len(tokens) else empty - 1
        found[empty] = found[near]
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def shares_of_text(tokens: Sequence[str], text: str) -> Shares | None:
    """For tokens as they are shown; those that end a sentence belong to no word."""
    words = [_length(word) for word in _words(text)]
    spelled = [_length(token) for token in tokens if not is_mark(token)]
    found = shares(spelled, words)
    if found is None:
        return None
    made = np.zeros((len(tokens), len(words)))
    made[[place for place, token in enumerate(tokens) if not is_mark(token)]] = found
    return made


def in_given_words(alignment: Alignment, source: str, target: str) -> Alignment | None:
    """The weights between the words that two texts have between their blanks.

    Summed over source tokens, the mean over target ones; without the ends of the sentences. None
    where the tokens do not spell the texts.

    >>> weights = np.array([[0.75, 0.25, 0.0], [0.25, 0.75, 0.0]])
    >>> given = Alignment(("au", ".", "</s>"), ("to", "."), weights)
    >>> in_given_words(given, "a u .", "to .").weights.tolist()
    [[0.375, 0.375, 0.25], [0.125, 0.125, 0.75]]
    """
    of_source, of_target = (
        shares_of_text(alignment.source, source),
        shares_of_text(alignment.target, target),
    )
    if of_source is None or of_target is None:
        return None
    held = np.maximum(of_target.sum(axis=0), 1e-12)
    table = (of_target / held).T @ alignment.weights.astype(np.float64) @ of_source
    return Alignment(_words(source), _words(target), table.astype(np.float32))


def places_of_words(tokens: Sequence[str], text: str) -> tuple[tuple[int, ...], ...] | None:
    """For each word between blanks the places of the tokens that have a part of it.

    >>> places_of_words(["l'homme", "dort", ".", "</s>"], "l' homme dort .")
    ((0,), (0,), (1,), (2,))
    """
    found = shares_of_text(tokens, text)
    if found is None:
        return None
    return tuple(tuple(np.flatnonzero(found[:, word]).tolist()) for word in range(found.shape[1]))


def _words(text: str) -> tuple[str, ...]:
    return tuple(words_between_blanks(unicodedata.normalize("NFC", text)))


def _length(token: str) -> int:
    return len("".join(token.replace(WORD_START, "").removesuffix("@@").split()))
