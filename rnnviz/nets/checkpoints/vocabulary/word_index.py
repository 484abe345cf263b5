"""A Keras word index cut to the size of a network: words and their numbers, from 1, 0 is padding.

A tokenizer keeps all words that it saw, and `num_words` cuts their numbers off where it turns texts
into ids; so the index beside a network has mostly more words than the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rnnviz.nets.checkpoints.vocabulary.found import NamedCharacters, as_words, everything

_REVIEWS = {"the": 1, "and": 2, "a": 3, "of": 4, "to": 5, "is": 6, "br": 7}
"""How the word index of Keras's IMDb reviews begins; `br` is what remains of line ends there."""
_REVIEWS_FROM = 3
"""How much later the ids in its data begin: 0 is padding, 1 a start, 2 an unknown word."""
_REVIEWS_SPECIAL = ("<pad>", "<start>", "<unk>", "<unused>")
_CUT = "numbered as in the word index"


def indexed_words(content: Any, size: int) -> NamedCharacters | None:
    """The words that a network of so many symbols reads, by a word index somewhere in this.

    At least half of the ids must have a word; words with larger numbers are left out.

    Raises:
        ModelFileError: they are pieces of words.
    """
    for _, value in everything(content):
        if not isinstance(value, Mapping) or len(value) < 2:
            continue
        if all(type(number) is int and isinstance(word, str) for word, number in value.items()):
            named = _cut(value, size)
            if named is not None:
                return named
    return None


def _cut(index: Mapping[str, int], size: int) -> NamedCharacters | None:
    reviews = all(index.get(word) == number for word, number in _REVIEWS.items())
    tokens: list[str | None] = [None] * size
    for word, number in index.items():
        place = number + _REVIEWS_FROM * reviews
        if not 0 <= place < size:
            continue
        if tokens[place] is not None:
            return None
        tokens[place] = word
    words = sum(token is not None for token in tokens)
    if 2 * words < size:
        return None
    if reviews:
        tokens[: len(_REVIEWS_SPECIAL)] = _REVIEWS_SPECIAL[:size]
    elif tokens[0] is None and "<pad>" not in index:
        tokens[0] = "<pad>"
    named = as_words(tokens)
    if named is None:
        return None
    how = f"{_CUT}, of which it knows {words:,} words"
    if reviews:
        how += f", {_REVIEWS_FROM} later, as Keras numbers the words of its IMDb reviews"
    return replace(named, notes=(how, *named.notes), how=how)
