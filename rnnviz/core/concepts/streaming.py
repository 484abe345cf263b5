"""Labels of a text of any length, a block at a time; the blocks make no difference to the labels.

How a concept goes through a text is its own (`Concept.blocks`, see `windows`); one that only labels
whole strings is given the whole text.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.base import Sequence
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text

BLOCK = 1 << 18
"""Characters that are labelled at a time, about."""


def label_steps(
    concept: Concept, sequence: Sequence, block: int = BLOCK
) -> Iterator[tuple[int, Labels]]:
    """As `label_blocks`, for each step of a sequence; every document is labelled by itself.

    A token is labelled as its last character is: what is so once it has been read.

    Raises:
        ConceptError: there is no text to label.
    """
    if isinstance(sequence, Numbers):
        if concept.steps is None:
            raise ConceptError(f"{concept.title} labels text, and what was read here is numbers")
        if len(sequence):
            yield 0, concept.steps(sequence)
        return
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

    Concepts that are labelled in step share what they read: a string, tokens of a language.

    Args:
        start: the first character, of a text by itself that ends before `stop`.
    """
    end = len(text) if stop is None else stop
    if start >= end:
        return
    if concept.blocks is None:
        yield start, concept.label(text.slice(start, end))
        return
    for labels in concept.blocks(text, start, end, block):
        yield start, labels
        start += len(labels)
