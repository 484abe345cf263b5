"""Byte-level pairs (GPT-2): a text's bytes, merged pair by pair in the order that was learned.

A token is written in the characters of `ALPHABET`. A pair that was learned earlier has a
lower id, so the vocabulary alone tells the order (`in_order`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from rnnviz.nets.sequence.symbols.byte_tokens import (
    ALPHABET,
    characters_ended,
    in_alphabet,
    raw_of,
    spelled,
)

BYTE_LEVEL = "byte-level"
"""What `Symbols.tokenizer` says of subwords that are such."""
_WORD = regex.compile(r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
"""Pairs are merged within these alone; as in GPT-2."""
_SPECIAL = regex.compile(r"<\|[^|]+\|>|<(?:s|/s|pad|unk|mask)>|<\d+>")
_KEPT = 1 << 16
_TRIED = 500


def is_special(token: str) -> bool:
    """Whether a token stands in a text as it is, and is no merged pair."""
    return bool(_SPECIAL.fullmatch(token)) or not in_alphabet(token)


def is_byte_level(tokens: Sequence[str | None]) -> bool:
    """Whether a vocabulary is one of byte-level pairs: every byte, and pairs of these."""
    known = {token for token in tokens if token}
    return len(known) > len(ALPHABET) and known >= ALPHABET.keys()


def merged(word: str, ranks: Mapping[str, int], below: int | None = None) -> list[str]:
    """The tokens of a word in the characters of `ALPHABET`: the lowest pair is merged first.

    Args:
        below: only pairs with lower ids are merged.
    """
    parts = list(word)
    none = len(ranks) if below is None else below
    while len(parts) > 1:
        pairs = [ranks.get(left + right, none) for left, right in pairwise(parts)]
        lowest = min(pairs)
        if lowest >= none:
            break
        place = pairs.index(lowest)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


def in_order(tokens: Sequence[str], merges: Sequence[tuple[str, str]] | None = None) -> bool:
    """Whether each pair has a higher id than all from which it is made, so that ids tell the order.

    With only pairs of lower ids merged, what a token stands for must be two parts; and these are
    the pair in `merges`, where that is given. Then merging by ids and by `merges` are the same.
    """
    ranks = {token: place for place, token in enumerate(tokens) if not is_special(token)}
    pairs = [token for token in ranks if len(token) > 1]
    if merges is not None:
        joined = [left + right for left, right in merges]
        if sorted(joined, key=lambda one: ranks.get(one, -1)) != joined or set(joined) != set(
            pairs
        ):
            return False
        return all(
            tuple(merged(left + right, ranks, ranks[left + right])) == (left, right)
            for left, right in merges
        )
    tried = pairs[:: max(1, len(pairs) // _TRIED)]
    return all(len(merged(token, ranks, ranks[token])) == 2 for token in tried)


class BytePairs:
    """Cuts texts into the tokens of a vocabulary of byte-level pairs."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._ids = {token: place for place, token in enumerate(tokens)}
        self._ranks = {one: place for one, place in self._ids.items() if not is_special(one)}
        special = sorted((one for one in tokens if is_special(one)), key=len, reverse=True)
        # what the brackets hold is kept by `split`
        self._special = regex.compile(
            f"({'|'.join(map(regex.escape, special))})" if special else r"($^)"
        )
        self._pieces = lru_cache(_KEPT)(self._of_word)

    def bytes_of(self, symbol: int) -> bytes:
        """What a token stands for."""
        token = self._tokens[symbol]
        return token.encode() if is_special(token) else raw_of(token)

    def cut(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text's tokens, and the characters that each completes.

        A token that is part of a character only is empty; the one that ends it has its place.
        """
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        at = 0
        for number, part in enumerate(self._special.split(text)):
            if number % 2:
                ids.append(self._ids[part])
                spans.append((at, at + len(part)))
                at += len(part)
                continue
            for match in _WORD.finditer(part):
                word = match.group()
                for token, start, stop in self._pieces(word):
                    ids.append(token)
                    spans.append((at + match.start() + start, at + match.start() + stop))
            at += len(part)
        return ids, spans

    def _of_word(self, word: str) -> list[tuple[int, int, int]]:
        """Ids, and from which character to which each stands."""
        raw = word.encode("utf-8", "surrogatepass")
        done = characters_ended(raw).tolist()
        found, at = [], 0
        for token in merged(spelled(raw), self._ranks):
            found.append((self._ids[token], done[at], done[at + len(token)]))
            at += len(token)
        return found
