"""From a text to the symbols that a network reads, each with its place in the text, and back.

Words are cut by Unicode's rules or at blanks, subwords by sentencepiece within what stands between
blanks or as bytes, characters are code points.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from rnnviz.core.errors import TextError
from rnnviz.core.models.classification import symbols_of
from rnnviz.core.models.network import HALF, Symbols
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription
from rnnviz.core.sequences.texts.word_tokens import WORD_PATTERN, folded, words_of
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.alignments.tokenizers import SPACE_MARK, SubwordTokenizer
from rnnviz.nets.sequence.symbols.byte_pairs import BYTE_LEVEL, BytePairs
from rnnviz.nets.sequence.symbols.byte_tokens import ByteTokenizer
from rnnviz.nets.sequence.symbols.longest_bytes import LONGEST, LongestBytes

UNITS = ("words", "subwords", "characters")
"""What a network may be trained to read."""
BLANKS, LETTERS, SIGNS = "blanks", "letters", "signs"
"""How words are cut: what stands between blanks; words alone, signs left out; every sign and line
end by itself, also within a word."""
PARAGRAPH, LINE_END = "\n", "<eos>"
_IN_BYTES: Mapping[str, Callable[[Sequence[str]], ByteTokenizer]] = {
    BYTE_LEVEL: BytePairs,
    LONGEST: LongestBytes,
}
_CHUNK = re.compile(r"\S+")
_SIGN = r"!-&(-/:-@\[\]-`{-~\n\t'‘’“”–—…"  # noqa: RUF001
_WORD_OR_SIGN = re.compile(rf"[{_SIGN}]|[^ {_SIGN}]+")
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
        subwords = symbols.unit == "subwords"
        in_bytes = _IN_BYTES.get(symbols.tokenizer) if subwords else None
        self.in_bytes = None if in_bytes is None else in_bytes(symbols.vocabulary)
        """Cuts into tokens that are bytes; None where they are none."""
        self._pieces = _subwords_of(symbols) if subwords and in_bytes is None else None

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
        if self.in_bytes is not None:
            found_ids, places = self.in_bytes.cut(text)
            return Cut(np.array(found_ids, np.int64), np.array(places, np.int64).reshape(-1, 2))
        if self._pieces is not None:
            return self._subwords(text)
        if self.symbols.unit == "words":
            found = list(self._words(text))
            ids = np.array([self._place(word) for word, _ in found], np.int64)
            spans = np.array([span for _, span in found], np.int64).reshape(-1, 2)
            return Cut(ids, spans)
        if self.symbols.unit in ("bytes", "halves"):
            return self._parts(text)
        ids = np.array([self._place(letter) for letter in text], np.int64)
        starts = np.arange(len(text))
        return Cut(ids, np.stack([starts, starts + 1], axis=1))

    def cut_whole(self, word: str) -> Cut:
        """A word as one symbol, whatever stands in it."""
        return Cut(np.array([self._place(word)], np.int64), np.array([[0, len(word)]], np.int64))

    def _words(self, text: str) -> Iterator[tuple[str, tuple[int, int]]]:
        if self.symbols.tokenizer == BLANKS:
            ends = LINE_END in self._ids
            for match in (_CHUNK_OR_END if ends else _CHUNK).finditer(text):
                yield LINE_END if match.group() == "\n" else match.group(), match.span()
            return
        if self.symbols.tokenizer == SIGNS:
            for match in _WORD_OR_SIGN.finditer(text):
                yield match.group(), match.span()
            return
        pattern = _WORD_OR_PARAGRAPH if PARAGRAPH in self._ids else _WORD
        for match in pattern.finditer(text):
            word = match.group()
            if self.symbols.tokenizer == LETTERS and not any(map(str.isalnum, word)):
                continue
            yield PARAGRAPH if word[0] == "\n" else word, match.span()

    def _place(self, token: str) -> int:
        """The id of a word or a character: as it stands, or composed with plain apostrophes."""
        lower = self.symbols.lower
        found = self._ids.get(token.lower() if lower and token not in SPECIAL else token)
        if found is None:
            known = folded(token, lower)
            found = self._ids.get(known[:1] if self.symbols.unit == "characters" else known)
        return self._unknown if found is None else found

    def _parts(self, text: str) -> Cut:
        """Bytes or halves of characters; the last of a character has its place, the others none."""
        cut = _bytes_of if self.symbols.unit == "bytes" else _halves_of
        ids, spans = [], []
        for place, letter in enumerate(text):
            parts = cut(letter)
            for number, part in enumerate(parts):
                ids.append(self._ids.get(part, self._unknown))
                spans.append((place, place + (number == len(parts) - 1)))
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
        if self.in_bytes is not None:
            return self.in_bytes.bytes_of(symbol).decode("utf-8", "replace")
        if self.symbols.unit in ("characters", "bytes", "halves"):
            return token
        if self.symbols.unit == "subwords":
            opens = token.startswith(SPACE_MARK) and before not in ("", "\n")
            return " " * opens + token.replace(SPACE_MARK, "")
        if token == LINE_END:
            return "\n"
        if token == PARAGRAPH:
            return "\n" if self.symbols.tokenizer == SIGNS else "\n\n"
        tight = not before or before[-1] in _TIGHT_AFTER or before[-1].isspace()
        return ("" if tight or token[0] in _TIGHT_BEFORE else " ") + token


class Writing:
    """Symbols as they become text, one after the other; part of a character waits for the rest.

    Args:
        before: what the text ends with so far.
    """

    def __init__(self, reader: SymbolReader, before: str = "") -> None:
        self._reader, self._before = reader, before[-1:]
        unit = reader.symbols.unit
        form = {"bytes": "utf-8", "halves": "utf-16-le"}.get(unit, "")
        form = "utf-8" if reader.in_bytes is not None else form
        self._parts = codecs.getincrementaldecoder(form)("replace") if form else None

    def add(self, symbol: int) -> str:
        """What the text gains by this symbol; nothing where it is part of a character."""
        if self._parts is None:
            written = self._reader.written(symbol, self._before)
        elif self._reader.in_bytes is not None:
            written = self._parts.decode(self._reader.in_bytes.bytes_of(symbol))
        else:
            code = ord(self._reader.symbols.vocabulary[symbol])
            if self._reader.symbols.unit == "bytes":
                raw = bytes([code]) if code < 256 else b""
            else:
                raw = (code - HALF * (code >= HALF)).to_bytes(2, "little")
            written = self._parts.decode(raw)
            if not raw:  # a token that is no byte, such as padding
                written += self._parts.decode(b"", True) + chr(code)
        self._before = written[-1:] or self._before
        return written


def joined(reader: SymbolReader, ids: Sequence[int]) -> str:
    """The text of these symbols."""
    writing = Writing(reader)
    return "".join(writing.add(symbol) for symbol in ids)


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


def _bytes_of(letter: str) -> list[str]:
    """The bytes of a character in UTF-8, each as the character of its number."""
    return [chr(byte) for byte in letter.encode("utf-8", "surrogatepass")]


def _halves_of(letter: str) -> list[str]:
    """A character, or its two surrogates as they are named in vocabularies; see `HALF`."""
    code = ord(letter)
    if code < 0x10000:
        return [chr(HALF + code) if 0xD800 <= code < 0xE000 else letter]
    code -= 0x10000
    return [chr(HALF + 0xD800 + (code >> 10)), chr(HALF + 0xDC00 + (code & 0x3FF))]


def _characters(text: str, lower: bool) -> list[str]:
    """One for each code point, so that places stay."""
    return [folded(character, lower)[:1] for character in text]
