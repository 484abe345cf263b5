"""From a text to the tokens that a classifier reads, each with its place in the text.

Words are cut by Unicode's rules, subwords by sentencepiece within what stands between blanks,
characters are code points. Ids count from 0; the first four tokens are special.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription
from rnnviz.core.sequences.word_tokens import folded, word_spans, words_of
from rnnviz.nets.translation.tokenizers import SPACE_MARK, SubwordTokenizer

WORDS = "unicode-words"
"""What a description calls words that are cut by Unicode's rules."""
UNITS = ("words", "subwords", "characters")
"""What a classifier may read."""
_CHUNK = re.compile(r"\S+")


class Cut(NamedTuple):
    """A text in T tokens."""

    ids: npt.NDArray[np.int64]
    """(T,), `UNKNOWN_ID` where the vocabulary lacks the token."""
    spans: npt.NDArray[np.int64]
    """(T, 2) where each starts and stops in the text."""


class TextTokenizer:
    """Cuts texts as a description says.

    Raises:
        ModelFileError: the description is unknown here, or damaged.
    """

    def __init__(self, description: TokenizerDescription) -> None:
        self.description = description
        if description.kind not in (WORDS, "subwords", "characters"):
            raise ModelFileError(
                f"the tokenizer {description.kind!r} is unknown here; known are {WORDS}, subwords "
                "and characters"
            )
        self._ids = {token: place for place, token in enumerate(description.tokens)}
        self._pieces = SubwordTokenizer(description) if description.kind == "subwords" else None

    @classmethod
    def trained(cls, unit: str, texts: Iterable[str], size: int, lower: bool) -> TextTokenizer:
        """For the commonest words, subwords or characters of these texts, `size` at most.

        Raises:
            TextError: an unknown unit, or texts that hold too little.
        """
        if unit not in UNITS:
            raise TextError(f"the tokens are {unit!r}; they may be {', '.join(UNITS)}")
        if unit == "subwords":
            return cls(SubwordTokenizer.trained(texts, size, lower).description)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(words_of(text, lower) if unit == "words" else _characters(text, lower))
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        known = [token for token in ranked if token not in SPECIAL][: max(0, size - len(SPECIAL))]
        if not known:
            raise TextError("the texts hold no words; choose others")
        kind = WORDS if unit == "words" else "characters"
        return cls(TokenizerDescription(kind=kind, tokens=(*SPECIAL, *known), lower=lower))

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """The ids of its tokens, (T,)."""
        if self._pieces is not None:
            return self.cut(text).ids
        lower, kind = self.description.lower, self.description.kind
        tokens = words_of(text, lower) if kind == WORDS else _characters(text, lower)
        return np.array([self._ids.get(token, UNKNOWN_ID) for token in tokens], np.int64)

    def cut(self, text: str) -> Cut:
        """Its tokens and where each stands."""
        if self._pieces is not None:
            return self._subwords(text)
        ids = self.encode(text)
        if self.description.kind == WORDS:
            return Cut(ids, word_spans(text))
        starts = np.arange(len(text))
        return Cut(ids, np.stack([starts, starts + 1], axis=1))

    def _subwords(self, text: str) -> Cut:
        assert self._pieces is not None
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        for chunk in _CHUNK.finditer(text):
            found = self._pieces.encode(chunk.group())
            shown = self._pieces.shown(found, chunk.group())
            ids += found
            at = chunk.start()
            for place, piece in enumerate(shown):
                last = place == len(shown) - 1
                stop = chunk.end() if last else min(chunk.end(), at + len(piece.lstrip(SPACE_MARK)))
                spans.append((at, stop))
                at = stop
        return Cut(np.array(ids, np.int64), np.array(spans, np.int64).reshape(-1, 2))


def _characters(text: str, lower: bool) -> list[str]:
    """One for each code point, so that places stay."""
    return [folded(character, lower)[:1] for character in text]
