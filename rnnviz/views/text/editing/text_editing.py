"""Simple typing: a caret, a selection, and an undo history over a short string.

Knows keys and strings; where the caret is painted is the text view's.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QUndoCommand, QUndoStack

if TYPE_CHECKING:
    from rnnviz.views.text.text_view import TextView

LIMIT = 20_000
"""The longest text that can be typed."""

_Key = QKeySequence.StandardKey
_EDIT_KEYS = (_Key.Undo, _Key.Redo, _Key.Cut, _Key.Copy, _Key.Paste, _Key.SelectAll, _Key.Delete)
_MOVES = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_Home, Qt.Key.Key_End,
}  # fmt: skip
_LINE_ENDS = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_KEYS_OF_TYPING = {*_MOVES, *_LINE_ENDS, Qt.Key.Key_Backspace}
_CONTROL, _ALT, _META = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.MetaModifier,
)


class Editing(QObject):
    """The text being typed, its caret and its selection.

    Signals:
        changed(str, int): the new text, and how many characters at its start are as before.
        moved(): the caret or the selection is elsewhere.
        refused(str): an edit would have made the text too long.
    """

    changed = Signal(str, int)
    moved = Signal()
    refused = Signal(str)

    def __init__(self, view: TextView, text: str, caret: int | None = None) -> None:
        super().__init__(view)
        self._view = view
        self.text = text
        self.caret = self.anchor = len(text) if caret is None else caret
        self.history = QUndoStack(self)

    def reset(self, text: str) -> None:
        """Begin again with another text; its history is empty."""
        self.text = text
        self.caret = self.anchor = len(text)
        self.history.clear()

    @property
    def selection(self) -> tuple[int, int]:
        """(start, stop); empty when they are equal."""
        return min(self.caret, self.anchor), max(self.caret, self.anchor)

    def move(self, place: int, *, keep: bool = False) -> None:
        """Put the caret before a character; `keep` lets the selection grow to it."""
        self.caret = max(0, min(len(self.text), place))
        if not keep:
            self.anchor = self.caret
        self.moved.emit()

    def insert(self, typed: str) -> None:
        """Put characters in place of the selection, or at the caret."""
        self.replace(*self.selection, typed)

    def replace(self, start: int, stop: int, typed: str) -> None:
        """Put characters in place of those from `start` up to `stop`, as far as there is room."""
        typed = typed.replace("\r\n", "\n").replace("\r", "\n")
        if len(self.text) - (stop - start) + len(typed) > LIMIT:
            self.refused.emit(
                f"{len(typed):,} more characters would make this text longer than {LIMIT:,}; "
                "open it as a file instead"
            )
            return
        self._replace(start, stop, typed)

    def key(self, event: QKeyEvent) -> bool:
        """Act on a key; whether it was one for editing."""
        if event.matches(_Key.Undo):
            self.history.undo()
        elif event.matches(_Key.Redo):
            self.history.redo()
        elif event.matches(_Key.Paste):
            self.insert(QGuiApplication.clipboard().text())
        elif event.matches(_Key.Copy) or event.matches(_Key.Cut):
            self._copy(cut=event.matches(_Key.Cut))
        elif event.matches(_Key.SelectAll):
            self.anchor = 0
            self.move(len(self.text), keep=True)
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._delete(-1 if event.key() == Qt.Key.Key_Backspace else 1)
        elif event.key() in _MOVES:
            self._arrow(event)
        elif event.key() in _LINE_ENDS and not event.modifiers() & (_CONTROL | _ALT | _META):
            self.insert("\n")
        elif is_typed(event):
            self.insert(event.text())
        else:
            return False
        return True

    @staticmethod
    def wants(event: QKeyEvent) -> bool:
        """Whether a key belongs to typing and not to the window's shortcuts."""
        if any(event.matches(key) for key in _EDIT_KEYS):
            return True
        plain = not event.modifiers() & (_CONTROL | _ALT | _META)
        if plain and event.key() in _KEYS_OF_TYPING:
            return True
        return is_typed(event)

    def apply(self, start: int, stop: int, new: str) -> None:
        """Make an edit without remembering it; the history calls this."""
        self.text = self.text[:start] + new + self.text[stop:]
        self.caret = self.anchor = start + len(new)
        self.changed.emit(self.text, start)
        self.moved.emit()

    def _replace(self, start: int, stop: int, new: str) -> None:
        if self.text[start:stop] != new:
            self.history.push(_Replace(self, start, self.text[start:stop], new))

    def _delete(self, step: int) -> None:
        start, stop = self.selection
        if start == stop:
            start, stop = sorted((start, max(0, min(len(self.text), start + step))))
        self._replace(start, stop, "")

    def _copy(self, *, cut: bool) -> None:
        start, stop = self.selection
        if start < stop:
            QGuiApplication.clipboard().setText(self.text[start:stop])
            if cut:
                self._replace(start, stop, "")

    def _arrow(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        begin = self.text.rfind("\n", 0, self.caret) + 1
        end = self.text.find("\n", self.caret)
        match event.key():
            case Qt.Key.Key_Left:
                place = self.caret - 1
            case Qt.Key.Key_Right:
                place = self.caret + 1
            case Qt.Key.Key_Home:
                place = 0 if control else begin
            case Qt.Key.Key_End:
                place = len(self.text) if control or end < 0 else end
            case Qt.Key.Key_Up:
                place = self._view.character_in_row(self.caret, -1)
            case _:
                place = self._view.character_in_row(self.caret, 1)
        self.move(place, keep=shift)


def is_typed(event: QKeyEvent, platform: str = sys.platform) -> bool:
    """Whether the text that a key brings is meant to be typed, and is no command.

    Every character is, blanks of any width and joiners too. AltGr comes as Ctrl and Alt on Windows,
    Option as Alt on macOS; elsewhere Alt with a letter or a digit opens a menu.
    """
    text, held = event.text(), event.modifiers() & (_CONTROL | _ALT | _META)
    if not text or event.key() == Qt.Key.Key_Backtab:
        return False
    category = unicodedata.category(text[0])
    if category in ("Cc", "Cs"):
        return text == "\t" and not held
    if category == "Cf" and not held & _META:
        return True  # Windows sends direction marks with Ctrl and Shift.
    if platform == "darwin":
        return not held & (_CONTROL | _META)
    if held == _ALT:
        return not (text.isascii() and text.isalnum())
    return not held or held == _CONTROL | _ALT


class _Replace(QUndoCommand):
    """One edit; characters typed one after another are undone together, up to a line's end."""

    def __init__(self, editing: Editing, start: int, old: str, new: str) -> None:
        super().__init__("Typing")
        self._editing, self._start, self._old, self._new = editing, start, old, new

    def redo(self) -> None:
        """Make the edit."""
        self._editing.apply(self._start, self._start + len(self._old), self._new)

    def undo(self) -> None:
        """Take the edit back."""
        self._editing.apply(self._start, self._start + len(self._new), self._old)

    def id(self) -> int:
        """All typing may be merged."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take a character typed right behind into this edit."""
        if not isinstance(other, _Replace) or other._old or len(other._new) != 1:
            return False
        if other._start != self._start + len(self._new) or self._new.endswith("\n"):
            return False
        self._new += other._new
        return True
