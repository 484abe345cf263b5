"""What the steps of a sequence are called where a person reads of them."""

from __future__ import annotations

from rnnviz.core.sequences.base import Sequence
from rnnviz.core.sequences.text import Text


def steps_called(sequence: Sequence) -> str:
    """`characters` of a text that is read letter by letter, else `steps`.

    >>> steps_called(Text.of("hello"))
    'characters'
    """
    return "characters" if isinstance(sequence, Text) else "steps"
