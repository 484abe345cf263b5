"""Brushing a range of a text view, with the pointer or with shift and the arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent

from rnnviz.core.sequences.text import NEWLINE
from rnnviz.views.text.editing.text_walking import here

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
        from rnnviz.core.sequences.texts.word_tokens import (
            word_spans,  # the window starts without regex
        )

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
        """Shift and a key that moves take the range's end along, Escape lets it go.

        Returns: whether it was one of these.
        """
        view = self._view
        if event.key() == Qt.Key.Key_Escape and view.range is not None:
            view.set_range(None)
            self._tell()
            return True
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
        if held not in (shift, shift | control) or not len(view.text):
            return False
        at = here(view)
        if view.range is None or self._head is None:
            self._anchor = self._head = at
        head = self._moved(event.key(), self._head, by_word=held != shift)
        if head is None:
            return False
        self._head = max(0, min(len(view.text) - 1, head))
        self._show()
        view.scroll_to(self._head)
        self._tell()
        return True

    def begin_at(self, character: int) -> None:
        """What is selected next begins here."""
        self._anchor = self._head = character

    def _moved(self, key: int, head: int, *, by_word: bool) -> int | None:
        """Where a key takes the end of the range; None if it is none of these.

        By words it takes it over words, to the ends of the text, and over nothing else.
        """
        view = self._view
        row = max(1, view.verticalScrollBar().pageStep())
        match Qt.Key(key):
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                step = 1 if key == Qt.Key.Key_Right else -1
                return self._over_word(head, step) if by_word else head + step
            case Qt.Key.Key_Up | Qt.Key.Key_Down if not by_word:
                return view.character_in_row(head, 1 if key == Qt.Key.Key_Down else -1)
            case Qt.Key.Key_PageUp | Qt.Key.Key_PageDown if not by_word:
                return view.character_in_row(head, row if key == Qt.Key.Key_PageDown else -row)
            case Qt.Key.Key_Home:
                return 0 if by_word else view.row_bounds(head)[0]
            case Qt.Key.Key_End:
                return len(view.text) - 1 if by_word else view.row_bounds(head)[1] - 1
        return None

    def _over_word(self, head: int, step: int) -> int:
        """The last character of the word that comes next in a direction."""
        from rnnviz.core.sequences.texts.word_tokens import (
            word_spans,  # the window starts without regex
        )

        begin = max(0, head - _WORD)
        spans = word_spans(self._view.text.slice(begin, head + _WORD)) + begin
        if step > 0:
            ends = spans[spans[:, 1] - 1 > head, 1] - 1
            return int(ends[0]) if ends.size else head + step
        starts = spans[spans[:, 0] < head, 0]
        return int(starts[-1]) if starts.size else head + step

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
