"""Which examples are held out: their texts alone decide, so that equal ones stay together."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

Example = TypeVar("Example")


def parted(
    examples: Sequence[Example], text: Callable[[Example], str], share: float, seed: int = 0
) -> tuple[list[Example], list[Example]]:
    """The examples to train on, and those held out: which these are follows from their texts."""
    limit = held_out_below(share, len(examples))
    held = [draw_of(text(example), seed) < limit for example in examples]
    pairs = list(zip(examples, held, strict=True))
    return [each for each, out in pairs if not out], [each for each, out in pairs if out]


def held_out_below(share: float, count: int) -> int:
    """What `draw_of` stays below for this share of so many, or for so many of them above 1."""
    portion = share / max(1, count) if share > 1 else share
    return round(portion * 2**32)


def draw_of(sentence: str, seed: int) -> int:
    """A number below 2^32 that looks random and is the same for the same sentence and seed."""
    folded = " ".join(unicodedata.normalize("NFC", sentence).casefold().split())
    return zlib.crc32(f"{seed}/{folded}/{seed}".encode("utf-8", "surrogatepass"))
