"""Where a count or a position is cut in two, found in constant memory by counting bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.rows import Floats

FloatCodes = npt.NDArray[np.uint32]


def split_level(codes: Callable[[], Iterable[FloatCodes]]) -> float:
    """The label from which on a scalar concept counts as true: the next one above its median.

    Where more than half of the labels are the median itself, "above" and "at least" may split the
    text very unevenly; of the two, the one is taken that comes nearer to halves.

    Args:
        codes: gives the labels, as `float_codes`, in blocks, as often as it is called; the median
            is found by counting the upper and then the lower 16 bits, in constant memory.
    """
    upper = sum((np.bincount(part >> 16, minlength=1 << 16) for part in codes()), np.zeros(1))
    total = int(upper.sum())
    if not total:
        return float("nan")
    rank = (total - 1) // 2
    bucket = int(np.searchsorted(np.cumsum(upper), rank, side="right"))
    below = int(upper[:bucket].sum())
    lower = sum(
        (np.bincount(part[part >> 16 == bucket] & 0xFFFF, minlength=1 << 16) for part in codes()),
        np.zeros(1),
    )
    place = int(np.searchsorted(np.cumsum(lower), rank - below, side="right"))
    less = below + int(lower[:place].sum())
    above = total - less - int(lower[place])
    median = bucket << 16 | place
    if above and abs(total - 2 * above) <= abs(total - 2 * (total - less)):
        larger = (part[part > median] for part in codes())
        return float_of_code(min(int(part.min()) for part in larger if len(part)))
    return float_of_code(median)


def float_codes(values: Floats) -> FloatCodes:
    """Codes that sort as float32 numbers do; minus zero as zero."""
    bits = (values + np.float32(0)).view(np.uint32)
    negative = (bits.view(np.int32) >> 31).view(np.uint32)
    return bits ^ (negative | np.uint32(1 << 31))


def float_of_code(code: int) -> float:
    """The number that `float_codes` turned into this code."""
    bits = code ^ (1 << 31) if code >> 31 else ~code & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
