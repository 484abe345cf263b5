"""A unit in words: what its colours say of a concept, how often they are right, and by chance."""

from __future__ import annotations

from rnnviz.core.colours.colour import Scale, palette_words
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.scoring.separation import Separation


def caption(told: Separation, concept: str, scale: Scale) -> str:
    """What is on and what that means.

    Args:
        concept: its title, `Inside double quotes`.
        scale: how the unit is coloured.

    >>> found = Separation(on=0.9, off=-0.9, right=0.994, chance=0.73)
    >>> caption(found, "Inside double quotes", Scale(-1, 1, "blue-red"))
    'Blue: inside double quotes (right on 99 % of this text); by chance 73 %'
    >>> caption(Separation(0.1, 0.0, 0.74, 0.73), "Inside double quotes", Scale(-1, 1, "blue-red"))
    'Not told by this unit: inside double quotes (right on 74 % of this text); by chance 73 %'
    """
    what = concept[:1].lower() + concept[1:] if concept[1:2].islower() else concept
    if told.above is not None:
        what = f"{what} above {shown_number(told.above)}"
    figures = f"(right on {percent(told.right)} of this text); by chance {percent(told.chance)}"
    if not told.tells:
        return f"Not told by this unit: {what} {figures}"
    return f"{on_word(told, scale).capitalize()}: {what} {figures}"


def on_word(told: Separation, scale: Scale) -> str:
    """What the colour of the steps is called at which the concept holds."""
    low, high = palette_words(scale.palette)
    if scale.flipped:
        low, high = high, low
    return high if told.rising else low


def percent(share: float) -> str:
    """A share in whole per cent; nothing short of all is called 100 %.

    >>> percent(0.734), percent(0.9996), percent(1.0), percent(0.0002)
    ('73 %', '99.9 %', '100 %', '0.1 %')
    """
    rounded = round(share * 100)
    if rounded >= 100 and share < 1:
        return f"{min(99.9, share * 100):.1f} %"
    if rounded <= 0 and share > 0:
        return f"{max(0.1, share * 100):.1f} %"
    return f"{rounded} %"
