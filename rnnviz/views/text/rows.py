"""Which characters stand in which row and column of a text that is wrapped at words.

Most lines of most texts fit into one row; only those that are too long are looked at, many of them
at once, and of each row no more than its end. So a text of 100,000,000 characters is laid out in
the blink of an eye, one line of ten million as well, and any row is a look into an array away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.columns import TAB, TAB_STOP, columns_before, widths
from rnnviz.views.text.row_breaks import hanging, row_breaks

Ints = npt.NDArray[np.int64]


class Rows:
    """The rows of a text, at most `wrap` columns wide; a blank or a line end may hang over by one.

    A line that is too long goes on in the next row at its last word that does not fit; within a
    word only where that is longer than a row. Where a line is indented, the rows that go on with it
    hang a little behind its first word. Tabs count from the start of their row.
    """

    def __init__(self, text: Text, wrap: int) -> None:
        self.text, self.wrap = text, wrap
        self.lines = text.line_starts
        columns = np.diff(self.lines, append=len(text))
        columns[text.uneven.lines] = text.uneven.columns
        # a newline may hang over the edge: it starts no row of its own
        self._long = np.flatnonzero(columns > wrap + 1)
        ends = np.append(self.lines, len(text))[self._long + 1]
        uneven = ~self._are_even(self._long)
        starts = self.lines[self._long]
        self._hangs = hanging(text.codes, starts, wrap)
        self._breaks = row_breaks(text.codes, starts, ends, uneven, self._hangs, wrap)
        """Where the rows begin that go on with the line above, rising."""
        self._more_before = np.searchsorted(self._breaks, np.append(self.lines[self._long],
                                                                    len(text)))  # fmt: skip
        self._first_rows = self._long + self._more_before[:-1]
        self.count = len(self.lines) + len(self._breaks)

    def line_of_row(self, row: int) -> tuple[int, int]:
        """(line, which of its rows), both from 0."""
        line, inside, _, _ = self._lines_of(np.array([row]))
        return int(line[0]), int(inside[0])

    def lines_of_rows(self, first: int, count: int) -> list[tuple[int, int]]:
        """As `line_of_row`, of `count` rows."""
        lines, inside, _, _ = self._lines_of(np.arange(first, first + count))
        return list(zip(lines.tolist(), inside.tolist(), strict=True))

    def _lines_of(self, rows: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """As `line_of_row`, of many rows; where each begins, and at which column."""
        if not len(self._long):
            return rows, np.zeros_like(rows), self.lines[rows], np.zeros_like(rows)
        place = np.searchsorted(self._first_rows, rows, side="right") - 1
        known = np.maximum(place, 0)
        inside = rows - self._first_rows[known]
        more = self._more_before[known + 1] - self._more_before[known]
        within = (place >= 0) & (inside <= more)
        line = np.where(within, self._long[known], rows - self._more_before[place + 1])
        inside = np.where(within, inside, 0)
        starts = self.lines[line]
        later = np.flatnonzero(inside > 0)
        starts[later] = self._breaks[self._more_before[known[later]] + inside[later] - 1]
        return line, inside, starts, np.where(inside > 0, self._hangs[known], 0)

    def page(self, first: int, count: int) -> tuple[Ints, Ints, bool]:
        """Where `count` rows start, with the end of the last; at which column; whether all even.

        Even is a row whose characters take one column each.
        """
        line, _, starts, left = self._lines_of(np.arange(first, first + count))
        end = self.bounds(first + count - 1)[1] if count else 0
        return np.append(starts, end), left, bool(self._are_even(line).all())

    def row_of(self, character: int) -> int:
        """The row that holds a character; the end of the text belongs to the last row."""
        line = max(0, int(np.searchsorted(self.lines, character, side="right")) - 1)
        if character >= len(self.text):
            return self.count - 1
        return line + int(np.searchsorted(self._breaks, character, side="right"))

    def bounds(self, row: int) -> tuple[int, int]:
        """(start, stop) of the characters in a row."""
        last = row + 1 >= self.count
        starts = self._lines_of(np.array([row] if last else [row, row + 1]))[2]
        return int(starts[0]), len(self.text) if last else int(starts[1])

    def columns_of(self, row: int) -> Ints:
        """The column at which each character of a row begins, and the one after it, (n + 1,)."""
        start, stop = self.bounds(row)
        line, _, _, left = self._lines_of(np.array([row]))
        if self._are_even(line)[0]:
            return np.arange(stop - start + 1) + left
        return columns_before(np.asarray(self.text.codes[start:stop])) + left

    def character_in_row(self, row: int, column: int) -> int:
        """The character of a row that covers this column, or its last before it."""
        start, stop = self.bounds(row)
        found = int(np.searchsorted(self.columns_of(row), column, side="right")) - 1
        return min(start + max(0, found), max(start, stop - 1))

    def _are_even(self, lines: Ints) -> npt.NDArray[np.bool_]:
        uneven = self.text.uneven.lines
        if not len(uneven):
            return np.ones(len(lines), bool)
        places = np.minimum(np.searchsorted(uneven, lines), len(uneven) - 1)
        return np.asarray(uneven[places] != lines)


class Page(Struct, frozen=True):
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
        bounds, left, even = rows.page(first_row, count)
        codes = np.asarray(rows.text.codes[int(bounds[0]) : int(bounds[-1])])
        sizes = np.diff(bounds)
        row = np.repeat(np.arange(count, dtype=np.int32), sizes)
        first = bounds[:-1] - bounds[0]
        if even:
            column = np.arange(len(codes)) - np.repeat(first, sizes)
            column += np.repeat(left, sizes)
            width = np.ones(len(codes), np.int32)
        else:
            column, wide = _placed(codes, row, first)
            column = column + np.repeat(left, sizes)
            # Only a tab may reach further than its row.
            reach = np.maximum(rows.wrap + 1, column + 1)
            width = (np.minimum(column + wide, reach) - column).astype(np.int32)
        columns = int((column + width).max()) if len(codes) else 0
        cells = np.full((count, columns), len(codes), np.int32)
        if even:
            cells[row, column] = np.arange(len(codes), dtype=np.int32)
        else:
            which = np.repeat(np.arange(len(codes), dtype=np.int32), width)
            along = np.arange(len(which)) - np.repeat(np.cumsum(width) - width, width)
            cells[row[which], column[which] + along] = which
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
        first = int(self.bounds[row])
        left = 0 if first == self.stop else int(self.column[first - self.start])
        return first if column < left else int(self.bounds[row + 1]) - 1

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


def _placed(
    codes: npt.NDArray[np.unsignedinteger], row: npt.NDArray[np.int32], first: Ints
) -> tuple[Ints, Ints]:
    """The column and the width of each character; the rows begin at the places `first`."""
    width = widths(codes).astype(np.int64)
    tabs = np.flatnonzero(codes == TAB)
    width[tabs] = 0
    column = _running(width, row, first)
    at, added = -1, 0
    for place, of, before in zip(
        tabs.tolist(), row[tabs].tolist(), column[tabs].tolist(), strict=True
    ):
        added = added if of == at else 0
        at = of
        width[place] = TAB_STOP - (before + added) % TAB_STOP
        added += int(width[place])
    return (_running(width, row, first) if len(tabs) else column), width


def _running(width: Ints, row: npt.NDArray[np.int32], first: Ints) -> Ints:
    before = np.cumsum(width) - width
    if not len(before):
        return before
    of_rows = before[np.minimum(first, len(before) - 1)]
    return np.asarray(before - of_rows[row])
