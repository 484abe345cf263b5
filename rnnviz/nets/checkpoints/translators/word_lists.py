"""Word lists of translators: `Lang` objects, dictionaries and lists, in a file or beside it.

A `Lang` of PyTorch's tutorial is dictionaries of strings and numbers under one class name; it is
followed and not run. Each list is brought to the order that translators have here: the four special
tokens first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.files.reading import check_fits
from rnnviz.core.models.translation import (
    BEGIN_ID,
    END_ID,
    PAD_ID,
    SPECIAL,
    UNKNOWN_ID,
)
from rnnviz.nets.alignments.listed_tokenizer import ListTokenizer
from rnnviz.nets.checkpoints.vocabulary.file import held_in
from rnnviz.nets.checkpoints.vocabulary.found import everything, tokens_of

_MARKS = {
    BEGIN_ID: {"sos", "s", "bos", "go", "start", "begin", "startseq", "init"},
    END_ID: {"eos", "/s", "end", "stop", "endseq", "eof"},
    PAD_ID: {"pad", "blank", "padding"},
    UNKNOWN_ID: {"unk", "unknown", "oov"},
}
_SOURCE = re.compile(r"input|in_|src|source|enc|^in$", re.IGNORECASE)
_TARGET = re.compile(r"output|out_|trg|tgt|target|dec|^out$", re.IGNORECASE)
_ENDINGS = {".pkl", ".pickle", ".json", ".pt", ".pth", ".txt", ".vocab", ".p"}
_MOST_FILES = 200
_NEVER = -1e4
_GAP = re.compile(r"<\d+>")
"""What stands where a list has no word for an id."""


class Listed(NamedTuple):
    """A list of words by their ids, and where it was found."""

    place: str
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """A list in our order: which row of the file each of our tokens has."""

    tokens: tuple[str, ...]
    """Without the special ones."""
    rows: tuple[int | None, ...]
    """For each of our tokens, the special ones first, its id in the file; None for none."""
    marked: bool
    """Whether its marks are those of libraries that put both around every sentence: `<sos>`."""

    @classmethod
    def of(cls, tokens: Sequence[str]) -> Words | None:
        """The list in our order; None where nothing in it ends a sentence."""
        marks: dict[int, int] = {}
        for number, token in enumerate(tokens):
            bare = token.strip("<>[]_ ").lower()
            plain = token[:1] in "<[_" or token.isupper()
            for ours, names in _MARKS.items():
                if bare in names and plain and ours not in marks:
                    marks[ours] = number
        if END_ID not in marks:
            return None
        own = [number for number in range(len(tokens)) if number not in marks.values()]
        rows = [marks.get(ours) for ours in range(len(SPECIAL))] + own
        marked = BEGIN_ID in marks and tokens[marks[BEGIN_ID]].startswith("<")
        return cls(tuple(tokens[number] for number in own), tuple(rows), marked)

    def widened(self, weight: Tensor, fill: float = 0.0) -> Tensor:
        """The rows of a matrix or vector of the file in our order; `fill` where it has none."""
        found = weight.new_full((len(self.rows), *weight.shape[1:]), fill)
        ours = [place for place, row in enumerate(self.rows) if row is not None]
        theirs = [row for row in self.rows if row is not None]
        found[ours] = weight[theirs]
        return found

    def forbidden(self, bias: Tensor) -> Tensor:
        """The output's bias in our order; what has no row, and the beginning, never comes out."""
        found = self.widened(bias, _NEVER)
        for ours in (PAD_ID, BEGIN_ID):
            found[ours] = torch.minimum(found[ours], found.new_tensor(_NEVER))
        return found

    def tokenizer(self, source: bool) -> ListTokenizer:
        """What cuts sentences into these words, most likely as their own program did."""
        return ListTokenizer.of(self.tokens, _split_of(self), self.marked and source)


def _split_of(words: Words) -> str:
    """How the program that made this list most likely cuts sentences."""
    single = [word for word in words.tokens if len(word) == 1]
    if len(single) > 0.9 * len(words.tokens):
        return "letters"
    if words.marked:
        lower = not any(word != word.lower() for word in words.tokens)
        return "libraries-lower" if lower else "libraries"
    if any(not word.isascii() for word in words.tokens):
        return "any-letters"
    return "tutorial-older" if "." in words.tokens else "tutorial-newer"


def lists_in(content: Any, size: int) -> list[Listed]:
    """The lists of this many words somewhere inside, those without gaps first, each once."""
    return sorted(_lists_in(content, size), key=_gaps)


def _gaps(one: Listed) -> int:
    return sum(_GAP.fullmatch(word) is not None for word in one.tokens)


def _lists_in(content: Any, size: int) -> Iterator[Listed]:
    seen: set[tuple[str, ...]] = set()
    for place, value in everything(content):
        tokens = tokens_of(value, size)
        if not tokens or not all(token is None or isinstance(token, str) for token in tokens):
            continue
        named = _filled(tokens)
        if len(set(named)) == len(named) and named not in seen and not _one_string(value):
            seen.add(named)
            yield Listed(place, named)


def _one_string(value: Any) -> bool:
    return isinstance(value, str | bytes)


def _filled(tokens: Sequence[str | None]) -> tuple[str, ...]:
    """The tokens; those without a word at the beginning are marks that `word2index` leaves out."""
    absent = [number for number, token in enumerate(tokens) if token is None]
    named = {0: "SOS", 1: "EOS"} if absent == [0, 1] else {0: "<pad>"} if absent == [0] else {}
    return tuple(
        token if token is not None else named.get(number, f"<{number}>")
        for number, token in enumerate(tokens)
    )


def pair_of_lists(
    places: Sequence[tuple[str, Any]], sizes: tuple[int, int]
) -> tuple[Listed, Listed] | None:
    """The lists of source and target in these contents, each with the name of where it lies."""
    found: tuple[list[Listed], list[Listed]] = ([], [])
    for name, content in places:
        for side, size in enumerate(sizes):
            for one in lists_in(content, size):
                if Words.of(one.tokens) is not None:
                    found[side].append(Listed(f"{name}/{one.place}", one.tokens))
    if not all(found):
        return None
    for listed in found:
        listed.sort(key=_gaps)
    if sizes[0] != sizes[1]:
        return found[0][0], found[1][0]
    source = next((one for one in found[0] if _says(one, _SOURCE)), found[0][0])
    others = [one for one in found[1] if one.tokens != source.tokens]
    target = next((one for one in others if _says(one, _TARGET)), None)
    return source, target or (others[0] if others else source)


def _says(one: Listed, side: re.Pattern[str]) -> bool:
    return any(side.search(part) for part in one.place.split("/"))


def contents_beside(path: Path, given: Path | None) -> list[tuple[str, Any]]:
    """What the files hold that may list words: the one that was given, or those in the folder.

    A file that cannot be read is passed over: it is another one's.
    """
    if given is not None:
        files = sorted(given.iterdir()) if given.is_dir() else [given]
    else:
        files = [one for one in sorted(path.parent.iterdir()) if one != path]
    found = []
    for one in files[:_MOST_FILES]:
        if not one.is_file() or (given != one and one.suffix.lower() not in _ENDINGS):
            continue
        try:
            check_fits(one)
            held = held_in(one)
        except (ModelFileError, TextError, OSError):
            continue
        if held is not None:
            found.append((one.stem, held))
    return found
