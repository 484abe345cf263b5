"""Types of argparse for numbers, which are read as in the window: what is doubtful is refused."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from rnnviz.core.quantities.typed_numbers import NotANumber, read_number, read_numbers, read_whole

Read = TypeVar("Read")
_LARGEST = (1 << 63) - 1
"""No more are counted by torch and numpy."""


def number(words: str) -> float:
    """An argparse type: a number as people of any country write it, or a refusal that says why."""
    return _read(read_number, words)


def whole(words: str) -> int:
    """An argparse type: a whole number that counts or numbers something here."""
    found = _read(read_whole, words)
    if abs(found) > _LARGEST:
        raise argparse.ArgumentTypeError(f"{words[:40]} is too large: at most {_LARGEST:,}")
    return found


def count(words: str) -> int:
    """An argparse type: a whole number of things, at least one."""
    found = whole(words)
    if found < 1:
        raise argparse.ArgumentTypeError(f"{words} are too few: at least 1")
    return found


def numbers(words: str) -> tuple[float, ...]:
    """An argparse type: numbers between semicolons, commas or blanks.

    With a comma that could stand before a decimal nothing is guessed: `0,4` is refused, `0.4,0.8`
    and `0,4;0,8` are two.
    """
    return _read(read_numbers, words)


def _read(reader: Callable[[str], Read], words: str) -> Read:
    try:
        return reader(words)
    except NotANumber as error:
        raise argparse.ArgumentTypeError(str(error)) from None
