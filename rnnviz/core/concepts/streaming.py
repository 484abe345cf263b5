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

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.sequences.text import Text

BLOCK = 1 << 18
"""Characters in a block at most; a shorter text is labelled as a whole."""

_BLANK_LINE = ("\n\n", "\n\r\n")
_PLACES = {"code": ("\n}\n", "\n}\r\n", "\n\n\n", *_BLANK_LINE)}


def label_blocks(concept: Concept, text: Text, block: int = BLOCK) -> Iterator[tuple[int, Labels]]:
    """Consecutive pieces of the text: where each starts, and the labels of its characters.

    Concepts of one family get the same pieces, so labelling them in step lexes each piece once.
    """
    last = 0.0
    for start, part in _parts(text, _PLACES.get(concept.family, _BLANK_LINE), block):
        if concept.follow and start:
            labels = concept.follow(part, start, last)
        else:
            labels = concept.label(part)
        last = float(labels[-1])
        yield start, labels


def _parts(text: Text, places: tuple[str, ...], block: int) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(text):
        part = text.slice(start, start + block)
        if start + block < len(text):
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
