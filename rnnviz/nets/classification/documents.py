"""Where the documents of a text lie, and what each is said to be, for a classifier to read.

In a table of labels and texts (columns with tabs, commas or semicolons between them, fields in
quotes or not; or lines of fastText) each row is a document. In any other text documents are parted
by blank lines; without any, each line is one. A quote that CSV doubles stays doubled: what is read
is what is shown.
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
from rnnviz.nets.sequence.symbols.reader import SymbolReader

_LINE = re.compile(r"[^\r\n]+")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?![^\S\n]*\n)|\r)*")
_FASTTEXT = re.compile(r"__label__(\S+)[^\S\r\n]+([^\r\n]+)")
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
    found = _rows(text, lines, classes)
    if found is None and _BLANK_LINE.search(text):
        found = [Piece(*match.span()) for match in _PARAGRAPH.finditer(text)]
    elif found is None:
        found = [Piece(start, start + len(line)) for start, line in lines]
    return [piece for piece in found if text[piece.start : piece.stop].strip()]


def _rows(
    text: str, lines: Sequence[tuple[int, str]], classes: Sequence[str]
) -> list[Piece] | None:
    """The texts of a table one of whose columns holds these classes; None for any other text."""
    for rows in (_tabbed(lines), *(_comma_separated(text, one) for one in ",;\t")):
        if (found := _labelled(text, rows, classes)) is not None:
            return found
    written = [(start, _FASTTEXT.fullmatch(line)) for start, line in lines if line.strip()]
    if not written or not all(match and match[1] in classes for _, match in written):
        return None
    return [
        Piece(start + match.start(2), start + match.end(2), match[1])
        for start, match in written
        if match
    ]


def _tabbed(lines: Sequence[tuple[int, str]]) -> list[list[tuple[int, int]]]:
    """Where the fields of rows lie, a tab between them; nothing where they have one, or differ."""
    rows = []
    for start, line in lines:
        if not line.strip():
            continue
        ends = np.cumsum([len(field) + 1 for field in line.split("\t")]) + start
        rows.append(list(zip([start, *ends[:-1].tolist()], (ends - 1).tolist(), strict=True)))
        if not len(rows[-1]) == len(rows[0]) > 1:
            return []
    return rows


def _comma_separated(text: str, separator: str) -> list[list[tuple[int, int]]]:
    """Likewise of CSV (RFC 4180): a field in quotes may hold separators and line ends."""
    field = re.compile(rf'"((?:[^"]|"")*)"|([^{separator}\r\n]*)')
    rows: list[list[tuple[int, int]]] = []
    row: list[tuple[int, int]] = []
    at = 0
    while at <= len(text):
        match = field.match(text, at)
        assert match is not None  # a field may be empty
        row.append(match.span(1 if match[1] is not None else 2))
        at = match.end() + 1
        if text[match.end() : at] == separator:
            continue
        if text[match.end() : at] not in ("", "\r", "\n"):
            return []
        if len(row) > 1 or row[0][0] < row[0][1]:  # else a blank line, or the end of a CRLF
            rows.append(row)
        if rows and not len(rows[-1]) == len(rows[0]) > 1:
            return []
        row = []
    return rows


def _labelled(
    text: str, rows: Sequence[Sequence[tuple[int, int]]], classes: Sequence[str]
) -> list[Piece] | None:
    """The texts of these rows, if one of the columns holds these classes."""
    width = len(rows[0]) if rows else 0
    for label in range(width):
        said = [text[slice(*row[label])].strip() for row in rows]
        known = [one in classes for one in said]
        if not all(known[1:]) or not (known[0] or len(rows) > 1):
            continue
        body = slice(0 if known[0] else 1, None)
        letters = [
            sum(stop - start for start, stop in column) for column in zip(*rows[body], strict=True)
        ]
        letters[label] = -1
        place = int(np.argmax(letters))
        return [Piece(*row[place], one) for row, one in zip(rows[body], said[body], strict=True)]
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
        tokenizer.symbols.unknown,
    )
    said = np.repeat(np.array(truth, np.int32), lengths)
    return Read(read_tokens(tokens, said), tuple(kept))
