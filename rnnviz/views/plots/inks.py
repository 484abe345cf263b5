"""Colours of lines and points: by number for things of one rank, by name from the theme."""

from __future__ import annotations

from PySide6.QtGui import QColor

from rnnviz.views.shared.theme import Theme

Ink = int | str
"""A number tells one of several alike; a name is a colour of the theme, such as `accent`."""

_NUMBERED = {
    False: ("#3452c7", "#b32702", "#076b6d", "#5a0268", "#b48c00", "#508dff", "#6e0016", "#8a939f"),
    True: ("#93abff", "#f3a51b", "#b2ffda", "#b55bc8", "#fdf207", "#a3d9ff", "#cc6600", "#9e9e9e"),
}
"""Told apart also by people who see no red or no green: chosen for the largest least distance in
OKLab over normal sight and both, as Machado et al. 2009 simulate them."""
_MIXED = 0.4


def ink_colour(ink: Ink, theme: Theme, opacity: float = 1.0) -> QColor:
    """The colour of an ink in this theme; numbers start again after the twenty-fourth.

    From the ninth on they are those of the first eight, nearer to the text; then nearer to the
    ground.
    """
    if isinstance(ink, int):
        numbered = _NUMBERED[theme.dark]
        colour = QColor(numbered[ink % len(numbered)])
        towards = (None, theme.text, theme.background)[ink // len(numbered) % 3]
        if towards is not None:
            colour = _mixed(colour, QColor(towards))
    else:
        colour = QColor(getattr(theme, ink))
    colour.setAlphaF(opacity)
    return colour


def _mixed(colour: QColor, other: QColor) -> QColor:
    parts = zip(
        (colour.redF(), colour.greenF(), colour.blueF()),
        (other.redF(), other.greenF(), other.blueF()),
        strict=True,
    )
    return QColor.fromRgbF(*((1 - _MIXED) * a + _MIXED * b for a, b in parts))
