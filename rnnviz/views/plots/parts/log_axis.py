"""An axis of powers of ten: places are logarithms, the numbers at its ticks are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnviz.views.plots.parts.axes import NumberAxis, TickLevels, number

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SPARSER = (
    (1, (1, 2, 3, 4, 5, 6, 7, 8, 9)), (1, (1, 2, 5)), (1, (1, 3)), (1, (1,)), (2, (1,)), (3, (1,)),
    (5, (1,)), (10, (1,)), (50, (1,)),
)  # fmt: skip
"""Every so many powers of ten, and which multiples of them get a tick."""
_ROOM = {True: 18.0, False: 56.0}
"""Pixels that a tick's number needs, on an upright axis and on a lying one."""


def plain(value: float) -> str:
    """A tick's number without waste: 0.02, 500, 12,000, 10⁻⁷.

    >>> [plain(each) for each in (0.02, 500.0, 12_000.0, 1e-7, 2e9, 0.0)]
    ['0.02', '500', '12,000', '10⁻⁷', '2·10⁹', '0']
    """
    if value == 0:
        return "0"
    power = int(np.floor(np.log10(abs(value)) + 1e-9))
    if -4 <= power <= 5:
        return (
            f"{value:,.{max(0, 2 - power)}f}".rstrip("0").rstrip(".")
            if power < 2
            else (f"{value:,.0f}")
        )
    factor = value / 10.0**power
    head = "" if abs(factor - 1) < 1e-6 else f"{factor:.3g}·"
    return f"{head}10{str(power).translate(_SUPERSCRIPTS)}"


class LogAxis(NumberAxis):
    """Numbers as people write them; with `set_log(True)`, of values whose logarithms are drawn."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._log = False

    def set_log(self, log: bool) -> None:
        """Whether the places are logarithms to the base of ten."""
        self._log = log
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> TickLevels:
        """In log mode 1, 2 and 5 of every power of ten, or fewer, or more, as there is room."""
        if not self._log:
            return super().tickValues(low, high, size)
        low, high = sorted((low, high))
        first, last = int(np.floor(low)) - 1, int(np.ceil(high)) + 1
        upright = self.orientation in ("left", "right")
        # As much as usual, and more where the words were made larger.
        needed = max(_ROOM[upright], self.room_of(("10,000",)))
        room = needed * (high - low) / max(1.0, size)
        for every, factors in _SPARSER:
            powers = [power for power in range(first, last) if power % every == 0]
            ticks = [power + np.log10(factor) for power in powers for factor in factors]
            seen = [float(tick) for tick in ticks if low <= tick <= high]
            if len(seen) > 1 and np.diff(seen).min() >= room:
                return [(1.0, seen)]
        linear = self.even_ticks(10**low, 10**high, size)[:1]
        kept: list[float] = []
        for place in (float(np.log10(v)) for _, values in linear for v in values if v > 0):
            if not kept or place - kept[-1] >= room:
                kept.append(place)
        return [(1.0, kept)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The numbers themselves."""
        if not self._log:
            if spacing < 1e-3 or spacing >= 1e6:
                return [plain(value * scale) for value in values]
            return [number(value * scale, spacing) for value in values]
        return [plain(float(f"{10.0**value:.4g}")) for value in values]
