"""Colours of lines and points: by number for things of one rank, by name from the theme."""

from __future__ import annotations

from PySide6.QtGui import QColor

from rnnviz.views.shared.theme import Theme

Ink = int | str
"""A number tells one of several alike; a name is a colour of the theme, such as `accent`."""

_NUMBERED = {
    False: ("#3452c7", "#c25100", "#00806f", "#a8138a", "#6f6a00", "#0b78b8", "#8a4436", "#5d6675"),
    True: ("#93abff", "#ffab5c", "#4fd1bd", "#ff8fe0", "#d6cf4d", "#6cc4ff", "#e0a08f", "#9ba5b5"),
}


def ink_colour(ink: Ink, theme: Theme, opacity: float = 1.0) -> QColor:
    """The colour of an ink in this theme; numbers start again after the eighth."""
    if isinstance(ink, int):
        numbered = _NUMBERED[theme.dark]
        colour = QColor(numbered[ink % len(numbered)])
    else:
        colour = QColor(getattr(theme, ink))
    colour.setAlphaF(opacity)
    return colour
