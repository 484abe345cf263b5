"""Which way a text is written, as Qt wants it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from rnnviz.core.alignments.words.tokens import runs_right_to_left


def direction_of(text: str) -> Qt.LayoutDirection:
    """From right to left where most letters are of such a script."""
    way = Qt.LayoutDirection
    return way.RightToLeft if runs_right_to_left((text,)) else way.LeftToRight
