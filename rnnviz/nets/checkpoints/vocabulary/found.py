"""Symbols and their ids, found by content in whatever a program saved beside its weights.

"abc"   ["a", "b", "c"]   {"a": 0, "b": 1}   {0: "a", 1: "b"}   {"1": "a", "2": "b"}   [b"a", b"b"]

Characters, bytes, halves of characters and words are told apart by what the symbols are.
"""

from __future__ import annotations

import re
import string
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import HALF
from rnnviz.nets.checkpoints.pytorch.inert_pickle import Instance
from rnnviz.nets.sequence.symbols.byte_pairs import BYTE_LEVEL, in_order, is_byte_level
from rnnviz.nets.sequence.symbols.longest_bytes import END, LONGEST

FIRST_SPECIAL = 0xE000
"""Tokens that are no character get code points of their own, in Unicode's private use area."""
MOST_SPECIAL = 8
PADDED = 128
"""Programs make an embedding longer than its vocabulary, to a multiple of this at most."""
_NUMBERS = (int, float, type(None), Tensor)
_LEAVES = (str, *_NUMBERS)
"""What holds nothing; asked before `Mapping`, which takes longer than all the rest."""
_SHORT = 16
_MANY = 100
"""So many strings are no names of columns or settings."""
_MOST_ABSENT = 2
"""How many ids of a dictionary may stand for nothing, such as padding."""
_DEEPEST = 12
_VOCABULARY = re.compile(r"char|vocab|token|alphabet|letter|symbol", re.IGNORECASE)
_CLASSES = re.compile(r"class|label|tag|categor|target|sentiment", re.IGNORECASE)
_BYTE = re.compile(r"\[(\d{3})\]|<0x([0-9A-Fa-f]{2})>")
_SPECIAL = re.compile(
    r"<\W?[\w -]{1,16}\W?>|\[(PAD|UNK|CLS|SEP|MASK|BOS|EOS)\]"
    r"|xx(unk|pad|bos|eos|fld|maj|up|rep|wrep)|_+(PAD|UNK|GO|EOS|BOS)_*|PAD|UNK|SOS|EOS|BOS|UNKNOWN",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"<?\W*(unk|unknown|oov|xxunk)\W*>?", re.IGNORECASE)
_PADDING = re.compile(r"[<\[_]*pad(ding)?[>\]_]*", re.IGNORECASE)
_PIECES = re.compile(r"^(##|▁|Ġ).|.(@@|</w>)$")
_WITH_STOP = re.compile(r"\w[.,;:!?\"]+")
Unit = Literal["characters", "words", "subwords", "bytes", "halves"]


@dataclass(frozen=True)
class NamedCharacters:
    """V distinct symbols in the order of their ids, and what had to be assumed."""

    characters: tuple[str, ...]
    notes: tuple[str, ...] = ()
    unit: Unit = "characters"
    lower: bool = False
    """Texts are put in lower case first."""
    tokenizer: str = ""
    """Words: `blanks` if they are what stands between blanks, `letters` without signs. Subwords:
    `byte-level` or `longest-bytes`."""
    unknown: str = ""
    """The symbol that stands for what is not in the vocabulary."""
    how: str = "as in the vocabulary file"
    """How a file says so, for people."""


def vocabulary_in(content: Any, size: int) -> NamedCharacters | None:
    """The vocabulary of this size somewhere inside, outermost first; None if there is none.

    Raises:
        ModelFileError: the vocabulary is one of word pieces, whose tokenizer is not known.
    """
    found = [
        (place, named)
        for place, value in everything(content)
        if not _is_a_setting(place, value)
        and (named := characters_of(value, size) or _code_points(place, value, size)) is not None
    ]
    if not found:
        return None
    place, first = found[0]
    differing = [other for other, named in found if named.characters != first.characters]
    if differing:
        note = f"{place} and {differing[0]} order the characters differently; {place} was taken"
        return replace(first, notes=(*first.notes, note))
    return first


