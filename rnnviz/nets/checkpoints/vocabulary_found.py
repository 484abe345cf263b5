"""Characters and their ids, found by content in whatever a program saved beside its weights.

"abc"   ["a", "b", "c"]   {"a": 0, "b": 1}   {0: "a", 1: "b"}   {"1": "a", "2": "b"}
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from rnnviz.core.errors import ModelFileError

FIRST_SPECIAL = 0xE000
"""Tokens that are no character get code points of their own, in Unicode's private use area."""
MOST_SPECIAL = 8
_MOST_ABSENT = 2
"""How many ids of a dictionary may stand for nothing, such as padding."""
_DEEPEST = 12
_VOCABULARY = re.compile(r"char|vocab|token|alphabet|letter|symbol", re.IGNORECASE)
_BYTE = re.compile(r"\[(\d{3})\]")


@dataclass(frozen=True)
class NamedCharacters:
    """V distinct characters in the order of their ids, and what had to be assumed."""

    characters: tuple[str, ...]
    notes: tuple[str, ...] = ()


def vocabulary_in(content: Any, size: int) -> NamedCharacters | None:
    """The vocabulary of this size somewhere inside, outermost first; None if there is none.

    Raises:
        ModelFileError: the vocabulary is one of words.
    """
    found = [
        (place, named)
        for place, value in _everything(content)
        if (named := characters_of(value, size) or _code_points(place, value, size)) is not None
    ]
    if not found:
        return None
    place, first = found[0]
    differing = [other for other, named in found if named.characters != first.characters]
    if differing:
        note = f"{place} and {differing[0]} order the characters differently; {place} was taken"
        return NamedCharacters(first.characters, (*first.notes, note))
    return first


def characters_of(value: Any, size: int) -> NamedCharacters | None:
    """The characters that this value names, if it names exactly `size`; else None.

    Raises:
        ModelFileError: it names words.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.ndim == 1 else None
    elif isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str | list | tuple):
        tokens: list[Any] = list(value) if len(value) == size else []
    elif isinstance(value, Mapping):
        tokens = _by_id(value, size)
    else:
        return None
    if not tokens or not all(token is None or isinstance(token, str) for token in tokens):
        return None
    return as_characters(tokens)


def _code_points(place: str, value: Any, size: int) -> NamedCharacters | None:
    """The characters of a list of code points, if its name says that it is one."""
    if isinstance(value, np.ndarray | Tensor):
        value = value.tolist()
    if not isinstance(value, list | tuple) or len(value) != size or not _VOCABULARY.search(place):
        return None
    if not all(type(code) is int and 0 <= code < FIRST_SPECIAL for code in value):
        return None
    # The numbers from 0 on are as likely ids.
    if len(set(value)) != size or max(value) < size:
        return None
    note = f"the numbers in {place} are taken for code points"
    return NamedCharacters(tuple(map(chr, value)), (note,))


def as_characters(tokens: Sequence[str | None]) -> NamedCharacters | None:
    """Tokens as single characters; None if one is named twice.

    A missing token, or one such as `<pad>`, becomes a private-use character. torch-rnn writes bytes
    above 127 as `[195]`; these become the Latin-1 character of that number.

    Raises:
        ModelFileError: most tokens are words.
    """
    characters, special, notes = [], 0, []
    for number, token in enumerate(tokens):
        as_byte = _BYTE.fullmatch(token) if token else None
        if token is not None and len(token) == 1:
            characters.append(token)
        elif as_byte and int(as_byte[1]) < 256:
            characters.append(chr(int(as_byte[1])))
        else:
            characters.append(chr(FIRST_SPECIAL + special % 6400))
            special += 1
            shown = "without a character" if token is None else repr(token[:20])
            notes.append(f"token {number} ({shown}) is shown as U+{ord(characters[-1]):04X}")
    if special > max(MOST_SPECIAL, len(tokens) // 10):
        words = ", ".join(repr(token[:20]) for token in tokens if token and len(token) > 1)[:80]
        raise ModelFileError(
            f"the vocabulary holds words or word pieces ({words}, ...); only models of single "
            "characters can be shown"
        )
    if len(set(characters)) != len(characters):
        return None
    return NamedCharacters(tuple(characters), tuple(notes))


def _by_id(value: Mapping[Any, Any], size: int) -> list[Any]:
    """The tokens of a mapping in either direction, in the order of their ids; [] if it is none."""
    pairs: dict[int, Any] = {}
    for key, other in value.items():
        if type(other) is int and isinstance(key, str):
            number, token = other, key
        elif isinstance(other, str) and (type(key) is int or _is_number(key)):
            number, token = int(key), other
        else:
            return []
        if number in pairs:
            return []
        pairs[number] = token
    absent = size - len(pairs)
    if not 0 <= absent <= _MOST_ABSENT or absent >= len(pairs) or min(pairs) < 0:
        return []
    first = 1 if len(pairs) == size and min(pairs) == 1 else 0
    if max(pairs) - first >= size:
        return []
    return [pairs.get(number + first) for number in range(size)]


def _is_number(key: Any) -> bool:
    return isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 9


def _everything(content: Any) -> Iterator[tuple[str, Any]]:
    """Every value inside, with the keys that lead to it, outermost first."""
    waiting: deque[tuple[str, Any, int]] = deque([("the file", content, 0)])
    seen: set[int] = set()
    while waiting:
        place, value, depth = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        value = vars(value) if isinstance(value, Namespace) else value
        yield place, value
        if depth < _DEEPEST:
            if isinstance(value, Mapping):
                inside = [(str(key), below) for key, below in value.items()]
            elif isinstance(value, list | tuple) and len(value) <= 100:
                inside = [(str(number), below) for number, below in enumerate(value)]
            else:
                continue
            waiting.extend((key, below, depth + 1) for key, below in inside)
