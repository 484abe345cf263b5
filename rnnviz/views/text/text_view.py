"""The text, every character coloured by one unit: work grows with what is visible, not with it all.

Knows texts, values and scales; knows nothing of sessions, models or files.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.theme import Theme, theme_of
from rnnviz.views.text.cell_area import CellArea
from rnnviz.views.text.editing.composing import Composing, about
from rnnviz.views.text.editing.text_editing import Editing
from rnnviz.views.text.editing.text_selecting import Selecting
from rnnviz.views.text.editing.text_walking import walk_key
from rnnviz.views.text.painting import text_marks as marks
from rnnviz.views.text.painting import text_painter as paint
from rnnviz.views.text.painting.tags import Tags, tag_colours, tag_entries
from rnnviz.views.text.painting.text_entries import (
    Labels,
    Values,
    label_entries,
    label_scale,
    value_entries,
)
from rnnviz.views.text.painting.text_painter import words
from rnnviz.views.text.rows import Page

Known = Callable[[int, int], npt.NDArray[np.bool_]]
"""Which characters from start up to stop the model knows."""

WRAPPED = "↪"
"""Stands in the gutter of a row that goes on with the line above."""
_COPY_LIMIT = 10_000_000
_NO_MATCHES = np.zeros((0, 2), np.int64)


class TextView(CellArea):
    """A text of any length, coloured by one value a character.

    Arrow keys are left to the window, except while the text is edited.

    Signals:
        hovered(int | None): the character under the pointer.
        clicked(int): the cursor was placed on this character.
        range_selected(tuple[int, int] | None): a range was brushed, (start, stop), or let go.
        text_edited(str): the text after an edit by hand.
        edit_refused(str): why an edit was not made.
        walked_to(int): the keys moved the cursor to this character, or ask what is there.
    """

    hovered = Signal(object)
    clicked = Signal(object)
    range_selected = Signal(object)
    text_edited = Signal(str)
    edit_refused = Signal(str)
    walked_to = Signal(int)

    speaks = True

    def __init__(self, parent: QWidget | None = None) -> None:
        # Qt sends events, and lays out, while it is being built
        self._script: paint.Script | None = None
        self._editing: Editing | None = None
        super().__init__(parent)
        self.setAccessibleName("Text coloured by the selected unit")
        viewport = self.viewport()
        viewport.setMouseTracking(True)
        viewport.setCursor(Qt.CursorShape.IBeamCursor)
        viewport.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.values: Values | None = None
        self.walked = 0
        self._preview: tuple[Values, int] | None = None
        self.scale: Scale | None = None
        self.labels: Labels | None = None
        self._tags: tuple[Tags, ...] = ()
        self._more: tuple[tuple[Values, Scale], ...] = ()
        self.cursor_at: int | None = None
        self.range: tuple[int, int] | None = None
        self._label_scale: Scale | None = None
        self._known: Known | None = None
        self._matches = _NO_MATCHES
        self._current_match: tuple[int, int] | None = None
        self._hovered: int | None = None
        self._tables: dict[tuple[Scale, bool], npt.NDArray[np.uint32]] = {}
        self._selecting = Selecting(self)
        self._composing = Composing()

    # what is shown

    def set_text(self, text: Text, first_line: int = 0) -> None:
        """Show another text; values, labels, marks and selection of the old one are gone.

        Args:
            first_line: of a stretch, in which line of the whole text it begins, from 0.
        """
        self.first_line = first_line
        self.values, self.walked, self._preview, self._known = None, 0, None, None
        self.cursor_at = self.range = self._current_match = self._hovered = None
        self._matches = _NO_MATCHES
        self._more = ()
        self.set_labels(None)
        self.lay(text)
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        if self._editing is not None:
            self._editing.reset(str(text))

    def set_values(self, values: Values | None, walked: int | None = None) -> None:
        """Colour by `values` (T,), of which the first `walked` are there; None for plain text."""
        there = 0 if values is None else len(values) if walked is None else walked
        if there != self.walked or (values is None) != (self.values is None):
            self._script = None
        self.values, self.walked = values, there
        self.viewport().update()

    def set_preview(self, values: Values | None, start: int = 0) -> None:
        """Colour characters from `start` on by these, as long as they are not walked; hatched."""
        if values is not None or self._preview is not None:
            self._preview = None if values is None else (values, start)
            self._script = None
            self.viewport().update()

    def set_scale(self, scale: Scale | None) -> None:
        """How values become colours."""
        if scale != self.scale:
            self.scale = scale
            self.viewport().update()

    def set_labels(self, labels: Labels | None) -> None:
        """Show labels (T,) as a band under each row: bool as on and off, numbers as shades."""
        self.labels, self._label_scale = labels, label_scale(labels)
        self._count_bands()

    def set_tags(self, *tags: Tags) -> None:
        """Show the labels of each character as bands, one below the other."""
        self._tags = tags
        self._count_bands()

    def set_more_values(self, *more: tuple[Values, Scale]) -> None:
        """Show more values (T,), each by its scale, as bands under each row, below all others."""
        self._more = more
        self._count_bands()

    def match(self, other: TextView) -> None:
        """Have the size and the bands of another view of the same text: the rows are as high."""
        self.set_points(other.points)
        self.labels, self._label_scale = other.labels, other._label_scale
        self._tags, self._more, self._known = other._tags, other._more, other._known
        self._count_bands()

    def _count_bands(self) -> None:
        count = len(self._tags) + (self.labels is not None) + len(self._more)
        if self._bands != count:
            self._bands = count
            self.lay_again()
        self.viewport().update()

    def set_known(self, known: Known | None) -> None:
        """Mark the characters for which `known(start, stop)` is False; None marks nothing."""
        self._known = known
        self.viewport().update()

    def set_matches(
        self, matches: npt.ArrayLike | None, current: tuple[int, int] | None = None
    ) -> None:
        """Outline what a search found: (M, 2) of start and stop, in order; one is the current."""
        found = _NO_MATCHES if matches is None else np.asarray(matches, np.int64)
        self._matches = found.reshape(-1, 2)
        self._current_match = current
        self.viewport().update()

    def set_cursor(self, character: int | None) -> None:
        """Put the cursor on a character, without scrolling and without a signal."""
        if character != self.cursor_at:
            self.cursor_at = character
            self.viewport().update()

    def set_range(self, start: int | None, stop: int | None = None) -> None:
        """Show a selected range, or none if it is empty; without a signal."""
        chosen = None if start is None or stop is None or start >= stop else (start, stop)
        if chosen != self.range:
            self.range = chosen
            self.viewport().update()

    def walk_to(self, character: int) -> None:
        """Put the cursor on a character as the keys do: it is brought into view and told."""
        self._selecting.begin_at(character)
        if self.range is not None:
            self.set_range(None)
            self.range_selected.emit(None)
        self.set_cursor(character)
        self.scroll_to(character)
        self.clicked.emit(character)
        self.walked_to.emit(character)

    def lay_again(self) -> None:
        """Lay out for another size; while typing, the line that is typed stays in view."""
        super().lay_again()
        if self._editing is not None:
            self.scroll_to(self._editing.caret)

    def _forget_page(self) -> None:
        super()._forget_page()
        self._script = None

    # editing

    @property
    def editing(self) -> Editing | None:
        """The caret and the history of edits while the text is editable."""
        return self._editing

    @property
    def editable(self) -> bool:
        """Whether the person may type."""
        return self._editing is not None

    def set_editable(self, editable: bool) -> None:
        """Let the person type; for texts up to `text_editing.LIMIT` characters."""
        if editable == self.editable:
            return
        if self._editing is not None:
            self._editing.deleteLater()
        self._editing = Editing(self, str(self.text), self._first_caret()) if editable else None
        if self._editing is not None:
            self._editing.changed.connect(self._edited)
            self._editing.moved.connect(self._caret_moved)
            self._editing.refused.connect(self.edit_refused)
        self._composing.drop()
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, editable)
        self.viewport().update()

    def _first_caret(self) -> int:
        """At the cursor, at the end, or at the top: what is on the screen stays there."""
        (start, stop), here = self.visible_range(), self.cursor_at
        away = start if stop < len(self.text) else stop
        return here if here is not None and start <= here < stop else away

    @Slot(str, int)
    def _edited(self, text: str, unchanged: int) -> None:
        """Show the new text; what was known of the part before the edit still holds."""
        self.walked = min(self.walked, unchanged)
        self._matches = _NO_MATCHES
        if self.labels is not None:
            # The room of the band stays: rows that become lower and higher again would jump.
            self.labels = self.labels[:unchanged]
        self.lay(Text.of(text, self.text.name))
        self.text_edited.emit(text)

    @Slot()
    def _caret_moved(self) -> None:
        if self._editing is not None:
            self.set_range(*self._editing.selection)
            caret = self._editing.caret
            self.set_cursor(caret if caret < len(self.text) else None)
            self.scroll_to(caret)
        self.updateMicroFocus()
        self.viewport().update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the visible rows."""
        theme, page, grid = theme_of(self), self.page, self.grid
        width, shown = self.viewport().width(), self._columns() + 1
        with QPainter(self.viewport()) as painter:
            painter.fillRect(self.viewport().rect(), QColor(theme.background))
            self._paint_gutter(painter, theme)
            painter.setClipRect(grid.left - 3, 0, width, self.viewport().height())
            if self.scale is not None and self.values is not None:
                entries = value_entries(page, self.values, self.walked, self.scale, self._preview)
                table = self._table(self.scale, theme)
                paint.paint_colours(painter, page, grid, entries, table, shown)
                if self._editing is None:
                    marks.paint_hatch(painter, page, grid, self.walked, theme)
                paint.paint_gaps(painter, grid, page.rows, width, theme.background)
            if self.labels is not None and self._label_scale is not None:
                entries = label_entries(page, self.labels, self._label_scale)
                table = self._table(self._label_scale, theme)
                paint.paint_bands(painter, page, grid, entries, table, shown, len(self._tags))
            for number, tags in enumerate(self._tags):
                colours = words(tag_colours(theme), theme.background)
                entries = tag_entries(page, tags)
                paint.paint_bands(painter, page, grid, entries, colours, shown, number)
            first = len(self._tags) + (self.labels is not None)
            for number, (values, scale) in enumerate(self._more, first):
                entries = value_entries(page, values, self.walked, scale)
                table = self._table(scale, theme)
                paint.paint_bands(painter, page, grid, entries, table, shown, number)
            self._paint_outlines(painter, theme)
            if self._script is None:
                self._script = paint.Script.of(page, self._known_until(page))
            paint.paint_script(painter, self._script, grid, theme, self._font)
            self._paint_caret(painter, theme)

    def _known_until(self, page: Page) -> int:
        """Up to which character of a page there are values, exact or not; all of a plain text.

        What a person types is read at once; ink that turned grey at every key would only flicker.
        """
        if self.values is None or self._editing is not None:
            return len(self.text)
        values, start = self._preview or ((), page.stop)
        return start + len(values) if start <= page.start else self.walked

    def _table(self, scale: Scale, theme: Theme) -> npt.NDArray[np.uint32]:
        key = (scale, theme.dark)
        if key not in self._tables:
            if len(self._tables) > 64:
                self._tables.clear()
            self._tables[key] = paint.words(scale.colours(theme.dark), theme.background)
        return self._tables[key]

    def row_labels(self) -> list[str]:
        """What stands before each row on the screen: the number of its line, from 1, or a mark."""
        rows = self._rows.lines_of_rows(self.page.first_row, self.page.rows)
        return [WRAPPED if inside else f"{self.first_line + line + 1:,}" for line, inside in rows]

    def _paint_gutter(self, painter: QPainter, theme: Theme) -> None:
        grid, page = self.grid, self.page
        here = None if self.cursor_at is None else self.text.line_of(self.cursor_at)
        painter.setFont(self._font)
        labels = self.row_labels()
        for row, (line, inside) in enumerate(self._rows.lines_of_rows(page.first_row, page.rows)):
            label = labels[row]
            current = line == here and not inside
            painter.setPen(QColor(theme.text if current else theme.faint))
            left = grid.left - (len(label) + 2) * grid.cell
            painter.drawText(left, round(grid.y(row) + grid.ascent), label)

    def _paint_outlines(self, painter: QPainter, theme: Theme) -> None:
        """Around what was found and chosen; below the letters, of which they must cover nothing."""
        page, grid, halo = self.page, self.grid, QColor(theme.background)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._known is not None and page.stop > page.start:
            known = self._known(page.start, page.stop)
            marks.paint_unknown(painter, page, grid, known, theme)
        low = int(np.searchsorted(self._matches[:, 1], page.start, side="right"))
        high = int(np.searchsorted(self._matches[:, 0], page.stop, side="left"))
        found = [(start, stop) for start, stop in self._matches[low:high].tolist()]
        current = [one for one in found if one == self._current_match]
        others = [one for one in found if one != self._current_match]
        chosen = [] if self.range is None else [self.range]
        here = [] if self.cursor_at is None else [(self.cursor_at, self.cursor_at + 1)]
        for ranges, colour, width in (
            (others, theme.match, 1.4),
            (current, theme.match, 2.4),
            (chosen, theme.accent, 2.0),
            ([] if self._editing is not None else here, theme.text, 2.0),
        ):
            spans = [page.spans(*one) for one in ranges]
            marks.paint_outlines(painter, spans, grid, QPen(QColor(colour), width), halo)

    def _paint_caret(self, painter: QPainter, theme: Theme) -> None:
        """Where typing goes on, and what is composed there."""
        if self._editing is not None:
            grid = self.grid
            colour = theme.accent if self.hasFocus() else theme.muted
            caret = self.caret_rect(self._editing.caret)
            marks.paint_caret(painter, caret, colour, theme)
            if self._composing.text and not caret.isNull():
                room = self.viewport().rect().adjusted(grid.left, 0, 0, 0)
                self._composing.paint(painter, caret, room, self._font, grid.ascent, theme)

    # pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Place the cursor; shift takes the range along."""
        if event.button() == Qt.MouseButton.LeftButton:
            if self._composing.text:
                QGuiApplication.inputMethod().commit()
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._selecting.press(event.position().toPoint(), shift)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer; while a range is brushed, take it along."""
        point = event.position().toPoint()
        self._selecting.drag(point)
        self._set_hovered(self.character_at(point))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Settle the range."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._selecting.release()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the word under the pointer."""
        self._selecting.word(event.position().toPoint())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, zoom."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)
            self._set_hovered(self.character_at(event.position().toPoint()))

    def viewportEvent(self, event: QEvent) -> bool:
        """Notice the pointer leaving."""
        if event.type() == QEvent.Type.Leave:
            self._set_hovered(None)
        return super().viewportEvent(event)

    def _set_hovered(self, character: int | None) -> None:
        if character != self._hovered:
            self._hovered = character
            self.hovered.emit(character)

    # keys

    def event(self, event: QEvent) -> bool:
        """While typing, keep plain keys from becoming the window's shortcuts."""
        typing = self.editable and event.type() == QEvent.Type.ShortcutOverride
        if typing and isinstance(event, QKeyEvent) and Editing.wants(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll, zoom, copy, select with shift, walk with Ctrl; plain arrows are the window's."""
        if self._editing is not None and self._editing.key(event):
            return
        handled = (
            self._selecting.key(event)
            or self.scroll_key(event)
            or self._other_key(event)
            or walk_key(self, event)
        )
        if not handled:
            event.ignore()

    def _other_key(self, event: QKeyEvent) -> bool:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1)
        elif control and event.key() == Qt.Key.Key_Minus:
            self.zoom(-1)
        elif control and event.key() == Qt.Key.Key_0:
            self.zoom(0)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._selecting.choose(0, len(self.text))
        elif event.matches(QKeySequence.StandardKey.Copy) and self.range is not None:
            start, stop = self.range
            shown = self.text.slice(start, min(stop, start + _COPY_LIMIT))
            QGuiApplication.clipboard().setText(shown)
        else:
            return False
        return True

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Take what an input method composed, and show what it composes."""
        if self._editing is not None:
            self._composing.take(event, self._editing)
            self.scroll_to(self._editing.caret)
            self.updateMicroFocus()
            self.viewport().update()
        event.accept()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        """Where the caret is, and what stands around it."""
        if self._editing is None:
            return super().inputMethodQuery(query)
        asked = Qt.InputMethodQuery
        if query in (asked.ImCursorRectangle, asked.ImAnchorRectangle):
            anchored = query == asked.ImAnchorRectangle
            caret = self._editing.anchor if anchored else self._editing.caret
            return self.caret_rect(caret).translated(self.viewport().pos())
        if query == asked.ImFont:
            return self._font
        told = about(self._editing, query)
        return super().inputMethodQuery(query) if told is None else told

    def focusNextPrevChild(self, onwards: bool) -> bool:
        """While typing, Tab is a character of the text; Shift+Tab and Esc lead out of it."""
        return super().focusNextPrevChild(onwards) if not (onwards and self.editable) else False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the caret as live."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show the caret as resting."""
        super().focusOutEvent(event)
        self.viewport().update()
