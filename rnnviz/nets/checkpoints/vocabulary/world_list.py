"""The list of RWKV World: an id from 1 on, a token as Python writes it, how many bytes that is."""

from __future__ import annotations

import ast
import re

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.vocabulary.found import PADDED, NamedCharacters, as_longest_bytes
from rnnviz.nets.sequence.symbols.byte_tokens import spelled
from rnnviz.nets.sequence.symbols.longest_bytes import END

_LINE = re.compile(r"""(\d{1,7}) (b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")) (\d{1,4})""", re.ASCII)
_LONGEST_LINE = 4096
_TOLD_BY = 3


def is_world_list(start: str) -> bool:
    """Whether a text that starts so is such a list."""
    lines = start.split("\n")[:_TOLD_BY]
    return len(lines) == _TOLD_BY and all(_LINE.fullmatch(line.rstrip("\r")) for line in lines)


def world_tokens(content: str, file: str, size: int) -> NamedCharacters:
    """The tokens in the order of their ids; those that an embedding has more are numbers.

    Raises:
        ModelFileError: damaged, or of another size.
    """
    found: dict[int, bytes] = {}
    lines = content.replace("\r\n", "\n").rstrip("\n").split("\n")
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        raw = _literal(match[2]) if match else None
        if match is None or raw is None or len(raw) != int(match[3]):
            raise ModelFileError(
                f"line {number:,} of {file} is no id, token and length of it as in the list of "
                "RWKV World: it is damaged"
            )
        found[int(match[1])] = raw
    whole = len(found) == len(set(found.values())) == len(lines)
    singles = {one for one in found.values() if len(one) == 1}
    if not whole or sorted(found) != list(range(1, len(lines) + 1)) or len(singles) < 256:
        raise ModelFileError(
            f"{file} is a list as RWKV World's whose ids are not 1 to {len(lines):,}, that names "
            "tokens twice, or that lacks some of the 256 bytes: it is damaged"
        )
    known = len(found) + 1
    if not 0 <= size - known < PADDED:
        raise ModelFileError(
            f"{file} lists {known:,} tokens with the end, but the network expects {size:,}; choose "
            "another vocabulary file or the training text"
        )
    tokens = [END, *(spelled(found[number]) for number in range(1, known))]
    more = [f"<no token {number}>" for number in range(known, size)]
    return as_longest_bytes([*tokens, *more])


def _literal(written: str) -> bytes | None:
    """The bytes of a string or of bytes as Python writes them; nothing is run."""
    try:
        value = ast.literal_eval(written)
        return value.encode() if isinstance(value, str) else bytes(value)
    except (ValueError, SyntaxError):
        return None
