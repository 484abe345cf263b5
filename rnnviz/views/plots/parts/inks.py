"""Colours of lines and points: by number for things of one rank, by name from the theme."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from rnnviz.views.shared.theme import Theme

Ink = int | str
"""A number tells one of several alike; a name is a colour of the theme, such as `accent`.

`ramp:0.25` is a colour a quarter of the way from the first to the last of things in an order, such
as the parameters of a network. No run has one of these.
"""
_RAMP = "ramp:"
_RAMPS = {
    False: ("#7a3b9c", "#b0447f", "#cf5d52", "#c98213", "#8f8a00"),
    True: ("#c79bec", "#ee9ac6", "#ffa48f", "#f2c063", "#d5d66a"),
}

_NUMBERED = {
    False: ("#3452c7", "#b32702", "#076b6d", "#5a0268", "#b48c00", "#508dff", "#6e0016", "#8a939f"),
    True: ("#93abff", "#f3a51b", "#b2ffda", "#b55bc8", "#fdf207", "#a3d9ff", "#cc6600", "#9e9e9e"),
}
"""Told apart also by people who see no red or no green: chosen for the largest least distance in
OKLab over normal sight and both, as Machado et al. 2009 simulate them."""
_MIXED = 0.4
_DASHES: tuple[tuple[float, ...], ...] = (
    (), (7, 3), (1.5, 2), (8, 2, 1.5, 2), (3, 2), (14, 3), (8, 2, 1.5, 2, 1.5, 2),
)  # fmt: skip
"""Lengths of strokes and gaps in widths of the pen; the first eight colours have none."""
SWATCH = QSize(20, 12)
_PATTERNS = 1.75


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
    elif ink.startswith(_RAMP):
        colour = _on_ramp(float(ink.removeprefix(_RAMP)), theme)
    else:
        colour = QColor(getattr(theme, ink))
    colour.setAlphaF(opacity)
    return colour


def ramp_ink(place: int, count: int) -> Ink:
    """The colour of one of so many things in an order."""
    return f"{_RAMP}{place / max(1, count - 1):.4f}"


def _on_ramp(share: float, theme: Theme) -> QColor:
    stops = _RAMPS[theme.dark]
    place = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    return between_colours(QColor(stops[first]), QColor(stops[first + 1]), place - first)


def ink_dashes(ink: Ink) -> tuple[float, ...]:
    """How a line of this ink is broken: beyond the first eight the colour alone does not tell it.

    With the colours that makes 56 signs before one comes again.
    """
    return _DASHES[ink // len(_NUMBERED[False]) % len(_DASHES)] if isinstance(ink, int) else ()


def ink_pen(ink: Ink, theme: Theme, width: float, *, dashed: bool = False) -> QPen:
    """What a line of this ink is drawn with; its width does not grow with the picture."""
    pen = QPen(ink_colour(ink, theme), width)
    pen.setCosmetic(True)
    dashes = ink_dashes(ink)
    if dashes:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([*dashes])
    elif dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def ink_swatch(ink: Ink, theme: Theme, ratio: float = 1.0, size: QSize = SWATCH) -> QPixmap:
    """A short line of this ink, as it is drawn in plots, for lists beside them."""
    pixels = QPixmap(size * ratio)
    pixels.setDevicePixelRatio(ratio)
    pixels.fill(Qt.GlobalColor.transparent)
    dashes = ink_dashes(ink)
    with QPainter(pixels) as painter:
        middle = size.height() / 2
        height = 4.0 if dashes else 8.0
        pen = QPen(ink_colour(ink, theme), height)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashes:
            # Shorter than on a plot, so that one whole pattern is seen to come again.
            fitting = size.width() / (_PATTERNS * sum(dashes) * height)
            pen.setDashPattern([part * fitting for part in dashes])
        painter.setPen(pen)
        painter.drawLine(QPointF(0, middle), QPointF(size.width(), middle))
    return pixels


def _mixed(colour: QColor, other: QColor) -> QColor:
    return between_colours(colour, other, _MIXED)


def between_colours(colour: QColor, other: QColor, share: float) -> QColor:
    """The colour this share of the way from the first to the second; opaque."""
    parts = zip(
        (colour.redF(), colour.greenF(), colour.blueF()),
        (other.redF(), other.greenF(), other.blueF()),
        strict=True,
    )
    return QColor.fromRgbF(*((1 - share) * a + share * b for a, b in parts))
