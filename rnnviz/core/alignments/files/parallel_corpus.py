"""Pairs of sentences from files: two columns in one file, or two files line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.files.held_out import draw_of, held_out_below
from rnnviz.core.sequences.texts.lines import read_lines

Pair = tuple[str, str]
_NO_BLANKS = re.compile(r"[^ \t\n\r\f\v]+")
_BARS = "|||"
"""What fast_align and others write between source and target."""


def words_between_blanks(text: str) -> list[str]:
    r"""The words as links count them: blanks are those of ASCII, as other programs split at.

    >>> words_between_blanks("It is\u2028late\u00a0now .")
    ['It', 'is\u2028late\xa0now', '.']
    """
    return _NO_BLANKS.findall(text)


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
    limit = held_out_below(share, len(sources))
    held_sources = {source for source in sources if draw_of(source, seed) < limit}
    held = [pair for pair in pairs if pair[0] in held_sources]
    held_targets = {pair[1] for pair in held}
    kept = [pair for pair in pairs if pair[0] not in held_sources and pair[1] not in held_targets]
    return kept, held
