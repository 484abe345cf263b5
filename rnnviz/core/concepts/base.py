"""What a concept is: a function from a text to one label for every character."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field

from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text

Labels = npt.NDArray[np.bool_] | npt.NDArray[np.float32]
"""(T,) bool for something that is or is not so, (T,) float32 for a count or a position."""

Blocks = Callable[[Text, int, int, int], Iterator[Labels]]
"""`blocks(text, start, stop, size)`: the labels of a stretch of a text, which counts as a text by
itself, in consecutive pieces of about `size` characters."""


class Concept(Struct, frozen=True, eq=False):
    """Something that a unit may keep track of.

    `label(text)` gives one label a character: bool, or float32 with NaN where the concept does not
    apply. The label at t may depend on any part of the text, before or after t.

    The label at t says what is so once the character at t has been read, as a network's state does:
    an opening delimiter is already inside, the closing one is already outside.
    """

    name: str
    """The key: lower case with hyphens, `inside-quotes`."""
    title: str
    """For people: `Inside double quotes`."""
    about: str
    """One line that says exactly what is labelled."""
    family: str
    """`prose`, `code`, `latex`, `numbers` or `any`: where it is offered first."""
    scalar: bool
    """True for a count or a position, False for yes or no."""
    label: Callable[[str], Labels]
    blocks: Blocks | None = None
    """The same labels, piece by piece, so that a text of any length takes little memory; the pieces
    make no difference. Without it a text is labelled as a whole."""
    steps: Callable[[Numbers], Labels] | None = None
    """The labels (T,) of rows of numbers; without it the concept labels text alone. One that labels
    rows alone gives an error for a text."""
    reading: Callable[[Text], str] | None = None
    """What the concept finds to read in a text, in words: which marks, and how often."""
    spec: dict[str, object] = field(default_factory=dict)
    """What `concept_from` makes this concept from again; empty for a built-in one."""
