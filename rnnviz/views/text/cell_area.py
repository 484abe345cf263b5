"""A scrolled grid of characters: which rows are in view, what lies where, and the keys for both.

Knows where every character of a text belongs; knows nothing of values or colours.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from rnnviz.core.sequences.text import NEWLINE, Text
from rnnviz.views.shared.theme import mono_font
from rnnviz.views.text.grid import Grid, gridded
from rnnviz.views.text.rows import Page, Rows

_POINTS = 10.5
_SIZES = (6.0, 40.0)
_NARROWEST = 20


class CellArea(QAbstractScrollArea):
    """Scrolls a text of any length by rows; only what is visible is ever laid out.

    Signals:
        visible_changed(tuple[int, int]): the first character shown and one past the last.
    """

    visible_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.text = Text.of("")
        self.first_line = 0
        """Which line of the whole text the shown one begins in, from 0."""
        self._bands = 0
        """How many bands each row has at its foot."""
        self._points = _POINTS
        self._larger = 0.0
        self._widest = 0
        self._visible: tuple[int, int] | None = None
        self._page: Page | None = None
        self._font = gridded(mono_font(self._points))
        self.grid = Grid.of(self._font, 0, 0, 0)
        self._rows = Rows(self.text, _NARROWEST)
        self._place_grid()

    # what is in view

    @property
    def page(self) -> Page:
        """The visible rows."""
        if self._page is None:
            first = self.verticalScrollBar().value()
            self._page = Page.of(self._rows, first, self._full_rows() + 1)
        return self._page

    def visible_range(self) -> tuple[int, int]:
        """The first character shown and one past the last."""
        return self.page.start, self.page.stop

    def scroll_to(self, character: int) -> None:
        """Bring a character into view; the view rests if it is there already."""
        row = self._rows.row_of(max(0, min(character, len(self.text))))
        bar, fit = self.verticalScrollBar(), self._full_rows()
        if not bar.value() <= row < bar.value() + fit:
            bar.setValue(max(0, row - fit // 3))
        place = self.page.cell_of(character)
        if place is not None:
            across, fits = self.horizontalScrollBar(), self._columns()
            if not across.value() <= place[1] < across.value() + fits:
                across.setValue(max(0, place[1] - fits // 2))

    def centre_on(self, character: int) -> None:
        """Put the row of a character into the middle, as far as the ends of the text allow."""
        self.verticalScrollBar().setValue(self._rows.row_of(character) - self._full_rows() // 2)

    def begin_with(self, character: int) -> None:
        """Put the row of a character at the top, as far as the end of the text allows."""
        self.verticalScrollBar().setValue(self._rows.row_of(character))

    # where things are

    def cell_rect(self, character: int) -> QRect:
        """Where a character is painted in the viewport; null if it is not in view."""
        place = self.page.cell_of(character)
        if place is None:
            return QRect()
        row, column, width = place
        return self.grid.rect(row, column, column + width)

    def caret_rect(self, caret: int) -> QRect:
        """The bar before a character, or at the end of the text; null if it is not in view."""
        cell = self.cell_rect(caret)
        if cell.isNull() and not len(self.text):
            cell = self.grid.rect(0, 0, 1)
        elif cell.isNull() and caret == len(self.text):
            last = self.cell_rect(caret - 1)
            if last.isNull():
                return last
            cell = last.translated(last.width(), 0)
            if int(self.text.codes[caret - 1]) == NEWLINE:
                cell = self.grid.rect(self.grid.row_at(last.y()) + 1, 0, 1)
        return QRect() if cell.isNull() else QRect(cell.x() - 1, cell.y(), 2, cell.height())

    def character_at(self, point: QPoint, *, nearest: bool = False) -> int | None:
        """The character painted at a point of the viewport; with `nearest`, the closest."""
        grid = self.grid
        column = grid.column_at(point.x())
        if not nearest and point.x() < grid.left:
            return None
        return self.page.character_at(grid.row_at(point.y()), column, nearest=nearest)

    def character_in_row(self, character: int, rows: int) -> int:
        """The character as far along, some rows further down; or the last that is before it."""
        row = self._rows.row_of(character)
        column = int(self._rows.columns_of(row)[character - self._rows.bounds(row)[0]])
        return self._rows.character_in_row(max(0, min(row + rows, self._rows.count - 1)), column)

    def row_bounds(self, character: int) -> tuple[int, int]:
        """The first character of the row that a character stands in, and one past the last."""
        return self._rows.bounds(self._rows.row_of(character))

    # size

    def zoom(self, steps: float) -> None:
        """Make the characters larger by so many points; 0 goes back to the usual size."""
        points = _POINTS if steps == 0 else min(max(self._points + steps, _SIZES[0]), _SIZES[1])
        if points != self._points:
            self._points = points
            self._resize_type()

    @property
    def points(self) -> float:
        """The size of the characters that was zoomed to."""
        return self._points

    def set_points(self, points: float) -> None:
        """Take a size that was zoomed to before; 0 and what is out of bounds change nothing."""
        if _SIZES[0] <= points <= _SIZES[1] and points != self._points:
            self._points = points
            self._resize_type()

    def enlarge(self, points: float) -> None:
        """Make the characters larger by so many points than they are zoomed to; 0 as they are."""
        if points != self._larger:
            self._larger = points
            self._resize_type()

    def _resize_type(self) -> None:
        self._font = gridded(mono_font(min(self._points + self._larger, _SIZES[1])))
        self.lay_again()

    def lay(self, text: Text) -> None:
        """Show another text at the same place in the window, as far as it reaches."""
        self.text = text
        self._visible = None
        self._place_grid()
        self._rows = Rows(text, self._fitting_wrap())
        self._widest = 0
        self._forget_page()
        self._adjust_bars()
        self._moved()

    def lay_again(self) -> None:
        """Lay out for another size, with the same character at the top."""
        top = self._rows.bounds(min(self.verticalScrollBar().value(), self._rows.count - 1))[0]
        self._place_grid()
        if self._rows.wrap != self._fitting_wrap():
            self._rows = Rows(self.text, self._fitting_wrap())
        self._widest = 0
        self._forget_page()
        self._adjust_bars()
        self.verticalScrollBar().setValue(self._rows.row_of(top))
        self._moved()

    def _place_grid(self) -> None:
        digits = max(4, len(f"{self.first_line + len(self.text.line_starts):,}"))
        grid = Grid.of(self._font, 0, self.horizontalScrollBar().value(), self._bands)
        self.grid = grid.moved_to((digits + 3) * grid.cell)

    def _fitting_wrap(self) -> int:
        # One column is left for a line end, or a wide character that begins in the last one.
        return max(_NARROWEST, self._columns() - 1)

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - self.grid.left) // self.grid.cell)

    def _full_rows(self) -> int:
        return max(1, (self.viewport().height() - self.grid.top) // self.grid.height)

    def _forget_page(self) -> None:
        """The visible rows are others now."""
        self._page = None

    def _adjust_bars(self) -> None:
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        down.setRange(0, max(0, self._rows.count - self._full_rows()))
        down.setEnabled(down.maximum() > 0)
        down.setPageStep(max(1, self._full_rows() - 1))
        self._widest = max(self.page.columns, self._widest)
        across.setRange(0, max(0, self._widest - self._columns()))
        across.setPageStep(self._columns())

    def _moved(self) -> None:
        visible = self.visible_range()
        if visible != self._visible:
            self._visible = visible
            self.visible_changed.emit(visible)
        self.viewport().update()

    # events

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll by rows and columns."""
        self._place_grid()
        if dy:
            self._forget_page()
            if self.page.columns > self._widest:
                self._adjust_bars()
        self._moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap for the new width."""
        super().resizeEvent(event)
        self.lay_again()

    def scroll_key(self, event: QKeyEvent) -> bool:
        """Page up, page down, Home and End; whether it was one of these."""
        bar, across = self.verticalScrollBar(), self.horizontalScrollBar()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        ends = across if across.maximum() > 0 and not control else bar
        match event.key():
            case Qt.Key.Key_PageDown:
                bar.setValue(bar.value() + bar.pageStep())
            case Qt.Key.Key_PageUp:
                bar.setValue(bar.value() - bar.pageStep())
            case Qt.Key.Key_Home:
                ends.setValue(0)
            case Qt.Key.Key_End:
                ends.setValue(ends.maximum())
            case _:
                return False
        return True
