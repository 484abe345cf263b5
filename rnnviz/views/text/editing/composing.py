"""What an input method composes: seen at the caret while it is under way, typed when it is done.

Input methods count in the units of UTF-16; the texts here count characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QInputMethodEvent,
    QPainter,
    QPen,
)

from rnnviz.views.shared.theme import Theme

if TYPE_CHECKING:
    from PySide6.QtGui import QTextLayout

    from rnnviz.views.text.editing.text_editing import Editing

_AROUND = 1024
"""How many characters on each side of the caret an input method is told."""


class Composing:
    """The composition under way, if any."""

    def __init__(self) -> None:
        self.text = ""
        self._cursor = 0
        """Where the input method's own caret stands in it, in units of UTF-16."""
        self._formats: list[QTextLayout.FormatRange] = []

    def take(self, event: QInputMethodEvent, editing: Editing) -> None:
        """Type what is finished and keep what is not."""
        from PySide6.QtGui import QTextCharFormat, QTextLayout  # here: the window starts without

        if event.replacementLength():
            text, caret = editing.text, editing.caret
            start = _moved(text, caret, event.replacementStart())
            stop = _moved(text, start, event.replacementLength())
            editing.replace(start, stop, event.commitString())
        elif event.commitString():
            editing.insert(event.commitString())
        elif event.preeditString() and not self.text and len(set(editing.selection)) > 1:
            editing.insert("")  # What is composed takes the place of the selection.
        self.text = event.preeditString()
        self._cursor, self._formats = _length(self.text), []
        kind = QInputMethodEvent.AttributeType
        for attribute in event.attributes():
            if attribute.type == kind.Cursor:
                self._cursor = attribute.start if attribute.length else -1
            elif attribute.type == kind.TextFormat and isinstance(attribute.value, QTextCharFormat):
                span = QTextLayout.FormatRange()
                span.start, span.length = attribute.start, attribute.length
                span.format = attribute.value
                self._formats.append(span)

    def drop(self) -> None:
        """Forget what was composed and not finished."""
        self.text, self._formats = "", []

    def paint(
        self, painter: QPainter, caret: QRect, room: QRect, font: QFont, ascent: float, theme: Theme
    ) -> QRect:
        """Paint it over what follows the caret; where its own caret stands.

        Args:
            caret: where typing goes on, in the coordinates of the painter.
            room: what it must not leave; one that is too long is seen at its end.
            ascent: from the top of the caret down to the line that letters stand on.
        """
        from PySide6.QtGui import QTextLayout

        layout = QTextLayout(self.text, font)
        layout.setFormats(self._underlined())
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        wide = line.naturalTextWidth()
        left = float(min(caret.x(), max(room.left(), room.right() - wide - 4)))
        if wide > room.width():
            left = room.right() - wide - 4
        box = QRectF(left - 1, caret.y(), wide + 3, caret.height())
        painter.save()
        painter.setClipRect(room)
        painter.fillRect(box, QColor(theme.raised))
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(QColor(theme.text))
        layout.draw(painter, QPointF(left, caret.y() + ascent - QFontMetricsF(font).ascent()))
        at = self._cursor if self._cursor >= 0 else _length(self.text)
        found: Any = line.cursorToX(at)
        across = left + float(found[0] if isinstance(found, tuple) else found)
        own = QRect(round(across), caret.y(), 2, caret.height())
        if self._cursor >= 0:
            painter.fillRect(own, QColor(theme.accent))
        painter.restore()
        return own

    def _underlined(self) -> list[QTextLayout.FormatRange]:
        """What the input method asks for, on an underline that says: not typed yet."""
        from PySide6.QtGui import QTextLayout

        span = QTextLayout.FormatRange()
        span.start, span.length = 0, _length(self.text)
        span.format.setFontUnderline(True)
        return [span, *self._formats]


def about(editing: Editing, query: Qt.InputMethodQuery) -> object:
    """What an input method asks about the text around the caret; None where that is not known."""
    asked, text = Qt.InputMethodQuery, editing.text
    begin = max(text.rfind("\n", 0, editing.caret) + 1, editing.caret - _AROUND)
    end = text.find("\n", editing.caret)
    end = min(len(text) if end < 0 else end, editing.caret + _AROUND)
    start, stop = editing.selection
    anchor = min(max(editing.anchor, begin), end)
    hint = Qt.InputMethodHint
    known = {
        asked.ImCursorPosition: _length(text[begin : editing.caret]),
        asked.ImAnchorPosition: _length(text[begin:anchor]),
        asked.ImAbsolutePosition: _length(text[: editing.caret]),
        asked.ImSurroundingText: text[begin:end],
        asked.ImTextBeforeCursor: text[max(0, editing.caret - _AROUND) : editing.caret],
        asked.ImTextAfterCursor: text[editing.caret : editing.caret + _AROUND],
        asked.ImCurrentSelection: text[start : min(stop, start + _AROUND)],
        asked.ImHints: int((hint.ImhMultiLine | hint.ImhNoPredictiveText).value),
    }
    return known.get(query)


def _length(text: str) -> int:
    """In units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _moved(text: str, place: int, units: int) -> int:
    """The place so many units of UTF-16 further on, or back."""
    step, left = (1 if units > 0 else -1), abs(units)
    while left > 0 and 0 <= place + min(step, 0) < len(text):
        left -= 2 if ord(text[place + min(step, 0)]) > 0xFFFF else 1
        place += step
    return place
