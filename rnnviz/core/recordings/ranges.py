"""Ranges of steps, (start, stop) each: which of a recording are complete."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ranges = tuple[tuple[int, int], ...]
"""In order, apart from each other, none empty."""


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same steps as ranges in order, those that touch or overlap made one.

    >>> merged([(4, 6), (0, 2), (2, 3), (9, 9)])
    ((0, 3), (4, 6))
    """
    found: list[tuple[int, int]] = []
    for start, stop in sorted(one for one in ranges if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(stop, found[-1][1])
        else:
            found.append((start, stop))
    return tuple(found)


def common(one: Ranges, other: Ranges) -> Ranges:
    """The steps that both have.

    >>> common(((0, 5), (7, 9)), ((3, 8),))
    ((3, 5), (7, 8))
    """
    found: list[tuple[int, int]] = []
    first = second = 0
    while first < len(one) and second < len(other):
        start = max(one[first][0], other[second][0])
        stop = min(one[first][1], other[second][1])
        if start < stop:
            found.append((start, stop))
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return tuple(found)


def without(one: Ranges, other: Ranges) -> Ranges:
    """The steps of one that the other lacks.

    >>> without(((0, 9),), ((2, 3), (8, 12)))
    ((0, 2), (3, 8))
    """
    found: list[tuple[int, int]] = []
    for start, stop in one:
        done = start
        for first, last in common(((start, stop),), other):
            found.append((done, first))
            done = last
        found.append((done, stop))
    return tuple(each for each in found if each[0] < each[1])


def steps_in(ranges: Ranges) -> int:
    """How many steps these are."""
    return sum(stop - start for start, stop in ranges)


def part_of(ranges: Ranges, first: int, last: int) -> Ranges:
    """The steps that are the first-th up to the last-th of these, counted from 0.

    >>> part_of(((10, 12), (20, 25)), 1, 4)
    ((11, 12), (20, 22))
    """
    found: list[tuple[int, int]] = []
    passed = 0
    for start, stop in ranges:
        low, high = max(first - passed, 0), min(last - passed, stop - start)
        if low < high:
            found.append((start + low, start + high))
        passed += stop - start
    return tuple(found)


def holds(ranges: Ranges, step: int) -> bool:
    """Whether this step is among them."""
    return any(start <= step < stop for start, stop in ranges)


def mask(ranges: Ranges, start: int, stop: int) -> npt.NDArray[np.bool_]:
    """Which of the steps from start to stop are among them, (stop - start,)."""
    found = np.zeros(max(0, stop - start), bool)
    for first, last in common(ranges, ((start, stop),) if start < stop else ()):
        found[first - start : last - start] = True
    return found
