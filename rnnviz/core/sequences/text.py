"""A text of any length as fixed-width code points, so that any character is one step away.

Knows how bytes become characters; knows nothing of models or windows.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import TextError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.sequences.base import Files, Layout
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.texts.columns import Uneven, uneven_lines
from rnnviz.core.sequences.texts.decoding import RETURNS, decode
from rnnviz.core.sequences.texts.doubts import doubt_of_ascii
from rnnviz.core.sequences.texts.pattern_search import find_spans
from rnnviz.core.sequences.vocabulary import UNKNOWN, Vocabulary

Codes = npt.NDArray[np.unsignedinteger]

NEWLINE = 10
_RETURN = 13
_BLOCK = 1 << 22
_LAST_CHARACTER = 0x10FFFF
_NO_CHARACTER = 0xFFFD
"""Shown for a code that a damaged file holds and that no character has."""
_LONGEST_MATCH = 4096
_LARGEST_IN_MEMORY = 1 << 26


class TextLayout(Layout, frozen=True, kw_only=True, tag="characters"):
    """Characters: `text.codes`, T unsigned integers."""

    code_width: Literal[1, 2, 4]
    vocabulary: tuple[str, ...] = ()
    """The characters that the network knows; a character's id is its place."""
    lower: bool = False
    """Whether the network reads it in lower case."""

    def map(self, files: Files, length: int, name: str, path: Path | None) -> Text:
        """The text that lies in this file."""
        text = Text(files.read("text.codes", f"<u{self.code_width}", (length,)), name, path)
        return text.in_lower_case() if self.lower else text


