"""Pairs of sentences from files: two columns in one file, or two files line by line."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rnnviz.core.errors import TextError
from rnnviz.core.reading import memory_left, read_small
from rnnviz.core.sequences.decoding import decode

Pair = tuple[str, str]
Example = TypeVar("Example")
_PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\x00": lzma.open}
"""How packed files begin, and what unpacks them."""
_LARGEST_BYTES = 1 << 33
_NO_BLANKS = re.compile(r"[^ \t\n\r\f\v]+")
_BARS = "|||"
"""What fast_align and others write between source and target."""


def words_between_blanks(text: str) -> list[str]:
    r"""The words as links count them: blanks are those of ASCII, as other programs split at.

    >>> words_between_blanks("It is\u2028late\u00a0now .")
    ['It', 'is\u2028late\xa0now', '.']
    """
    return _NO_BLANKS.findall(text)


def read_lines(path: Path, told: Callable[[str], None] = lambda said: None) -> list[str]:
    """The lines of a text file in any encoding (see `decoding`), also of a `.gz` or `.xz`.

    A line ends with a line feed, with or without a carriage return, and with nothing else: what
    Unicode calls a line separator may stand within a sentence. Where bare carriage returns are the
    only line ends, they are.

    Args:
        told: how the file was read, where that is unusual.

    Raises:
        TextError: it cannot be read, or is no text.
    """
    try:
        limit = min(_LARGEST_BYTES, memory_left() // 8)
        data = read_small(path, limit)
        unpack = next((opening for mark, opening in _PACKED.items() if data.startswith(mark)), None)
        if unpack is not None:
            with unpack(io.BytesIO(data)) as packed:
                data = packed.read(limit + 1)
            if len(data) > limit:
                raise TextError(
                    f"{path.name} unpacks to more than {limit:,} bytes, which is more than can be "
                    "read here; give a part of it"
                )
        text, how = decode(data, path.name)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise TextError(f"cannot read {path}: {said}") from error
    if how != "UTF-8":
        told(f"{path.name} was read as {how}")
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    lines = text.split("\n")
    return [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def read_pairs(
    paths: Sequence[Path], swap: bool = False, told: Callable[[str], None] = lambda said: None
) -> list[Pair]:
    """Source and target sentences.

    Args:
        paths: one file, source and target separated by a tab (further columns are left out) or by
            `|||`, or two files of as many lines. Several files of two columns are read one after
            the other.
        swap: the second column, or file, is the source.
        told: how a file was read, where that is unusual.

    Raises:
        TextError: no pairs, unequal line counts, or a line without a tab.
    """
    if len(paths) == 2 and not all(_has_columns(path) for path in paths):
        pairs = _two_files(paths[0], paths[1], told)
    else:
        pairs = [pair for path in paths for pair in _two_columns(path, told)]
    pairs = [(a, b) for a, b in pairs if a.strip() and b.strip()]
    if not pairs:
        names = ", ".join(path.name for path in paths)
        raise TextError(f"{names} holds no pair of sentences; choose another corpus")
    return [(b, a) for a, b in pairs] if swap else pairs


def _has_columns(path: Path) -> bool:
    return any("\t" in line or _BARS in line for line in read_lines(path)[:10])


def _two_files(first: Path, second: Path, told: Callable[[str], None]) -> list[Pair]:
    sources, targets = read_lines(first, told), read_lines(second, told)
    if len(sources) != len(targets):
        raise TextError(
            f"{first.name} has {len(sources):,} lines and {second.name} {len(targets):,}; line by "
            "line they must be translations of each other, so the counts must agree"
        )
    return list(zip(sources, targets, strict=True))


def _two_columns(path: Path, told: Callable[[str], None]) -> list[Pair]:
    pairs = []
    for number, line in enumerate(read_lines(path, told), 1):
        if not line.strip():
            continue
        columns = line.split("\t") if "\t" in line else line.split(_BARS)
        if len(columns) < 2:
            raise TextError(
                f"line {number:,} of {path.name} has no tab: {line[:60]!r}; a corpus is one file "
                "with a tab between source and target, or two files"
            )
        pairs.append((columns[0], columns[1]))
    return pairs


def hold_out(pairs: Sequence[Pair], share: float, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on, and those held out.

    A source sentence is held out with all its translations, and whatever else has one of those
    translations is left out of both parts; so nothing held out was ever seen on either side. Which
    sentences these are follows from their letters and the seed, not from their order.

    Args:
        share: of the sources; above 1, about so many of them.
    """
    sources = {pair[0] for pair in pairs}
    limit = _limit(share, len(sources))
    held_sources = {source for source in sources if draw_of(source, seed) < limit}
    held = [pair for pair in pairs if pair[0] in held_sources]
    held_targets = {pair[1] for pair in held}
    kept = [pair for pair in pairs if pair[0] not in held_sources and pair[1] not in held_targets]
    return kept, held


def parted(
    examples: Sequence[Example], text: Callable[[Example], str], share: float, seed: int = 0
) -> tuple[list[Example], list[Example]]:
    """The examples to train on, and those held out: which these are follows from their texts."""
    limit = _limit(share, len(examples))
    held = [draw_of(text(example), seed) < limit for example in examples]
    pairs = list(zip(examples, held, strict=True))
    return [each for each, out in pairs if not out], [each for each, out in pairs if out]


def _limit(share: float, count: int) -> int:
    """What `draw_of` stays below for this share of so many, or for so many of them above 1."""
    portion = share / max(1, count) if share > 1 else share
    return round(portion * 2**32)


def draw_of(sentence: str, seed: int) -> int:
    """A number below 2^32 that looks random and is the same for the same sentence and seed."""
    folded = " ".join(unicodedata.normalize("NFC", sentence).casefold().split())
    return zlib.crc32(f"{seed}/{folded}/{seed}".encode("utf-8", "surrogatepass"))
