"""BLEU of a corpus (Papineni et al. 2002) as sacrebleu counts it with its tokenizer 13a."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Sequence

_ORDER = 4
_SIGNS = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def tokens_13a(line: str) -> list[str]:
    """The tokens of a line by the rules of mteval-v13a.

    >>> tokens_13a("Hello, world: 3.5!")
    ['Hello', ',', 'world', ':', '3.5', '!']
    """
    line = html.unescape(line.replace("<skipped>", "").replace("-\n", "").replace("\n", " "))
    line = f" {line} "
    for pattern, put in _SIGNS:
        line = pattern.sub(put, line)
    return line.split()


def _counts(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[at : at + order]) for at in range(len(tokens) - order + 1))


def corpus_bleu(translations: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """BLEU from 0 to 100; each translation may have several references.

    >>> corpus_bleu(["the cat sat on the mat"], [["the cat sat on the mat"]])
    100.0
    """
    right, made = [0] * _ORDER, [0] * _ORDER
    length = reference_length = 0
    for line, wanted in zip(translations, references, strict=True):
        tokens, others = tokens_13a(line), [tokens_13a(other) for other in wanted]
        length += len(tokens)
        reference_length += min(
            (len(other) for other in others), key=lambda n: (abs(n - len(tokens)), n)
        )
        for order in range(_ORDER):
            allowed: Counter[tuple[str, ...]] = Counter()
            for other in others:
                allowed |= _counts(other, order + 1)
            found = _counts(tokens, order + 1)
            right[order] += sum((found & allowed).values())
            made[order] += sum(found.values())
    return _score(right, made, length, reference_length)


def _score(right: list[int], made: list[int], length: int, reference_length: int) -> float:
    """The geometric mean of the precisions, smoothed, with the brevity penalty."""
    if not any(right) or length == 0:
        return 0.0
    logs, smooth = 0.0, 1.0
    orders = [order for order in range(_ORDER) if made[order]]
    for order in orders:
        if right[order]:
            precision = right[order] / made[order]
        else:
            smooth *= 2
            precision = 1 / (smooth * made[order])
        logs += math.log(precision)
    if len(orders) < _ORDER:
        return 0.0
    brevity = 1.0 if length >= reference_length else math.exp(1 - reference_length / length)
    return 100 * brevity * math.exp(logs / _ORDER)
