"""Brushing a range of a text view, with the pointer or with shift and the arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent

from rnnviz.core.sequences.text import NEWLINE

if TYPE_CHECKING:
    from rnnviz.views.text.text_view import TextView

_SCROLL_EVERY_MS = 40
_WORD = 256


class Selecting(QObject):
    """The anchor of a range and what moves its other end."""

    def __init__(self, view: TextView) -> None:
        super().__init__(view)
        self._view = view
        self._anchor: int | None = None
        self._head: int | None = None
        self._dragging = False
        self._had_range = False
        self._point = QPoint()
        self._timer = QTimer(self, interval=_SCROLL_EVERY_MS)
        self._timer.timeout.connect(self._scroll)

    def press(self, point: QPoint, extend: bool) -> None:
        """Begin at a point of the viewport; `extend` keeps the old anchor."""
        view = self._view
        character = view.character_at(point, nearest=True)
        if view.editing is not None:
            place = len(view.text) if character is None else self._caret_at(point, character)
            self._had_range = view.range is not None
            self._dragging = True
            view.editing.move(place, keep=extend)
            return
        if character is None:
            return
        if extend and view.cursor_at is not None:
            anchor = view.cursor_at if self._anchor is None else self._anchor
            self._anchor, self._head = anchor, character
            self._show()
            self._tell()
            return
        self._anchor = self._head = character
        self._dragging = True
        self._had_range = view.range is not None
        view.set_range(None)
        view.set_cursor(character)
        view.clicked.emit(character)

    def drag(self, point: QPoint) -> None:
        """Take the range to a point; beyond the edges the text scrolls along."""
        if not self._dragging:
            return
        view = self._view
        self._point = point
        character = view.character_at(point, nearest=True)
        if character is None:
            return
        if view.editing is not None:
            view.editing.move(self._caret_at(point, character), keep=True)
        elif character != self._head:
            self._head = character
            self._show()
        outside = not 0 <= point.y() < view.viewport().height()
        if outside != self._timer.isActive():
            self._timer.start() if outside else self._timer.stop()

    def release(self) -> None:
        """Settle: say which range it is now."""
        self._timer.stop()
        if self._dragging:
            self._dragging = False
            if self._view.range is not None or self._had_range:
                self._tell()

    def word(self, point: QPoint) -> None:
        """Select the word under a point, with the marks on its letters."""
        from rnnviz.core.sequences.word_tokens import word_spans  # the window starts without regex

        view = self._view
        character = view.character_at(point)
        if character is None or view.editing is not None:
            return
        begin = max(0, character - _WORD)
        for start, stop in (word_spans(view.text.slice(begin, character + _WORD)) + begin).tolist():
            if start <= character < stop:
                self.choose(start, stop)
                return
        self.choose(character, character + 1)

    def choose(self, start: int, stop: int) -> None:
        """Select a range and say so."""
        self._anchor, self._head = start, max(start, stop - 1)
        self._view.set_range(start, stop)
        self._tell()

    def key(self, event: QKeyEvent) -> bool:
        """Shift and arrows move the range's end, Escape lets it go; whether it was one of these."""
        view = self._view
        if event.key() == Qt.Key.Key_Escape and view.range is not None:
            view.set_range(None)
            self._tell()
            return True
        if event.modifiers() != Qt.KeyboardModifier.ShiftModifier or view.cursor_at is None:
            return False
        if view.range is None or self._head is None:
            self._anchor = self._head = view.cursor_at
        rows: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            head = self._head + steps[event.key()]
        elif event.key() in rows:
            head = view.character_in_row(self._head, rows[event.key()])
        else:
            return False
        self._head = max(0, min(len(view.text) - 1, head))
        self._show()
        view.scroll_to(self._head)
        self._tell()
        return True

    def _show(self) -> None:
        if self._anchor is not None and self._head is not None:
            low, high = sorted((self._anchor, self._head))
            single = self._dragging and low == high
            self._view.set_range(None if single else low, high + 1)

    def _tell(self) -> None:
        self._view.range_selected.emit(self._view.range)

    def _caret_at(self, point: QPoint, character: int) -> int:
        """The gap between characters that is nearest to a point."""
        cell = self._view.cell_rect(character)
        if cell.isNull() or int(self._view.text.codes[character]) == NEWLINE:
            return character
        return character + (point.x() > cell.center().x())

    @Slot()
    def _scroll(self) -> None:
        bar = self._view.verticalScrollBar()
        beyond = self._point.y() - (0 if self._point.y() < 0 else self._view.viewport().height())
        bar.setValue(bar.value() + (beyond // 16 or (1 if beyond >= 0 else -1)))
        self.drag(self._point)
