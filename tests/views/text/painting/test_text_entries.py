"""Which colour a character takes: its own value, a preview of it, or none."""

from __future__ import annotations

import numpy as np

from rnnviz.core.colours.colour import MISSING, Scale
from rnnviz.core.sequences.text import Text
from rnnviz.views.text.painting.text_entries import value_entries
from rnnviz.views.text.rows import Page, Rows

SCALE = Scale(0.0, 1.0, "gate")


def test_a_preview_fills_what_is_not_walked_and_nothing_else() -> None:
    page = Page.of(Rows(Text.of("abcdefghij"), 80), 0, 1)
    values = np.full(10, 1.0, np.float32)
    ahead = np.zeros(4, np.float32)
    plain = value_entries(page, values, 3, SCALE)
    assert (plain[:3] == SCALE.index(values[:3])).all()
    assert (plain[3:] == MISSING).all()
    shown = value_entries(page, values, 3, SCALE, (ahead, 2))
    assert (shown[:3] == plain[:3]).all(), "what is walked is never overwritten"
    assert (shown[3:6] == SCALE.index(ahead[:3])).all()
    assert (shown[6:] == MISSING).all()