class Text:
    """T characters, read-only: a sequence whose steps are the characters that people see.

    The code points are an array of uint8, uint16 or uint32, as narrow as the text allows, and may
    be a memory-mapped file: a text of 100,000,000 characters costs no memory until it is read.
    """

    def __init__(
        self,
        codes: Codes,
        name: str = "",
        path: Path | None = None,
        documents: Documents | None = None,
    ) -> None:
        self.codes = codes
        self.name = name
        self.path = path
        self.documents = documents or Documents.one(len(codes))
        self.how = ""
        """How its file was read, for people: `UTF-8`; empty where it came from no file."""
        self.lower = False
        """Whether a network reads it in lower case; people see it as it is."""

    @classmethod
    def of(cls, text: str, name: str = "") -> Text:
        """The text of a string; lone surrogates are kept."""
        widest = ord(max(text)) if text else 0
        width, encoding = narrowest(widest)
        codes = np.frombuffer(text.encode(encoding, "surrogatepass"), dtype=width)
        return cls(codes, name)

    @classmethod
    def read(cls, path: Path) -> Text:
        """The text of a file, in whatever encoding it is (see `decoding`); `how` says in which.

        A large pure ASCII file is memory-mapped as it is; smaller ones are kept in memory, so that
        an editor may cut them short meanwhile. Line ends stay as they are in the file, but where
        most are bare carriage returns: networks were trained on line feeds.

        Raises:
            TextError: unreadable, empty, or binary.
        """
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise TextError(f"{path.name} is empty; choose a file with text in it")
            raw = (
                np.frombuffer(path.read_bytes(), np.uint8)
                if size <= _LARGEST_IN_MEMORY
                else np.memmap(path, dtype=np.uint8, mode="r")
            )
        except OSError as error:
            raise TextError(f"cannot read {path}: {error.strerror}") from error
        blocks = [raw[start : start + _BLOCK] for start in range(0, len(raw), _BLOCK)]
        if all(bool(((block > 0) & (block < 128)).all()) for block in blocks):
            text = cls(raw, path.name, path)
            doubt = doubt_of_ascii(raw)
            text.how = f"ASCII, {doubt}" if doubt else "ASCII"
        else:
            decoded = decode(bytes(raw), path.name)
            if not decoded.text:
                raise TextError(f"{path.name} is empty but for the mark of its encoding")
            text = cls.of(decoded.text, path.name)
            text.path, text.how = path, decoded.how
        return text._with_line_ends()

    def _with_line_ends(self) -> Text:
        """Bare carriage returns as the line ends they are, where a file has fewer line feeds."""
        bare = feeds = 0
        for start in range(0, len(self), _BLOCK):
            block = np.asarray(self.codes[start : start + _BLOCK + 1])
            bare += int(np.count_nonzero(_bare_returns(block)[:_BLOCK]))
            feeds += int(np.count_nonzero(block[:_BLOCK] == NEWLINE))
        if bare <= feeds:
            return self
        changed = np.where(_bare_returns(self.codes), NEWLINE, self.codes).astype(self.codes.dtype)
        text = Text(changed, self.name, self.path, self.documents)
        text.how = f"{self.how}, {RETURNS}"
        return text

    def in_lower_case(self) -> Text:
        """The same text, of which a network knows a capital by its small letter."""
        text = Text(self.codes, self.name, self.path, self.documents)
        text.how, text.lower = self.how, True
        return text

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def text(self) -> Text:
        """What is read is what is shown."""
        return self

    def label(self, step: int) -> str:
        """The character at a step."""
        return self.slice(step, step + 1)

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Every step is a character."""
        return start, stop

    def ends(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Every step is a character."""
        return np.arange(start + 1, stop + 1)

    def step_at(self, character: int) -> int:
        """Every character is a step."""
        return character

    def steps_at(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Every character is a step."""
        return np.arange(start, stop)

    def known(self, start: int, stop: int, vocabulary: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which of these characters are in the vocabulary; all of them where there is none."""
        codes = np.asarray(self.codes[start:stop])
        if not vocabulary:
            return np.ones(len(codes), bool)
        read = lowered(codes) if self.lower else codes
        return np.not_equal(_vocabulary(vocabulary).encode_codes(read), UNKNOWN)

    def unknown(self, vocabulary: tuple[str, ...]) -> dict[str, int]:
        """How often each character occurs that is not in the vocabulary, the commonest first."""
        found: Counter[int] = Counter()
        for start in range(0, len(self), _BLOCK):
            codes = np.asarray(self.codes[start : start + _BLOCK])
            codes = codes[~self.known(start, start + len(codes), vocabulary)]
            values, counts = np.unique(codes, return_counts=True)
            found.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        return {chr(code): count for code, count in found.most_common()}

    def layout(self, vocabulary: tuple[str, ...]) -> TextLayout:
        """What a recording's description says of it."""
        width = cast("Literal[1, 2, 4]", self.codes.dtype.itemsize)
        return TextLayout(code_width=width, vocabulary=vocabulary, lower=self.lower)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What lies in files."""
        return {"text.codes": np.ascontiguousarray(self.codes)}

    def slice(self, start: int, stop: int) -> str:
        """The characters from start up to stop, as a string; the ends are clamped."""
        part = np.ascontiguousarray(self.codes[max(0, start) : max(0, stop)])
        if part.dtype.itemsize == 4 and part.size and int(part.max()) > _LAST_CHARACTER:
            part = np.where(part > _LAST_CHARACTER, _NO_CHARACTER, part).astype(part.dtype)
        encoding = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[part.dtype.itemsize]
        return part.tobytes().decode(encoding, "surrogatepass")

    def __str__(self) -> str:
        return self.slice(0, len(self))

    @cached_property
    def line_starts(self) -> npt.NDArray[np.int64]:
        """Where each line starts, (lines,) int64; the first is 0. A line ends after its newline."""
        found = [
            np.flatnonzero(self.codes[start : start + _BLOCK] == NEWLINE) + start + 1
            for start in range(0, len(self), _BLOCK)
        ]
        starts = np.concatenate([np.zeros(1, np.int64), *found])
        return starts[:-1] if len(starts) > 1 and starts[-1] == len(self) else starts

    @cached_property
    def uneven(self) -> Uneven:
        """The lines whose characters have not one column each, and how many columns they have."""
        return uneven_lines(self.codes, self.line_starts)

    def line_of(self, character: int) -> int:
        """The line, counted from 0, that holds this character."""
        return int(np.searchsorted(self.line_starts, character, side="right")) - 1

    def matches(
        self,
        pattern: str,
        *,
        regular: bool = False,
        most: int = 10_000,
        progress: Callable[[int], None] = lambda searched: None,
    ) -> npt.NDArray[np.int64]:
        """Where a pattern occurs, (matches, 2) int64 start and stop.

        Plain words are found however their letters are composed, and a blank finds one that does
        not break.

        A match longer than 4,096 characters may be missed where it crosses a block of the search.

        Args:
            most: so many are found at most.
            progress: told how many characters are searched; may raise `Cancelled` to stop.

        Raises:
            TextError: the regular expression does not compile, or takes too long.
        """
        try:
            compiled = re.compile(pattern if regular else loosely(pattern), re.MULTILINE)
        except (re.error, RecursionError, OverflowError) as error:
            raise TextError(f"{pattern!r} is no regular expression: {error}") from error
        found: list[npt.NDArray[np.int64]] = []
        last = count = 0
        for block in range(0, len(self), _BLOCK):
            # What lies before the block is seen too, since `^` and `\b` look back.
            begin = max(0, block - _LONGEST_MATCH)
            part = self.slice(begin, block + _BLOCK + _LONGEST_MATCH)
            try:
                # One more than is wanted, so that one may begin after the block.
                spans = find_spans(
                    compiled, part, [(max(block, last) - begin, len(part))], most - count + 1
                )
            except TimeoutError as error:
                raise TextError(str(error)) from error
            spans = (spans + begin)[: most - count]
            found.append(spans[spans[:, 0] < block + _BLOCK])
            count += len(found[-1])
            last = int(found[-1][-1, 1]) if len(found[-1]) else last
            if count == most:
                break
            progress(min(block + _BLOCK, len(self)))
        return np.concatenate(found) if found else np.zeros((0, 2), np.int64)


def _bare_returns(codes: Codes) -> npt.NDArray[np.bool_]:
    """Where carriage returns stand that no line feed follows."""
    found: npt.NDArray[np.bool_] = codes == _RETURN
    if found.any():
        found[:-1] &= codes[1:] != NEWLINE
    return found


def lowered(codes: Codes) -> npt.NDArray[np.uint32]:
    """Code points in lower case, each where it was; what would become two stays as it is."""
    found, places = np.unique(codes, return_inverse=True)
    lower = [chr(code).lower() for code in found.tolist()]
    pairs = zip(lower, found.tolist(), strict=True)
    return np.array([ord(one) if len(one) == 1 else code for one, code in pairs], np.uint32)[places]


def loosely(words: str) -> str:
    r"""A regular expression for words however they are written: composed or not, with any blanks.

    >>> re.fullmatch(loosely("caf\u00e9 au"), "cafe\u0301\u00a0au") is not None
    True
    """
    found = []
    for letter in _LETTER.findall(unicodedata.normalize("NFC", words)):
        forms = dict.fromkeys(unicodedata.normalize(form, letter) for form in ("NFC", "NFD"))
        forms[letter] = None
        if letter == " ":
            found.append(f"[{_BLANKS}]")
        elif len(forms) == 1:
            found.append(re.escape(letter))
        else:
            found.append(f"(?:{'|'.join(map(re.escape, forms))})")
    return "".join(found)


_BLANKS = " \u00a0\u2007\u2009\u202f\u3000"
_LETTER = re.compile(r"[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]+")
"""A letter with the accents on it."""


@lru_cache(maxsize=8)
def _vocabulary(characters: tuple[str, ...]) -> Vocabulary:
    return Vocabulary(characters)


def narrowest(widest: int) -> tuple[str, str]:
    """The array type and the codec that hold code points up to this one."""
    if widest < 1 << 8:
        return "u1", "latin-1"
    if widest < 1 << 16:
        return "<u2", "utf-16-le"
    return "<u4", "utf-32-le"
