"""From a sentence to the numbers of its tokens and back: words, subwords or characters.

A tokenizer is made from texts or from what a model file says of it; it never reads a file.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol, cast

from rnnviz.core.alignments.words.sentences import (
    put_together,
    set_high_signs_apart,
    writes_high_signs_apart,
)
from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID, TokenizerDescription
from rnnviz.core.sequences.texts.word_tokens import word_spans
from rnnviz.nets.alignments.listed_tokenizer import SPLITS, ListTokenizer

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TIGHT_BEFORE = re.compile(r" (?=[.,…)\]»”%])")
_TIGHT_AFTER = re.compile(r"(?<=[(\[«“]) ")
SPACE_MARK = "▁"
"""What sentencepiece writes for the space before a word."""


def clean(text: str, lower: bool = False) -> str:
    """The sentence in NFC with single spaces, without control characters."""
    text = unicodedata.normalize("NFC", text)
    text = " ".join(_CONTROL.sub(" ", text).split())
    return text.lower() if lower else text


class Tokenizer(Protocol):
    """What each kind of tokenizer does; ids count from 0, the first four are special."""

    description: TokenizerDescription

    def encode(self, text: str) -> list[int]:
        """The ids of a sentence, without begin and end."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """The sentence of these ids; special ones are left out."""
        ...

    def shown(self, ids: Iterable[int], text: str = "") -> list[str]:
        """Each token as people see it; where `text` is given, unknown words as they stood in it."""
        ...

    def widths(self, ids: Iterable[int], text: str) -> list[int]:
        """How many characters of the sentence each of its tokens holds; blanks are not counted."""
        ...


class WordTokenizer:
    """Words and signs; a word outside the vocabulary becomes the unknown one."""

    def __init__(self, description: TokenizerDescription) -> None:
        self.description = description
        self._ids = {token: i for i, token in enumerate(description.tokens)}

    @classmethod
    def trained(cls, sentences: Iterable[str], size: int, lower: bool = False) -> WordTokenizer:
        """The commonest words of these sentences, `size` with the special ones."""
        counts = Counter(word for line in sentences for word in _words(clean(line, lower)))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        tokens = (*SPECIAL, *ranked[: max(0, size - len(SPECIAL))])
        return cls(TokenizerDescription(kind="words", tokens=tokens, lower=lower))

    def encode(self, text: str) -> list[int]:
        """The ids of its words and signs."""
        return [self._ids.get(word, UNKNOWN_ID) for word in self._split(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """The words with spaces between them, except before and after signs that stand tight."""
        tokens = self.description.tokens
        line = " ".join(tokens[i] for i in ids if i >= len(SPECIAL) or i == UNKNOWN_ID)
        return _TIGHT_AFTER.sub("", _TIGHT_BEFORE.sub("", line))

    def shown(self, ids: Iterable[int], text: str = "") -> list[str]:
        """The words; an unknown one as it stands in the text."""
        words = self._split(text)
        tokens = self.description.tokens
        return [
            words[place] if i == UNKNOWN_ID and place < len(words) else tokens[i]
            for place, i in enumerate(ids)
        ]

    def widths(self, ids: Iterable[int], text: str) -> list[int]:
        """The length of each word."""
        return [len(word) for word in self._split(text)]

    def _split(self, text: str) -> list[str]:
        return _words(clean(text, self.description.lower))


def _words(text: str) -> list[str]:
    return [text[start:stop] for start, stop in word_spans(text, hyphenated=True).tolist()]


class CharacterTokenizer:
    """One token a character."""

    def __init__(self, description: TokenizerDescription) -> None:
        self.description = description
        self._ids = {token: i for i, token in enumerate(description.tokens)}

    @classmethod
    def trained(
        cls, sentences: Iterable[str], size: int, lower: bool = False
    ) -> CharacterTokenizer:
        """The commonest characters of these sentences."""
        counts: Counter[str] = Counter()
        for line in sentences:
            counts.update(clean(line, lower))
        ranked = sorted(counts, key=lambda c: (-counts[c], c))[: max(0, size - len(SPECIAL))]
        tokens = (*SPECIAL, *sorted(ranked))
        return cls(TokenizerDescription(kind="characters", tokens=tokens, lower=lower))

    def encode(self, text: str) -> list[int]:
        """The ids of its characters."""
        cleaned = clean(text, self.description.lower)
        return [self._ids.get(character, UNKNOWN_ID) for character in cleaned]

    def decode(self, ids: Iterable[int]) -> str:
        """The characters in a row."""
        tokens = self.description.tokens
        return "".join("�" if i == UNKNOWN_ID else tokens[i] for i in ids if i >= UNKNOWN_ID)

    def shown(self, ids: Iterable[int], text: str = "") -> list[str]:
        """The characters; an unknown one as it stands in the text."""
        cleaned = clean(text, self.description.lower)
        tokens = self.description.tokens
        return [
            cleaned[place] if i == UNKNOWN_ID and place < len(cleaned) else tokens[i]
            for place, i in enumerate(ids)
        ]

    def widths(self, ids: Iterable[int], text: str) -> list[int]:
        """1 for each character, 0 for a blank."""
        return [int(c != " ") for c in clean(text, self.description.lower)]


class SubwordTokenizer:
    """Pieces of words that sentencepiece chose (Kudo and Richardson 2018, byte-pair encoding)."""

    def __init__(self, description: TokenizerDescription) -> None:
        from sentencepiece import SentencePieceProcessor

        self.description = description
        try:
            proto = base64.b64decode(description.model, validate=True)
            self._pieces = SentencePieceProcessor(model_proto=proto)
        except (binascii.Error, RuntimeError, ValueError) as error:
            raise ModelFileError(f"the subwords in this model file are damaged: {error}") from error
        held = self._pieces.get_piece_size()
        if held != len(description.tokens):
            raise ModelFileError(
                f"the model file lists {len(description.tokens):,} subwords and its tokenizer "
                f"holds {held:,}; the file is damaged"
            )
        self._widths = [len(piece.replace(SPACE_MARK, "")) for piece in description.tokens]

    @classmethod
    def trained(cls, sentences: Iterable[str], size: int, lower: bool = False) -> SubwordTokenizer:
        """`size` byte-pair pieces, with the special ones; signs that stand apart are joined first.

        Raises:
            TextError: the sentences are too few for so many pieces.
        """
        import sentencepiece

        given = list(sentences)
        signs = "high-apart" if writes_high_signs_apart(given) else "joined"
        written = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=_filled(put_together(clean(line, lower)) for line in given),
                model_writer=written,
                vocab_size=size,
                model_type="bpe",
                character_coverage=0.9999,
                normalization_rule_name="identity",
                num_threads=1,
                pad_id=0,
                bos_id=1,
                eos_id=2,
                unk_id=3,
                pad_piece=SPECIAL[0],
                bos_piece=SPECIAL[1],
                eos_piece=SPECIAL[2],
                unk_piece=SPECIAL[3],
                minloglevel=2,
            )
        except RuntimeError as error:
            said = str(error).strip().split("\n")[-1]
            most = re.search(r"a value <= (\d+)", said)
            why = f"there are at most {int(most[1]):,}" if most else said[-120:]
            raise TextError(
                f"{size:,} subwords cannot be made from these texts: {why}; choose a smaller "
                f"vocabulary" + (f", --option vocabulary={most[1]}" if most else "")
            ) from error
        proto = written.getvalue()
        pieces = sentencepiece.SentencePieceProcessor(model_proto=proto)
        tokens = tuple(pieces.id_to_piece(i) for i in range(pieces.get_piece_size()))
        model = base64.b64encode(proto).decode()
        return cls(
            TokenizerDescription(
                kind="subwords", tokens=tokens, lower=lower, model=model, signs=signs
            )
        )

    def _cleaned(self, text: str) -> str:
        cleaned = clean(text, self.description.lower)
        return put_together(cleaned) if self.description.signs else cleaned

    def encode(self, text: str) -> list[int]:
        """The ids of its pieces."""
        return cast("list[int]", self._pieces.encode(self._cleaned(text)))

    def decode(self, ids: Iterable[int]) -> str:
        """The pieces joined; a piece that opens a word brings its space."""
        tokens = self.description.tokens
        joined = "".join(tokens[i] for i in ids if i >= UNKNOWN_ID)
        text = joined.replace(SPACE_MARK, " ").strip()
        return set_high_signs_apart(text) if self.description.signs == "high-apart" else text

    def shown(self, ids: Iterable[int], text: str = "") -> list[str]:
        """The pieces; those that open a word with a mark, unknown ones as they stood."""
        given = list(ids)
        tokens = [self.description.tokens[i] for i in given]
        if text and UNKNOWN_ID in given:
            surface = self._pieces.encode(self._cleaned(text), out_type=str)
            tokens[: len(surface)] = surface[: len(tokens)]
        return tokens

    def widths(self, ids: Iterable[int], text: str) -> list[int]:
        """The length of each piece without the mark of a blank."""
        given = list(ids)
        if UNKNOWN_ID in given:
            surface = self._pieces.encode(self._cleaned(text), out_type=str)
            return [len(piece.replace(SPACE_MARK, "")) for piece in surface]
        return [self._widths[i] for i in given]


def _filled(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if line)


@lru_cache(maxsize=8)
def continuing(description: TokenizerDescription) -> list[int]:
    """The tokens that go on with the word before them: pieces and characters that open none."""
    if description.kind == "words":
        return []
    return [
        place
        for place, token in enumerate(description.tokens)
        if place > UNKNOWN_ID and token[:1].isalnum()
    ]


KINDS: dict[str, type[WordTokenizer] | type[SubwordTokenizer] | type[CharacterTokenizer]] = {
    "words": WordTokenizer,
    "subwords": SubwordTokenizer,
    "characters": CharacterTokenizer,
}


def tokenizer_of(description: TokenizerDescription) -> Tokenizer:
    """The tokenizer that a model file describes.

    Raises:
        ModelFileError: an unknown kind, or damaged.
    """
    if description.split:
        if description.kind != "words" or description.split not in SPLITS:
            raise ModelFileError(
                f"sentences that are cut as {description.split[:40]!r} are unknown here"
            )
        return ListTokenizer(description)
    kind = KINDS.get(description.kind)
    if kind is None:
        raise ModelFileError(
            f"the tokenizer {description.kind!r} is unknown here; known are {', '.join(KINDS)}"
        )
    return kind(description)


def train_tokenizer(
    kind: str, sentences: Iterable[str], size: int, lower: bool = False
) -> Tokenizer:
    """A tokenizer of this kind, of at most `size` tokens, for these sentences.

    Raises:
        TextError: an unknown kind, no sentences, or too few of them.
    """
    if kind not in KINDS:
        raise TextError(f"the tokens are {kind!r}; they may be {', '.join(KINDS)}")
    tokenizer = KINDS[kind].trained(sentences, size, lower)
    if len(tokenizer.description.tokens) <= len(SPECIAL):
        raise TextError("the sentences hold no words; choose another corpus")
    return tokenizer
