"""Tensors as files keep them: a view of a block of numbers, by sizes and strides from an offset."""

from __future__ import annotations

import math
from collections.abc import Sequence


def view_fits(size: Sequence[int], stride: Sequence[int], offset: int, count: int) -> bool:
    """Whether a block of `count` numbers holds a view of these sizes; an empty view fits always.

    >>> view_fits((2, 3), (3, 1), 0, 6), view_fits((2, 3), (3, 1), 1, 6)
    (True, False)
    """
    elements = math.prod(size)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    return not elements or (elements <= count and last < count)
