"""What both halves of the Unroll workspace make their tools of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QToolButton, QWidget

from rnnviz.views.shared.plain_text import plain_tip
from rnnviz.views.shared.theme import set_icon


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


def save_name(
    parent: QWidget, title: str, kinds: str = "Picture (*.png);;Drawing (*.svg)"
) -> Path | None:
    """Where a picture shall be saved, with an ending; None where the person did not say."""
    chosen, kind = QFileDialog.getSaveFileName(parent, title, "unrolled", kinds)
    if not chosen:
        return None
    path = Path(chosen)
    ending = kind[kind.index("*.") + 1 : kind.index(")")].split()[0] if "*." in kind else ".png"
    return path if path.suffix else path.with_suffix(ending)
