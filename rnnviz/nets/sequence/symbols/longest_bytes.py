"""The longest token that the text goes on with, byte after byte (RWKV World)."""

from __future__ import annotations

from collections.abc import Sequence

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.sequence.symbols.byte_tokens import characters_ended, in_alphabet, raw_of

LONGEST = "longest-bytes"
"""What `Symbols.tokenizer` says of subwords that are cut so."""
END = "<end of text>"
"""Id 0, in no text. The blanks tell it from bytes, where a blank is written `Ġ`; a vocabulary of
bytes that begins with it is cut so."""


class LongestBytes:
    """Cuts texts into the longest tokens of a vocabulary of bytes.

    A token with a character outside of `ALPHABET` in its name, such as the end, is in no text.

    Raises:
        ModelFileError: there is a byte that no token stands for.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self._bytes: list[bytes] = []
        self._ids: dict[bytes, int] = {}
        for number, token in enumerate(tokens):
            named = in_alphabet(token)
            raw = raw_of(token) if named else token.encode()
            self._bytes.append(raw)
            if named:
                self._ids[raw] = number
        if not all(bytes([one]) in self._ids for one in range(256)):
            raise ModelFileError("the vocabulary lacks some of the 256 bytes: it is damaged")
        # how long the tokens are that begin with the same two bytes, the longest first
        lengths: dict[bytes, set[int]] = {}
        for raw in self._ids:
            if len(raw) > 1:
                lengths.setdefault(raw[:2], set()).add(len(raw))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def bytes_of(self, symbol: int) -> bytes:
        """What a token stands for; of one that is in no text, its name."""
        return self._bytes[symbol]

    def cut(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text's tokens, and the characters that each completes.

        A token that is part of a character only is empty; the one that ends it has its place.
        """
        raw = text.encode("utf-8", "surrogatepass")
        done = characters_ended(raw).tolist()
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        at = 0
        while at < len(raw):
            for length in (*self._lengths.get(raw[at : at + 2], ()), 1):
                token = self._ids.get(raw[at : at + length])
                if token is not None:
                    break
            assert token is not None
            # nearer the end than `length` the slice is shorter, and so is what it matches
            stop = at + len(self._bytes[token])
            ids.append(token)
            spans.append((done[at], done[stop]))
            at = stop
        return ids, spans
