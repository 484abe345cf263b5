"""Sentences of words with a label each, from files of two columns; a blank line ends a sentence.

    The	DET
    vacuum	NOUN
    broke	VERB

The columns stand apart by a tab or by blanks. Of more than two the first and the last count, as in
files of CoNLL, whose comments (`# ...`) and `-DOCSTART-` lines are passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.texts.lines import read_lines

_FEWEST = 2
"""So many words with their labels tell such a file from another text."""
_MOST_LABELS = 1000


class TaggedSentence(NamedTuple):
    """Words, and the label of each."""

    words: tuple[str, ...]
    labels: tuple[str, ...]


class TaggedWord(NamedTuple):
    """Where a word stands in a file, and what it is said to be."""

    start: int
    stop: int
    label: str


def read_tagged(
    paths: Sequence[Path], told: Callable[[str], None] = lambda said: None
) -> list[TaggedSentence]:
    """All sentences of these files.

    Args:
        told: how a file was read, where that is unusual.

    Raises:
        TextError: saying in which line what was found.
    """
    found = []
    for path in paths:
        text = "\n".join(read_lines(path, told))
        sentences = tagged_in(text, path.name)
        if sentences is None:
            first = next((line for line in text.split("\n") if line.strip()), "")
            if not first:
                raise TextError(f"{path.name} holds no words; choose another file")
            raise TextError(
                f"{path.name} is no file of two columns: its first line is {first[:60]!r}; a word "
                "and its label on each line, with a tab or a blank between, and a blank line after "
                "each sentence are wanted"
            )
        found += [
            TaggedSentence(
                tuple(text[one.start : one.stop] for one in sentence),
                tuple(one.label for one in sentence),
            )
            for sentence in sentences
        ]
    names = ", ".join(path.name for path in paths)
    if not found:
        raise TextError(f"{names} holds no words; choose other files")
    check_labels(found, names)
    return found


def check_labels(sentences: Sequence[TaggedSentence], names: str) -> None:
    """Refuse labels that cannot be learned.

    Raises:
        TextError: one alone, or so many that they are words.
    """
    counts = Counter(label for sentence in sentences for label in sentence.labels)
    if len(counts) < 2:
        raise TextError(f"all words of {names} have the label {next(iter(counts))!r}")
    if len(counts) > _MOST_LABELS:
        raise TextError(
            f"{names} holds {len(counts):,} different labels, such as "
            f"{', '.join(map(repr, list(counts)[:3]))}; is the last column the label?"
        )


def tagged_in(text: str, name: str = "the text") -> list[list[TaggedWord]] | None:
    """The words of a text of two columns, sentence by sentence; None where it has no such form.

    Raises:
        TextError: a line has another number of columns than the first.
    """
    sentences: list[list[TaggedWord]] = [[]]
    width, at = 0, 0
    separator = "\t" if re.match(r"(?:[^\S\n]*\n|#[^\n]*\n)*[^\t\n]+\t", text) else None
    for number, whole in enumerate(text.split("\n"), 1):
        place, at = at, at + len(whole) + 1
        line = whole.rstrip("\r")
        if not line.strip():
            if sentences[-1]:
                sentences.append([])
            continue
        cells = line.split(separator) if separator else line.split()
        if (line.startswith("#") and len(cells) != width) or cells[0] == "-DOCSTART-":
            continue
        if not width:
            width = len(cells)
            if width < 2 or (separator is None and width > 4):
                return None
        if len(cells) != width:
            if number < 3 or sum(map(len, sentences)) < _FEWEST:
                return None  # a heading of two words above other lines
            raise TextError(
                f"line {number:,} of {name} has {len(cells)} column{'s' * (len(cells) != 1)} and "
                f"the first has {width}; "
                "a word and its label on each line are wanted"
            )
        start = place + line.index(cells[0])
        label = cells[-1].strip()
        if not label or not cells[0].strip():
            raise TextError(f"line {number:,} of {name} lacks a word or a label: {line[:60]!r}")
        sentences[-1].append(TaggedWord(start, start + len(cells[0]), label))
    found = [sentence for sentence in sentences if sentence]
    return found or None
