"""Which characters stand in which row and column, by arithmetic; nothing is laid out in advance.

Columns are counted through a line, as if it were never wrapped: a row takes those characters of it
that begin within its `wrap` columns. So any row of any text is a division away, and one line of ten
million characters is no heavier than a short one. A wide character that begins in the last column
of a row hangs over by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from rnnviz.core.sequences.columns import TAB, TAB_STOP, columns_before, widths
from rnnviz.core.sequences.text import Text

Ints = npt.NDArray[np.int64]

_PART = 1 << 16
"""Characters of a line that are measured at a time."""


class Rows:
    """The rows of a text, wrapped after `wrap` columns.

    Only lines that are too long are listed; all others are one row each.
    """

    def __init__(self, text: Text, wrap: int) -> None:
        self.text, self.wrap = text, wrap
        self.lines = text.line_starts
        columns = np.diff(self.lines, append=len(text))
        columns[text.uneven.lines] = text.uneven.columns
        # a newline may hang over the edge: it starts no row of its own
        self._long = np.flatnonzero(columns > wrap + 1)
        more = (columns[self._long] - 2) // wrap
        self._more_before = np.concatenate([np.zeros(1, np.int64), np.cumsum(more)])
        self._first_rows = self._long + self._more_before[:-1]
        self.count = len(self.lines) + int(self._more_before[-1])
        self._measured: _Measured | None = None

    def line_of_row(self, row: int) -> tuple[int, int]:
        """(line, which of its rows), both from 0."""
        line, inside = self._lines_of(np.array([row]))
        return int(line[0]), int(inside[0])

    def _lines_of(self, rows: Ints) -> tuple[Ints, Ints]:
        """As `line_of_row`, of many rows."""
        place = np.searchsorted(self._first_rows, rows, side="right") - 1
        if not len(self._long):
            return rows, np.zeros_like(rows)
        known = np.maximum(place, 0)
        inside = rows - self._first_rows[known]
        more = self._more_before[known + 1] - self._more_before[known]
        within = (place >= 0) & (inside <= more)
        line = np.where(within, self._long[known], rows - self._more_before[place + 1])
        return line, np.where(within, inside, 0)

    def page(self, first: int, count: int) -> tuple[Ints, Ints | None, Ints]:
        """Where `count` rows start, with the end of the last; and in which columns of their lines.

        The last are the columns of these lines at which the rows begin to take characters. The
        columns are None if every character has one.
        """
        rows = np.arange(first, first + count)
        line, inside = self._lines_of(rows)
        starts = self.lines[line] + inside * self.wrap
        even = self._are_even(line)
        for number in np.flatnonzero(~even & (inside > 0)).tolist():
            starts[number] = self._first_from(int(line[number]), int(inside[number]) * self.wrap)
        end = self.bounds(first + count - 1)[1] if count else 0
        bounds = np.append(starts, end)
        if even.all():
            return bounds, None, inside * self.wrap
        columns = np.zeros(count, np.int64)
        for number in np.flatnonzero(~even & (inside > 0)).tolist():
            columns[number] = self._columns_before(int(line[number]), int(starts[number]))
        return bounds, columns, inside * self.wrap

    def row_of(self, character: int) -> int:
        """The row that holds a character; the end of the text belongs to the last row."""
        line = max(0, int(np.searchsorted(self.lines, character, side="right")) - 1)
        before = int(np.searchsorted(self._long, line, side="left"))
        row = line + int(self._more_before[before])
        if before < len(self._long) and self._long[before] == line:
            inside = self._columns_before(line, character) // self.wrap
            row += min(inside, int(self._more_before[before + 1] - self._more_before[before]))
        return row

    def bounds(self, row: int) -> tuple[int, int]:
        """(start, stop) of the characters in a row."""
        line, inside = self.line_of_row(row)
        place = int(np.searchsorted(self._long, line))
        if place == len(self._long) or self._long[place] != line:
            return int(self.lines[line]), self._end(line)
        last = inside == int(self._more_before[place + 1] - self._more_before[place])
        return (
            self._first_from(line, inside * self.wrap),
            self._end(line) if last else self._first_from(line, (inside + 1) * self.wrap),
        )

    def columns_of(self, row: int) -> Ints:
        """The column at which each character of a row begins, and the one after it, (n + 1,)."""
        start, stop = self.bounds(row)
        line, inside = self.line_of_row(row)
        if not self._is_uneven(line):
            return np.arange(stop - start + 1)
        first = self._columns_before(line, start) if inside else 0
        codes = np.asarray(self.text.codes[start:stop])
        return columns_before(codes, first) - inside * self.wrap

    def character_in_row(self, row: int, column: int) -> int:
        """The character of a row that covers this column, or its last before it."""
        start, stop = self.bounds(row)
        found = int(np.searchsorted(self.columns_of(row), column, side="right")) - 1
        return min(start + max(0, found), max(start, stop - 1))

    def _end(self, line: int) -> int:
        return int(self.lines[line + 1]) if line + 1 < len(self.lines) else len(self.text)

    def _is_uneven(self, line: int) -> bool:
        return not self._are_even(np.array([line]))[0]

    def _are_even(self, lines: Ints) -> npt.NDArray[np.bool_]:
        uneven = self.text.uneven.lines
        if not len(uneven):
            return np.ones(len(lines), bool)
        places = np.minimum(np.searchsorted(uneven, lines), len(uneven) - 1)
        return np.asarray(uneven[places] != lines)

    def _columns_before(self, line: int, character: int) -> int:
        """How many columns of its line come before a character."""
        start = int(self.lines[line])
        if not self._is_uneven(line):
            return character - start
        return self._measure(line).columns_before(character)

    def _first_from(self, line: int, column: int) -> int:
        """The first character of a line that begins at this column or later."""
        if not self._is_uneven(line):
            return int(self.lines[line]) + column
        return self._measure(line).first_from(column)

    def _measure(self, line: int) -> _Measured:
        if self._measured is None or self._measured.line != line:
            self._measured = _Measured(self.text, line, int(self.lines[line]), self._end(line))
        return self._measured


class _Measured:
    """Where the characters of one uneven line begin; a part of it is known at a time."""

    def __init__(self, text: Text, line: int, start: int, end: int) -> None:
        self.line = line
        self._text, self._start, self._end = text, start, end
        columns = [0]
        for begin in range(start, end, _PART):
            self._part = begin, self._read(begin, columns[-1])
            columns.append(int(self._part[1][-1]))
        self._columns = np.array(columns, np.int64)
        """Before each part, and after the last."""

    def columns_before(self, character: int) -> int:
        """How many columns of the line come before a character."""
        begin, columns = self._known((min(character, self._end - 1) - self._start) // _PART)
        return int(columns[character - begin])

    def first_from(self, column: int) -> int:
        """The first character that begins at this column or later."""
        part = int(np.searchsorted(self._columns, column, side="left")) - 1
        begin, columns = self._known(max(0, part))
        return min(begin + int(np.searchsorted(columns, column, side="left")), self._end)

    def _known(self, part: int) -> tuple[int, Ints]:
        begin = self._start + part * _PART
        if self._part[0] != begin:
            self._part = begin, self._read(begin, int(self._columns[part]))
        return self._part

    def _read(self, begin: int, column: int) -> Ints:
        codes = self._text.codes[begin : min(self._end, begin + _PART)]
        return columns_before(np.asarray(codes), column)


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
        bounds, begins, insides = rows.page(first_row, count)
        codes = np.asarray(rows.text.codes[int(bounds[0]) : int(bounds[-1])])
        sizes = np.diff(bounds)
        row = np.repeat(np.arange(count, dtype=np.int32), sizes)
        first = bounds[:-1] - bounds[0]
        if begins is None:
            column = np.arange(len(codes)) - np.repeat(first, sizes)
            width = np.ones(len(codes), np.int32)
        else:
            # Tabs count from the start of their line.
            column, wide = _placed(codes, row, first, begins)
            column -= insides[row]
            # Only a tab may reach further than its row.
            reach = np.maximum(rows.wrap + 1, column + 1)
            width = (np.minimum(column + wide, reach) - column).astype(np.int32)
        columns = int((column + width).max()) if len(codes) else 0
        cells = np.full((count, columns), len(codes), np.int32)
        if begins is None:
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


def _placed(
    codes: npt.NDArray[np.unsignedinteger], row: npt.NDArray[np.int32], first: Ints, begins: Ints
) -> tuple[Ints, Ints]:
    """The column and the width of each character; `first` and `begins` are those of the rows."""
    width = widths(codes).astype(np.int64)
    tabs = np.flatnonzero(codes == TAB)
    width[tabs] = 0
    column = _running(width, row, first, begins)
    at, added = -1, 0
    for place, of, before in zip(
        tabs.tolist(), row[tabs].tolist(), column[tabs].tolist(), strict=True
    ):
        added = added if of == at else 0
        at = of
        width[place] = TAB_STOP - (before + added) % TAB_STOP
        added += int(width[place])
    return (_running(width, row, first, begins) if len(tabs) else column), width


def _running(width: Ints, row: npt.NDArray[np.int32], first: Ints, begins: Ints) -> Ints:
    before = np.cumsum(width) - width
    if not len(before):
        return before
    of_rows = before[np.minimum(first, len(before) - 1)]
    return np.asarray(before - of_rows[row] + begins[row])
