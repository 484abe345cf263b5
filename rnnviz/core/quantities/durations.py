"""Spans of time and rates as people say them."""

from __future__ import annotations

import math


def duration_in_words(seconds: float) -> str:
    """The two largest units; a dash where it is unknown.

    >>> [duration_in_words(s) for s in (0.4, 59, 61, 3725, 200_000, float("nan"))]
    ['0 s', '59 s', '1 min 1 s', '1 h 2 min', '2 d 7 h', '–']
    """
    if not math.isfinite(seconds):
        return "–"
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    for unit, smaller, size, part in (
        ("min", "s", 60, 1), ("h", "min", 3600, 60), ("d", "h", 86_400, 3600)
    ):  # fmt: skip
        if whole < size * {"min": 60, "h": 24, "d": 10**6}[unit]:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return "–"


def rate_in_words(per_second: float, what: str) -> str:
    """So many a second, or a minute where it is slow.

    >>> rate_in_words(12_345.6, "characters"), rate_in_words(0.02, "steps")
    ('12,346 characters/s', '1.2 steps/min')
    """
    if not math.isfinite(per_second):
        return "–"
    if per_second < 0.1:
        return f"{per_second * 60:.1f} {what}/min"
    if per_second < 100:
        return f"{per_second:.1f} {what}/s"
    return f"{per_second:,.0f} {what}/s"
