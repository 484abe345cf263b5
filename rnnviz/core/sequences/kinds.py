"""The kinds of sequence that can be laid out and mapped again: one line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from rnnviz.core.sequences.base import Files, Sequence
from rnnviz.core.sequences.numbers import NumbersLayout, map_numbers
from rnnviz.core.sequences.text import TextLayout, map_characters
from rnnviz.core.sequences.tokens import TokensLayout, map_tokens

AnyLayout = TextLayout | TokensLayout | NumbersLayout

_MAPS: dict[type, Callable[[Any, Files, int, str, Path | None], Any]] = {
    TextLayout: map_characters,
    TokensLayout: map_tokens,
    NumbersLayout: map_numbers,
}


def map_sequence(
    layout: AnyLayout, files: Files, length: int, name: str = "", path: Path | None = None
) -> Sequence:
    """The sequence of so many steps that lies in these files.

    Raises:
        ValueError: what the files hold makes no sense.
    """
    return cast(Sequence, _MAPS[type(layout)](layout, files, length, name, path))
