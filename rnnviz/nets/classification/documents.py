"""Where the documents of a text lie, and what each is said to be, for a classifier to read.

In a table of labels and texts (columns with tabs between them) each row is a document. In any other
text documents are parted by blank lines; without any, each line is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.sequence.reading import UNKNOWN_CLASS, Reading, read_tokens
from rnnviz.nets.sequence.symbols import SymbolReader

_LINE = re.compile(r"[^\r\n]+")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?![^\S\n]*\n)|\r)*")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\r?\n")


class Piece(NamedTuple):
    """A document in a text."""

    start: int
    stop: int
    label: str = ""
    """What it is said to be; empty where nothing is."""


class Read(NamedTuple):
    """A text cut into documents and tokens."""

    reading: Reading
    """Its truth is at each step the class of the document; `UNKNOWN_CLASS` where none is said, or
    another one."""
    pieces: tuple[Piece, ...]
    """(D,) where each lies."""

    def entering(self, document: int) -> Tensor:
        """What enters a network of a document, (T,) ids."""
        return self.reading.take(*self.reading.documents.bounds(document))[1]


def pieces_of(text: str, classes: Sequence[str]) -> list[Piece]:
    """The documents of a text that hold anything but blanks."""
    lines = [(match.start(), match.group()) for match in _LINE.finditer(text)]
    found = _rows(lines, classes)
    if found is None and _BLANK_LINE.search(text):
        found = [Piece(*match.span()) for match in _PARAGRAPH.finditer(text)]
    elif found is None:
        found = [Piece(start, start + len(line)) for start, line in lines]
    return [piece for piece in found if text[piece.start : piece.stop].strip()]


def _rows(lines: Sequence[tuple[int, str]], classes: Sequence[str]) -> list[Piece] | None:
    """The texts of a table one of whose columns holds these classes; None for any other text."""
    rows = [(start, line.split("\t")) for start, line in lines if line.strip()]
    width = len(rows[0][1]) if rows else 0
    if width < 2 or any(len(row) != width for _, row in rows):
        return None
    for label in range(width):
        known = [row[label].strip() in classes for _, row in rows]
        if not all(known[1:]) or not (known[0] or len(rows) > 1):
            continue
        body = rows if known[0] else rows[1:]
        letters = [sum(len(row[place]) for _, row in body) for place in range(width)]
        letters[label] = -1
        place = int(np.argmax(letters))
        found = []
        for start, row in body:
            begins = start + sum(len(field) + 1 for field in row[:place])
            found.append(Piece(begins, begins + len(row[place]), row[label].strip()))
        return found
    return None


def read_text(text: Text, tokenizer: SymbolReader, classes: Sequence[str]) -> Read:
    """The documents of a text in tokens, each in its place; those without are left out.

    Raises:
        TextError: there is no token at all.
    """
    whole = str(text)
    places = {name: place for place, name in enumerate(classes)}
    ids, spans, lengths, truth, kept = [], [], [], [], []
    for piece in pieces_of(whole, classes):
        cut = tokenizer.cut(whole[piece.start : piece.stop])
        if (cut.ids != UNKNOWN).any():
            ids.append(np.where(cut.ids == UNKNOWN, UNKNOWN_TOKEN, cut.ids))
            spans.append(cut.spans + piece.start)
            lengths.append(len(cut.ids))
            truth.append(places.get(piece.label, UNKNOWN_CLASS))
            kept.append(piece)
    if not ids:
        raise TextError(f"{text.name or 'the text'} holds no word that could be read")
    tokens = Tokens(
        np.concatenate(ids).astype(np.uint32),
        np.concatenate(spans),
        text,
        tokenizer.symbols.vocabulary,
        Documents.of_lengths(lengths),
    )
    said = np.repeat(np.array(truth, np.int32), lengths)
    return Read(read_tokens(tokens, said), tuple(kept))