def _is_a_setting(place: str, value: Any) -> bool:
    """Whether a short string is rather a setting, such as `tanh`, than four characters."""
    return isinstance(value, str) and len(value) < _SHORT and not _VOCABULARY.search(place)


def classes_in(content: Any, size: int, not_these: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of this many classes somewhere inside; empty if there are none."""
    for place, value in everything(content):
        if not _CLASSES.search(place):
            continue
        tokens = tokens_of(value, size)
        named = tokens and all(isinstance(token, str | int) for token in tokens)
        if named and len(set(tokens)) == size and tuple(tokens) != tuple(not_these):
            return tuple(map(str, tokens))
    return ()


def sizes_in(content: Any) -> frozenset[int]:
    """How many symbols the vocabularies inside have."""
    found = set()
    for place, value in everything(content):
        if _is_a_setting(place, value) or isinstance(value, _NUMBERS):
            continue
        held = value.items or value.listed if isinstance(value, Instance) else value
        if not isinstance(held, Mapping | list | tuple | str) or not 1 < len(held) < 1 << 22:
            continue
        tokens = tokens_of(held, len(held))
        single = sum(isinstance(token, str) and len(token) == 1 for token in tokens)
        if 2 * single > len(tokens) or len(tokens) > _MANY:
            named = all(isinstance(token, str) for token in tokens)
            if named and len(set(tokens)) == len(tokens):
                found.add(len(tokens))
    return frozenset(found)


def characters_of(value: Any, size: int) -> NamedCharacters | None:
    """The symbols that this value names, if it names exactly `size`; else None.

    Raises:
        ModelFileError: it names word pieces.
    """
    tokens = tokens_of(value, size)
    if not tokens or not all(token is None or isinstance(token, str) for token in tokens):
        return None
    return as_characters(tokens)


def tokens_of(value: Any, size: int) -> list[Any]:
    """The tokens of a list or of a mapping in either direction; [] if it does not name so many."""
    if isinstance(value, _NUMBERS):
        return []
    if isinstance(value, Instance):
        value = value.items or value.listed
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.ndim == 1 else None
    elif isinstance(value, bytes | bytearray):
        value = bytes(value).decode("latin-1")
    if isinstance(value, str | list | tuple):
        return _decoded(list(value)) if len(value) == size else []
    if isinstance(value, Mapping):
        return _by_id(value, size)
    return []


def _decoded(tokens: list[Any]) -> list[Any]:
    """Tokens that are bytes as text: as UTF-8, or, where one is no UTF-8, as single bytes."""
    if not any(isinstance(token, bytes) for token in tokens):
        return tokens
    try:
        return [token.decode() if isinstance(token, bytes) else token for token in tokens]
    except UnicodeDecodeError:
        return [
            f"[{token[0]:03d}]" if isinstance(token, bytes) and len(token) == 1 and token[0] > 127
            else token.decode("utf-8", "replace") if isinstance(token, bytes) else token
            for token in tokens
        ]  # fmt: skip


def _code_points(place: str, value: Any, size: int) -> NamedCharacters | None:
    """The characters of a list of code points, if its name says that it is one."""
    if isinstance(value, np.ndarray | Tensor):
        value = value.tolist() if tuple(value.shape) == (size,) else None
    if not isinstance(value, list | tuple) or len(value) != size or not _VOCABULARY.search(place):
        return None
    if not all(type(code) is int and 0 <= code < FIRST_SPECIAL for code in value):
        return None
    # The numbers from 0 on are as likely ids.
    if len(set(value)) != size or max(value) < size:
        return None
    note = f"the numbers in {place} are taken for code points"
    found = as_characters([chr(code) for code in value])
    return None if found is None else replace(found, notes=(note, *found.notes))


def as_characters(tokens: Sequence[str | None]) -> NamedCharacters | None:
    """Tokens as what a network reads: characters, bytes, halves of characters, or words.

    Among characters a missing token, or one such as `<pad>`, becomes a private-use character.
    torch-rnn writes bytes above 127 as `[195]`.

    Returns:
        None if one is named twice.

    Raises:
        ModelFileError: most tokens are pieces of words.
    """
    named = [token for token in tokens if token is not None]
    if len(set(named)) != len(named):
        return None
    if is_byte_level(tokens):
        longest = tokens[0] == END and len(named) == len(tokens)
        return as_longest_bytes(named) if longest else as_byte_pairs(tokens)
    longer = [token for token in tokens if token and len(token) > 1 and not _BYTE.fullmatch(token)]
    words = [token for token in longer if not _SPECIAL.fullmatch(token)]
    few = max(2, len(tokens) // 4)
    if len(words) > min(few, max(MOST_SPECIAL, len(tokens) // 10)):
        return as_words(tokens)
    if len(words) > len(tokens) // 2:
        return None  # some strings, but no characters
    return _single(tokens)


def _single(tokens: Sequence[str | None]) -> NamedCharacters | None:
    """Tokens most of which are characters, bytes or halves of characters."""
    characters: list[str] = []
    notes: list[str] = []
    special, unit = 0, _unit_of(tokens)
    for number, token in enumerate(tokens):
        as_byte = _BYTE.fullmatch(token) if token else None
        if token is not None and len(token) == 1:
            half = 0xD800 <= ord(token) < 0xE000
            characters.append(chr(HALF + ord(token)) if half else token)
        elif as_byte and (code := int(as_byte[1]) if as_byte[1] else int(as_byte[2], 16)) < 256:
            characters.append(chr(code))
        else:
            characters.append(chr(FIRST_SPECIAL + special % 6400))
            special += 1
            shown = "without a character" if token is None else repr(token[:20])
            notes.append(f"token {number} ({shown}) is shown as U+{ord(characters[-1]):04X}")
    if len(set(characters)) != len(characters):
        return None
    if unit == "bytes":
        notes.insert(0, "it reads the bytes of UTF-8, not characters; texts are cut into these")
    elif unit == "halves":
        notes.insert(
            0,
            "its vocabulary holds halves of characters (UTF-16 surrogates): a character above "
            "U+FFFF is two steps",
        )
    lower = unit == "characters" and _without_capitals(characters)
    if lower:
        notes.append("it knows a to z and no capital: texts are put in lower case first")
    return NamedCharacters(tuple(characters), tuple(notes), unit, lower)


def _without_capitals(characters: Sequence[str]) -> bool:
    """Whether these are a whole alphabet and no capital, as of a text put in lower case."""
    alphabet = set(string.ascii_lowercase) <= set(characters)
    return alphabet and all(one == one.lower() for one in characters)


def stands_for_nothing(symbol: str) -> bool:
    """Whether a symbol of a vocabulary is padding, or an id without a character."""
    return bool(_PADDING.fullmatch(symbol)) or symbol == "<0>" or symbol == chr(FIRST_SPECIAL)


def _unit_of(tokens: Sequence[str | None]) -> Unit:
    """Whether single tokens are characters, bytes or halves of characters."""
    single = [token for token in tokens if token and len(token) == 1]
    codes = {ord(token) for token in single}
    if any(0xD800 <= code < 0xE000 or 0xD800 <= code - HALF < 0xE000 for code in codes):
        return "halves"
    if any(token and _BYTE.fullmatch(token) for token in tokens):
        return "bytes"
    # U+0080 to U+009F stand in no text; beside bytes that begin letters they are bytes themselves.
    within = max(codes, default=0) < 256
    leads = any(0xC2 <= code <= 0xF4 for code in codes)
    follow = any(0x80 <= code < 0xA0 for code in codes)
    return "bytes" if within and leads and follow else "characters"


def as_byte_pairs(tokens: Sequence[str | None]) -> NamedCharacters:
    """Tokens that are byte-level pairs.

    Raises:
        ModelFileError: their ids do not tell in which order they are merged.
    """
    named = tuple(f"<{number}>" if one is None else one for number, one in enumerate(tokens))
    if not in_order(named):
        raise ModelFileError(
            "the vocabulary holds pairs of bytes (as GPT-2's) whose ids are not in the order in "
            "which they are merged; only such as are can be read here"
        )
    note = "it reads pairs of bytes as GPT-2 does, merged in the order of their ids"
    return NamedCharacters(named, (note,), "subwords", tokenizer=BYTE_LEVEL)


def as_longest_bytes(tokens: Sequence[str]) -> NamedCharacters:
    """Tokens that are bytes, of which a text is cut into the longest; the first is `END`."""
    note = "it reads bytes as RWKV World does, in the longest tokens that the text goes on with"
    return NamedCharacters(tuple(tokens), (note,), "subwords", tokenizer=LONGEST)


def as_words(tokens: Sequence[str | None]) -> NamedCharacters | None:
    """Tokens most of which are words.

    Raises:
        ModelFileError: they are pieces of words.
    """
    named = [f"<{number}>" if token is None else token for number, token in enumerate(tokens)]
    if len(set(named)) != len(named):
        return None
    plain = [token for token in named if not _SPECIAL.fullmatch(token)]
    pieces = [token for token in plain if _PIECES.search(token)]
    if len(pieces) > len(plain) // 20:
        shown = ", ".join(repr(token[:20]) for token in pieces[:4])
        raise ModelFileError(
            f"the vocabulary holds pieces of words ({shown}, ...), whose tokenizer is not known "
            "here; models of characters, bytes and whole words can be shown"
        )
    unknown = next((token for token in named if _UNKNOWN.fullmatch(token)), "")
    stops = sum(bool(_WITH_STOP.fullmatch(token[-8:])) for token in plain[:5000])
    blanks = "<eos>" in named or stops > len(plain[:5000]) // 100
    lower = not any(token != token.lower() for token in plain)
    signs = any(not any(map(str.isalnum, token)) for token in plain)
    # Keras drops the signs of a text; where nothing stands for what is unknown they are passed over
    letters = bool(unknown) and not signs and not blanks
    how = "what stands between blanks" if blanks else "words and signs"
    how = "words without signs" if letters else how
    notes = [f"it reads words ({how}{', in lower case' if lower else ''})"]
    if None in tokens:
        notes.append("some ids have no word; they are shown by their numbers")
    return NamedCharacters(
        tuple(named),
        tuple(notes),
        "words",
        lower,
        "blanks" if blanks else "letters" if letters else "",
        unknown,
    )


def _by_id(value: Mapping[Any, Any], size: int) -> list[Any]:
    """The tokens of a mapping in either direction, in the order of their ids; [] if it is none."""
    pairs: dict[int, Any] = {}
    if not 0 <= size - len(value) <= _MOST_ABSENT:
        return []
    for key, other in value.items():
        if type(other) is int and isinstance(key, str | bytes):
            number, token = other, key
        elif isinstance(other, str | bytes) and (type(key) is int or _is_number(key)):
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
    return _decoded([pairs.get(number + first) for number in range(size)])


def _is_number(key: Any) -> bool:
    return isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 9


def everything(content: Any) -> Iterator[tuple[str, Any]]:
    """Every value inside, with the key that leads to it, outermost first."""
    waiting: deque[tuple[str, Any, int]] = deque([("the file", content, 0)])
    seen: set[int] = set()
    while waiting:
        place, value, depth = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield place, value
        if depth >= _DEEPEST or isinstance(value, _LEAVES):
            continue
        if isinstance(value, Instance):
            # what begins so is torch's own, such as the names of weights
            inside = [(str(k), v) for k, v in value.fields.items() if not str(k).startswith("_")]
            inside += [(str(key), below) for key, below in list(value.items.items())[:100]]
            inside += [(str(number), below) for number, below in enumerate(value.listed[:100])]
        elif isinstance(value, Mapping):
            inside = [
                (str(key), below)
                for key, below in value.items()
                if not isinstance(below, str | int | float | Tensor) or len(value) <= 1000
            ]
        elif isinstance(value, list | tuple) and len(value) <= 100:
            inside = [(str(number), below) for number, below in enumerate(value)]
        else:
            continue
        waiting.extend((key, below, depth + 1) for key, below in inside)
