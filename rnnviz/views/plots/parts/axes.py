"""Axes with plain numbers: 12,000 and not 12k; and one that can show the characters themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QFont, QFontMetrics

from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.sequences.text import NEWLINE, Text
from rnnviz.views.text.painting.glyphs import character_name

_PIXELS_PER_CHARACTER = 9
_PIXELS_PER_ROW = 16
_SHOWN = {"\n": "↵", "\t": "→", " ": "·", "\r": "␍"}

_EVERY = (1, 2, 5, 10, 20, 50, 100)
"""Every so many of evenly spaced values get a tick."""
_APART = (1.0, 6.0)
"""Pixels between the numbers of an upright axis and of a lying one."""

TickLevels = list[tuple[float, list[float]]]


def number(value: float, spacing: float) -> str:
    """A tick's number: thousands in groups, as many decimals as the distance to the next needs."""
    decimals = max(0, int(np.ceil(-np.log10(spacing) - 1e-9))) if spacing < 1 else 0
    # What rounds to zero has no minus.
    return shown_number(round(float(value), decimals) + 0.0, f",.{decimals}f")


class NumberAxis(pg.AxisItem):
    """Numbers as people write them."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation, maxTickLength=-4)
        self.enableAutoSIPrefix(False)
        self.setStyle(tickTextOffset=4, maxTextLevel=1)

    def tickValues(self, low: float, high: float, size: float) -> TickLevels:
        """Two levels of ticks; a third only makes a comb. No number lies over the next."""
        levels = self.even_ticks(low, high, size)
        if not levels:
            return levels
        (spacing, values), *finer = levels
        kept = self._with_room(values, spacing, abs(high - low) / max(1.0, size))
        others = [value for value in values if value not in kept]
        # Behind the second level stand ticks without numbers.
        unnamed = [(spacing, others)] if finer and others else []
        return [(spacing, kept), *finer, *unnamed]

    def even_ticks(self, low: float, high: float, size: float) -> TickLevels:
        """Two levels of evenly spaced ticks, whether their numbers have room or not."""
        levels = super().tickValues(low, high, size)[:2]
        return [(spacing, [float(value) for value in values]) for spacing, values in levels]

    def _with_room(self, values: list[float], spacing: float, per_pixel: float) -> list[float]:
        """Those among evenly spaced values whose numbers have room beside each other.

        Qt draws all of the first level, on however short an axis.

        Args:
            per_pixel: what a pixel of the axis stands for.
        """
        if len(values) < 2:
            return values
        room = self.room_of(self.tickStrings(values, self.scale, spacing)) * per_pixel
        every = next((each for each in _EVERY if each * spacing >= room), 0)
        kept = [value for value in values if every and round(value / spacing) % every == 0]
        if len(kept) > 1:
            return kept
        ends = [values[0], values[-1]]
        return ends if ends[1] - ends[0] >= room else ends[:1]

    def room_of(self, numbers: Sequence[str]) -> float:
        """The pixels from one number to the next, along the axis, in which these stand apart."""
        metrics = QFontMetrics(self.style["tickFont"] or QFont())
        if self.orientation in ("left", "right"):
            return metrics.ascent() + _APART[0]
        return max(metrics.horizontalAdvance(words) for words in numbers) + _APART[1]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The numbers of one level of ticks."""
        return [number(value * scale, spacing) for value in values]


class NamedAxis(NumberAxis):
    """Names at chosen places, or of every row where there is room for them; else numbers."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._names: dict[float, str] = {}
        self._name_of: Callable[[int], str] | None = None
        self.setStyle(tickLength=0)

    def set_name_of(self, name_of: Callable[[int], str] | None) -> None:
        """Name every row by this where there is room, else as many as find some.

        Names at chosen places come first while rows are low.
        """
        self._name_of = name_of
        self.picture = None
        self.update()

    def set_names(self, names: dict[float, str]) -> None:
        """Put these names at these places."""
        self._names = names
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> TickLevels:
        """The places of the names."""
        low, high = sorted((low, high))
        if self._name_of is not None and (not self._names or self._high_rows(low, high, size)):
            return [(1.0, [row + 0.5 for row in self._rows_named(low, high, size)])]
        if not self._names:
            return super().tickValues(low, high, size)
        return [(1.0, [place for place in self._names if low <= place <= high])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The names."""
        if self._name_of is not None and any(value not in self._names for value in values):
            return [self._name_of(math.floor(value)) for value in values]
        if not self._names:
            return super().tickStrings(values, scale, spacing)
        return [self._names.get(value, "") for value in values]

    def words_at(self, row: int) -> str:
        """The name of a row, or its number."""
        if self._name_of is not None:
            return self._name_of(row)
        return self._names.get(row + 0.5, f"row {row + 1:,}")

    @staticmethod
    def _high_rows(low: float, high: float, size: float) -> bool:
        return size >= _PIXELS_PER_ROW * (high - low)

    @staticmethod
    def _rows_named(low: float, high: float, size: float) -> range:
        every = max(1, math.ceil(_PIXELS_PER_ROW * (high - low) / max(1.0, size)))
        first = math.ceil(low - 0.5)
        return range(-(-first // every) * every, math.floor(high - 0.5) + 1, every)


class TextAxis(NumberAxis):
    """Positions in a text: the characters where there is room, else offsets and the line ends."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._text: Text | None = None

    def set_text(self, text: Text | None) -> None:
        """Show the characters of this text."""
        self._text = text
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> TickLevels:
        """A tick in the middle of each character, or round offsets and the ends of lines."""
        if self._shows_characters(low, high, size):
            first, last = int(np.ceil(low - 0.5)), int(np.floor(high - 0.5))
            return [(1.0, [place + 0.5 for place in range(first, last + 1)])]
        levels: TickLevels = super().tickValues(low, high, size)[:1]
        ends = self._line_ends(low, high)
        return [*levels, (0.0, ends.tolist())] if ends.size * 6 < size else levels

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The characters or the offsets; line ends stand without a number."""
        if spacing == 0.0:
            return [""] * len(values)
        if self._text is not None and len(values) and values[0] % 1 == 0.5:
            shown = self._text.slice(int(values[0]), int(values[-1]) + 1)
            return [_SHOWN.get(character, character) for character in shown]
        return super().tickStrings(values, scale, spacing)

    def words_at(self, place: int) -> str:
        """A character by its name, and where it stands."""
        if self._text is None or not 0 <= place < len(self._text):
            return f"position {place:,}"
        name = character_name(int(self._text.codes[place]))
        return f"{name} at {place:,}, line {self._text.line_of(place) + 1:,}"

    def _shows_characters(self, low: float, high: float, size: float) -> bool:
        return self._text is not None and size >= _PIXELS_PER_CHARACTER * (high - low)

    def _line_ends(self, low: float, high: float) -> npt.NDArray[np.float64]:
        if self._text is None:
            return np.zeros(0)
        first = max(0, int(low))
        codes = self._text.codes[first : max(first, int(high) + 1)]
        return (np.flatnonzero(np.asarray(codes) == NEWLINE) + first + 0.5).astype(np.float64)
