"""From a text to the symbols that a network reads, each with its place in the text, and back.

Words are cut by Unicode's rules or at blanks, subwords by sentencepiece within what stands between
blanks, characters are code points.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from rnnviz.core.errors import TextError
from rnnviz.core.models.classification import symbols_of
from rnnviz.core.models.network import Symbols
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.core.sequences.word_tokens import WORD_PATTERN, folded, words_of
from rnnviz.nets.translation.tokenizers import SPACE_MARK, SubwordTokenizer

UNITS = ("words", "subwords", "characters")
"""What a network may be trained to read."""
BLANKS = "blanks"
PARAGRAPH, LINE_END = "\n", "<eos>"
_CHUNK = re.compile(r"\S+")
_CHUNK_OR_END = re.compile(r"\S+|\n")
_WORD = regex.compile(WORD_PATTERN)
_WORD_OR_PARAGRAPH = regex.compile(rf"\n[^\S\n]*\n\s*|{WORD_PATTERN}")
_TIGHT_BEFORE = frozenset(".,;:!?…)]}»”\u2019'%")
_TIGHT_AFTER = frozenset("([{«“\u2018")


class Cut(NamedTuple):
    """A text in T symbols."""

    ids: npt.NDArray[np.int64]
    """(T,), `UNKNOWN` where the vocabulary lacks it and has no symbol for what it lacks."""
    spans: npt.NDArray[np.int64]
    """(T, 2) where each starts and stops in the text."""


class SymbolReader:
    """Cuts texts as a description says.

    Raises:
        ModelFileError: the description is damaged.
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._ids = {token: place for place, token in enumerate(symbols.vocabulary)}
        self._unknown = self._ids[symbols.unknown] if symbols.unknown else UNKNOWN
        self._pieces = _subwords_of(symbols) if symbols.unit == "subwords" else None

    @classmethod
    def trained(
        cls, unit: str, texts: Iterable[str], size: int, lower: bool, paragraphs: bool = False
    ) -> SymbolReader:
        """For the commonest words, subwords or characters of these texts, `size` at most.

        Args:
            paragraphs: whether a blank line between words is a symbol, too.

        Raises:
            TextError: an unknown unit, or texts that hold too little.
        """
        if unit not in UNITS:
            raise TextError(f"the tokens are {unit!r}; they may be {', '.join(UNITS)}")
        if unit == "subwords":
            return cls(symbols_of(SubwordTokenizer.trained(texts, size, lower).description))
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(words_of(text, lower) if unit == "words" else _characters(text, lower))
        added = (PARAGRAPH,) if paragraphs and unit == "words" else ()
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        known = [token for token in ranked if token not in SPECIAL]
        known = known[: max(0, size - len(SPECIAL) - len(added))]
        if not known:
            raise TextError("the texts hold no words; choose others")
        return cls(
            Symbols(
                vocabulary=(*SPECIAL, *added, *known),
                unit="words" if unit == "words" else "characters",
                lower=lower,
                unknown=SPECIAL[UNKNOWN_ID],
            )
        )

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """The ids of its symbols, (T,)."""
        return self.cut(text).ids

    def cut(self, text: str) -> Cut:
        """Its symbols and where each stands."""
        if self._pieces is not None:
            return self._subwords(text)
        if self.symbols.unit == "words":
            found = list(self._words(text))
            ids = np.array([self._place(word) for word, _ in found], np.int64)
            spans = np.array([span for _, span in found], np.int64).reshape(-1, 2)
            return Cut(ids, spans)
        if self.symbols.unit == "bytes":
            return self._bytes(text)
        ids = np.array([self._place(letter) for letter in text], np.int64)
        starts = np.arange(len(text))
        return Cut(ids, np.stack([starts, starts + 1], axis=1))

    def _words(self, text: str) -> Iterator[tuple[str, tuple[int, int]]]:
        if self.symbols.tokenizer == BLANKS:
            ends = LINE_END in self._ids
            for match in (_CHUNK_OR_END if ends else _CHUNK).finditer(text):
                yield LINE_END if match.group() == "\n" else match.group(), match.span()
            return
        pattern = _WORD_OR_PARAGRAPH if PARAGRAPH in self._ids else _WORD
        for match in pattern.finditer(text):
            word = match.group()
            yield PARAGRAPH if word[0] == "\n" else word, match.span()

    def _place(self, token: str) -> int:
        """The id of a word or a character: as it stands, or composed with plain apostrophes."""
        lower = self.symbols.lower
        found = self._ids.get(token.lower() if lower and token not in SPECIAL else token)
        if found is None:
            known = folded(token, lower)
            found = self._ids.get(known[:1] if self.symbols.unit == "characters" else known)
        return self._unknown if found is None else found

    def _bytes(self, text: str) -> Cut:
        """Bytes of UTF-8; the last one of a character has its place, those before it none."""
        ids, spans = [], []
        for place, letter in enumerate(text):
            raw = letter.encode("utf-8", "surrogatepass")
            for number, byte in enumerate(raw):
                ids.append(self._ids.get(chr(byte), self._unknown))
                spans.append((place, place + (number == len(raw) - 1)))
        return Cut(np.array(ids, np.int64), np.array(spans, np.int64).reshape(-1, 2))

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

    # Back to a text

    def written(self, symbol: int, before: str) -> str:
        """What a symbol adds to a text that ends so: words are set apart, signs stand tight."""
        token = self.symbols.vocabulary[symbol]
        if self.symbols.unit in ("characters", "bytes"):
            return token
        if self.symbols.unit == "subwords":
            opens = token.startswith(SPACE_MARK) and before not in ("", "\n")
            return " " * opens + token.replace(SPACE_MARK, "")
        if token == LINE_END:
            return "\n"
        if token == PARAGRAPH:
            return "\n\n"
        tight = not before or before[-1] in _TIGHT_AFTER or before[-1].isspace()
        return ("" if tight or token[0] in _TIGHT_BEFORE else " ") + token


def joined(reader: SymbolReader, ids: Sequence[int]) -> str:
    """The text of these symbols."""
    text = ""
    for symbol in ids:
        text += reader.written(symbol, text[-1:])
    return text


def _subwords_of(symbols: Symbols) -> SubwordTokenizer:
    return SubwordTokenizer(
        TokenizerDescription(
            kind="subwords",
            tokens=symbols.vocabulary,
            lower=symbols.lower,
            model=symbols.tokenizer,
            signs=symbols.signs,
        )
    )


def _characters(text: str, lower: bool) -> list[str]:
    """One for each code point, so that places stay."""
    return [folded(character, lower)[:1] for character in text]
