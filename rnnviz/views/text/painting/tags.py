"""The colours of labels that every step has: those of a tagger, and the true ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from rnnviz.core.colours.colour import MISSING, Bytes
from rnnviz.views.plots.parts.inks import ink_colour
from rnnviz.views.shared.theme import Theme
from rnnviz.views.text.rows import Page

Tags = Callable[[int, int], npt.NDArray[np.integer]]
"""The label of each character of a stretch, (stop - start,); -1 for none. Asked of what is seen:
those of a long text are more than a frame has time for."""
_COLOURS = 24
"""Labels behind these share the colours of those before."""
_NAMED = 24


def tag_colours(theme: Theme) -> Bytes:
    """The colour of every label, (256, 4) uint8 RGBA."""
    table = np.zeros((256, 4), np.uint8)
    for label in range(MISSING):
        colour = ink_colour(label % _COLOURS, theme)
        table[label] = colour.red(), colour.green(), colour.blue(), 255
    return table


def tag_entries(page: Page, tags: Tags) -> Bytes:
    """The entry of each character's label, and `MISSING` after the last, (n + 1,)."""
    entries = np.full(page.stop - page.start + 1, MISSING, np.uint8)
    part = np.asarray(tags(page.start, page.stop), np.int64)
    entries[: len(part)] = np.where(part < 0, MISSING, part % _COLOURS)
    return entries


def tags_in_words(labels: Sequence[str], theme: Theme, true: bool) -> str:
    """Which colour is which label, as rich text."""
    from html import escape

    shown = [
        f'<span style="color:{QColor(ink_colour(place % _COLOURS, theme)).name()}">■</span>&nbsp;'
        f"{escape(label)}"
        for place, label in enumerate(labels[:_NAMED])
    ]
    more = [f"and {len(labels) - _NAMED:,} more"] if len(labels) > _NAMED else []
    rows = "Under each row: what the network says" + (", below it the truth." if true else ".")
    return f"{rows} &nbsp; {' &nbsp; '.join([*shown, *more])}"
