"""Labels drawn beneath a text, so that a test shows what it expects.

> He said "hi".
=         ^^^
"""

from __future__ import annotations

import numpy as np

from rnnviz.core.concepts import Concept


def drawn(concept: Concept, text: str) -> str:
    """Each line of the text after `>`; beneath it after `=` a mark for each of its characters.

    ^ stands for yes, a digit for a count, . for nothing. A newline's mark follows those of its
    line. A line without a mark is left out.
    """
    labels = concept.label(text)
    assert len(labels) == len(text)
    assert labels.dtype == (np.float32 if concept.scalar else np.bool_)
    if concept.scalar:
        marks = "".join("." if np.isnan(label) else str(int(label)) for label in labels)
    else:
        marks = "".join("^" if label else " " for label in labels)
    lines, start = [], 0
    for line in text.splitlines(keepends=True):
        below = marks[start : start + len(line)].rstrip()
        lines += [("> " + line).rstrip(), *(["= " + below] if below else [])]
        start += len(line)
    return "\n".join(lines)


def check(concept: Concept, picture: str) -> None:
    """Checks that the labels of the picture's text are those that it shows."""
    lines = picture.strip("\n").split("\n")
    text = "".join(line[2:] + "\n" for line in lines if line.startswith(">"))
    assert drawn(concept, text) == "\n".join(lines)
