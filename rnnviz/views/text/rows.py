"""Which characters stand in which row and column, by arithmetic; nothing is laid out in advance.

A line longer than `wrap` characters continues in rows of exactly `wrap` characters. So any row of
any text is a division away, and one line of ten million characters is no heavier than a short one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences.text import Text
from rnnviz.views.text.glyphs import TAB, TAB_STOP, widths

Ints = npt.NDArray[np.int64]


class Rows:
    """The rows of a text, wrapped after `wrap` characters.

    Only lines that are too long are listed; all others are one row each.
    """

    def __init__(self, text: Text, wrap: int) -> None:
        self.text, self.wrap = text, wrap
        self.lines = text.line_starts
        lengths = np.diff(self.lines, append=len(text))
        # a newline may hang over the edge: it starts no row of its own
        self._long = np.flatnonzero(lengths > wrap + 1)
        more = (lengths[self._long] - 2) // wrap
        self._more_before = np.concatenate([np.zeros(1, np.int64), np.cumsum(more)])
        self._first_rows = self._long + self._more_before[:-1]
        self.count = len(self.lines) + int(self._more_before[-1])

    def line_of_row(self, row: int) -> tuple[int, int]:
        """(line, which of its rows), both from 0."""
        place = int(np.searchsorted(self._first_rows, row, side="right")) - 1
        if place < 0:
            return row, 0
        inside = row - int(self._first_rows[place])
        if inside <= int(self._more_before[place + 1] - self._more_before[place]):
            return int(self._long[place]), inside
        return row - int(self._more_before[place + 1]), 0

    def row_of(self, character: int) -> int:
        """The row that holds a character; the end of the text belongs to the last row."""
        line = max(0, int(np.searchsorted(self.lines, character, side="right")) - 1)
        before = int(np.searchsorted(self._long, line, side="left"))
        row = line + int(self._more_before[before])
        if before < len(self._long) and self._long[before] == line:
            inside = (character - int(self.lines[line])) // self.wrap
            row += min(inside, int(self._more_before[before + 1] - self._more_before[before]))
        return row

    def bounds(self, row: int) -> tuple[int, int]:
        """(start, stop) of the characters in a row."""
        line, inside = self.line_of_row(row)
        start = int(self.lines[line]) + inside * self.wrap
        end = int(self.lines[line + 1]) if line + 1 < len(self.lines) else len(self.text)
        return start, end if end - start <= self.wrap + 1 else start + self.wrap


@dataclass(frozen=True)
class Page:
    """The visible rows: n characters from `start` to `stop`, in R rows.

    ==========  ===============================================================
    `bounds`    (R + 1,) int64, where each row starts, and the end of the last
    `row`       (n,) int32, the row of each character, from 0 at the top
    `column`    (n,) int32, its first column
    `width`     (n,) int32, its columns
    `cells`     (R, columns) int32, the character of each cell from `start` on; n where none is
    `codes`     (n,) code points
    ==========  ===============================================================
    """

    first_row: int
    bounds: Ints
    row: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]
    width: npt.NDArray[np.int32]
    cells: npt.NDArray[np.int32]
    codes: npt.NDArray[np.unsignedinteger]

    @property
    def start(self) -> int:
        """The first character."""
        return int(self.bounds[0])

    @property
    def stop(self) -> int:
        """One past the last character."""
        return int(self.bounds[-1])

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.bounds) - 1

    @property
    def columns(self) -> int:
        """The width of the widest row."""
        return int(self.cells.shape[1])

    @classmethod
    def of(cls, rows: Rows, first_row: int, count: int) -> Page:
        """Lay out `count` rows, or as many as there are."""
        count = max(0, min(count, rows.count - first_row))
        ends = [rows.bounds(first_row + number) for number in range(count)]
        bounds = np.array([*(start for start, _ in ends), ends[-1][1] if ends else 0], np.int64)
        codes = np.asarray(rows.text.codes[int(bounds[0]) : int(bounds[-1])])
        sizes = np.diff(bounds)
        row = np.repeat(np.arange(count, dtype=np.int32), sizes)
        width = widths(codes)
        before = np.cumsum(width) - width
        row_starts = (bounds[:-1] - bounds[0]).clip(max=max(0, len(codes) - 1))
        column = before - np.repeat(before[row_starts], sizes) if len(codes) else before
        _reach_tab_stops(codes, row, column, width)
        columns = int((column + width).max()) if len(codes) else 0
        cells = np.full((count, columns), len(codes), np.int32)
        cells[row, column] = np.arange(len(codes), dtype=np.int32)
        for wide in np.flatnonzero(width > 1):
            cells[row[wide], column[wide] : column[wide] + width[wide]] = wide
        return cls(first_row, bounds, row, column.astype(np.int32), width, cells, codes)

    def cell_of(self, character: int) -> tuple[int, int, int] | None:
        """(row, column, width) of a character, or None if it is not on the page.

        The end of the text, where typing goes on, is the cell after the last character.
        """
        place = character - self.start
        if 0 <= place < len(self.codes):
            return int(self.row[place]), int(self.column[place]), int(self.width[place])
        return None

    def character_at(self, row: int, column: int, *, nearest: bool = False) -> int | None:
        """The character in a cell; with `nearest`, the last of the row if the cell is beyond it."""
        if nearest:
            row = max(0, min(row, self.rows - 1))
        if not 0 <= row < self.rows:
            return None
        if 0 <= column < self.columns and self.cells[row, column] < len(self.codes):
            return self.start + int(self.cells[row, column])
        if not nearest or self.stop == self.start:
            return None
        return int(self.bounds[row]) if column < 0 else int(self.bounds[row + 1]) - 1

    def spans(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """The cells of a range as (row, first column, one past the last), a row at a time."""
        low, high = max(start, self.start), min(stop, self.stop)
        found = []
        while low < high:
            row = int(self.row[low - self.start])
            end = min(high, int(self.bounds[row + 1]))
            last = end - 1 - self.start
            found.append(
                (row, int(self.column[low - self.start]), int(self.column[last] + self.width[last]))
            )
            low = end
        return found


def _reach_tab_stops(
    codes: npt.NDArray[np.unsignedinteger],
    row: npt.NDArray[np.int32],
    column: npt.NDArray[np.integer],
    width: npt.NDArray[np.int32],
) -> None:
    """Widen each tab to its stop and move what follows in its row; in place."""
    tabs = np.flatnonzero(codes == TAB)
    for place in tabs:
        more = TAB_STOP - 1 - int(column[place]) % TAB_STOP
        width[place] += more
        end = int(np.searchsorted(row, row[place], side="right"))
        column[place + 1 : end] += more
