"""Labels of a text of any length, a block at a time, in constant memory.

A block ends where little depends on what came before: after a blank line, or in code after a line
that is exactly `}`, else two blank lines, else one. Where the second half of a block has no such
place it ends after any newline, and without a newline in mid-line. Labels equal those of the whole
text as long as blocks end at the first kind of place and

- prose, LaTeX: always (depths are carried over; a `verbatim` environment must not hold the place);
- code: the place does not lie inside a comment, a string or `#if 0`, and the same language is
  guessed for each block;
- regular expressions and Pygments tokens: no match or token spans the place.

Painted spans and depths are exact wherever blocks end. After any other newline, a comment or a
quotation that is open there is taken for closed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.base import Sequence
from rnnviz.core.sequences.text import Text

BLOCK = 1 << 18
"""Characters in a block at most; a shorter text is labelled as a whole."""

_BLANK_LINE = ("\n\n", "\n\r\n")
_PLACES = {"code": ("\n}\n", "\n}\r\n", "\n\n\n", *_BLANK_LINE)}


def label_steps(
    concept: Concept, sequence: Sequence, block: int = BLOCK
) -> Iterator[tuple[int, Labels]]:
    """As `label_blocks`, for each step of a sequence; every document is labelled by itself.

    A token is labelled as its last character is: what is so once it has been read.

    Raises:
        ConceptError: there is no text to label.
    """
    if len(sequence) and not len(sequence.text):
        raise ConceptError(f"{concept.title} labels text, and what was read here is numbers")
    for first, last in sequence.documents:
        done = first
        start, stop = sequence.span(first, last)
        if isinstance(sequence, Text):
            yield from label_blocks(concept, sequence, block, start, stop)
            continue
        for begin, labels in label_blocks(concept, sequence.text, block, start, stop):
            until = first + int(
                np.searchsorted(sequence.ends(first, last), begin + len(labels), side="right")
            )
            places = sequence.ends(done, until) - 1 - begin
            yield done, labels[np.clip(places, 0, len(labels) - 1)]
            done = until
        if done < last:
            yield done, np.zeros(last - done, bool)


def label_blocks(
    concept: Concept, text: Text, block: int = BLOCK, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, Labels]]:
    """Consecutive pieces of the text: where each starts, and the labels of its characters.

    Concepts of one family get the same pieces, so labelling them in step lexes each piece once.

    Args:
        start: the first character, of a text by itself that ends before `stop`.
    """
    last, end = 0.0, len(text) if stop is None else stop
    places = _PLACES.get(concept.family, _BLANK_LINE)
    for begin, part in _parts(text, places, block, start, end):
        if concept.follow and begin:
            labels = concept.follow(part, begin, last)
        else:
            labels = concept.label(part)
        last = float(labels[-1])
        yield begin, labels


def _parts(
    text: Text, places: tuple[str, ...], block: int, start: int, stop: int
) -> Iterator[tuple[int, str]]:
    while start < stop:
        part = text.slice(start, min(stop, start + block))
        if start + block < stop:
            part = part[: _cut(part, places)]
        yield start, part
        start += len(part)


def _cut(part: str, places: tuple[str, ...]) -> int:
    """Where the next block begins: the last safe place in the second half."""
    half = len(part) // 2
    for place in (*places, "\n"):
        found = part.rfind(place, half)
        if found >= 0:
            return found + len(place)
    return len(part)
