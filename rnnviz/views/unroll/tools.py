"""What both halves of the Unroll workspace make their tools of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import plain_tip


def icon_button(symbol: str, tip: str) -> QToolButton:
    """A button with a sign."""
    button = _button(tip)
    set_icon(button, symbol)
    return button


def word_button(words: str, tip: str) -> QToolButton:
    """A button with a word."""
    button = _button(tip)
    button.setText(words)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    return button


def _button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(plain_tip(tip))
    button.setAccessibleName(tip)
    return button
