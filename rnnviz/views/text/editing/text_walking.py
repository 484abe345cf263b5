"""The place in a text by keyboard: Ctrl and an arrow move it, Enter asks for its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from rnnviz.views.text.text_view import TextView

_STEPS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ROWS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


def walk_key(view: TextView, event: QKeyEvent) -> bool:
    """Move to another character, or show the card of this one; whether the key was for that.

    Where the text has no cursor yet, it comes to the first character that is seen.
    """
    key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if not len(view.text):
        return False
    if held == Qt.KeyboardModifier.ControlModifier and (key in _STEPS or key in _ROWS):
        view.walk_to(_beside(view, key))
        return True
    if held == Qt.KeyboardModifier.NoModifier and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        view.walk_to(here(view))
        return True
    return False


def here(view: TextView) -> int:
    """Where the person is: the cursor, or the first character that is seen."""
    at = view.cursor_at
    return view.visible_range()[0] if at is None else at


def _beside(view: TextView, key: int) -> int:
    at = view.cursor_at
    if at is None:
        return here(view)
    if key in _ROWS:
        return view.character_in_row(at, _ROWS[key])
    return min(max(at + _STEPS[key], 0), len(view.text) - 1)
