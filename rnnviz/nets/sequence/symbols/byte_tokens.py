"""Tokens that are bytes, as names: 256 printable characters, one a byte (as in GPT-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt


class ByteTokenizer(Protocol):
    """Cuts texts into tokens that are bytes."""

    def bytes_of(self, symbol: int) -> bytes:
        """What a token stands for."""

    def cut(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text's tokens, and the characters that each completes."""


def _alphabet() -> dict[str, int]:
    """Each byte by the character that stands for it: itself where it is printable."""
    own = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
    others = [byte for byte in range(256) if byte not in own]
    found = {chr(byte): byte for byte in own}
    return found | {chr(256 + place): byte for place, byte in enumerate(others)}


ALPHABET: Mapping[str, int] = _alphabet()
_OF_BYTE = {byte: character for character, byte in ALPHABET.items()}


def in_alphabet(token: str) -> bool:
    """Whether this may be the name of bytes."""
    return ALPHABET.keys() >= set(token)


def spelled(raw: bytes) -> str:
    """The name of these bytes."""
    return "".join(_OF_BYTE[one] for one in raw)


def raw_of(name: str) -> bytes:
    """The bytes that this name spells; of a token `in_alphabet`."""
    return bytes(ALPHABET[one] for one in name)


def characters_ended(raw: bytes) -> npt.NDArray[np.int64]:
    """How many characters of a text in UTF-8 have ended before each of its B bytes, (B + 1,)."""
    starts = (np.frombuffer(raw, np.uint8) & 0xC0) != 0x80
    begun = np.concatenate([[0], np.cumsum(starts)])
    return begun - np.append(~starts, False)
