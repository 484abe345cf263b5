"""No character's ink lies in the cell of the next one: in the text, in pictures, in lists."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from rnnviz.core.colours.colour import Scale, scale_for
from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import figure
from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.theme import LIGHT, qt_palette
from rnnviz.views.text.painting.text_figure import figure_image
from rnnviz.views.text.searching.snippet_list import Piece, SnippetList
from rnnviz.views.text.text_view import TextView

MARKS = ["\u0301", "\u0303", "\u0328", "\u064e", "\u05b8", "\u20e3", "\u0489"]
SCALE = Scale(-1.0, 1.0, "blue-orange")


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.width(), 4)[:, :, :3].astype(int)


def ink_columns(with_mark: np.ndarray, with_circle: np.ndarray) -> np.ndarray:
    """Where, from left to right, the mark's ink is; the circle that carries it is taken away."""
    return np.nonzero(np.abs(with_mark - with_circle).sum(2) > 60)[1]


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"U+{ord(mark):04X}")
def test_a_mark_is_drawn_in_its_own_cell_of_the_text(mark, qtbot):
    drawn = []
    for character in (mark, "\u25cc"):
        view = TextView()
        qtbot.addWidget(view)
        view.setPalette(qt_palette(LIGHT))
        view.resize(500, 80)
        view.set_text(Text.of(f"a{character}   x"))
        view.show()
        drawn.append(pixels(view.viewport().grab().toImage()))
        cell = view.cell_rect(1)
    found = ink_columns(*drawn)
    assert len(found), "the mark is seen"
    assert cell.left() - 1 <= found.min() and found.max() <= cell.right() + 1


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"U+{ord(mark):04X}")
def test_a_mark_is_drawn_in_its_own_cell_of_a_picture(mark, qapp):
    drawn = []
    for character in (mark, "\u25cc"):
        values = np.full(6, np.nan, np.float32)
        made = figure(ColouredText(f"a{character}   x", 0, values, SCALE, "cell"))
        below = round(2 * (made.letters[0].y - 16))
        drawn.append(pixels(figure_image(made, 2.0))[below:])
        (x, width, _) = made.letters[0].cells[1]
    found = ink_columns(*drawn)
    assert len(found), "the mark is seen"
    assert 2 * x - 1 <= found.min() and found.max() <= 2 * (x + width) + 1


def test_wide_characters_of_a_snippet_have_their_own_columns(qtbot):
    snippets = SnippetList("Places")
    qtbot.addWidget(snippets)
    snippets.setPalette(qt_palette(LIGHT))
    snippets.resize(400, 60)
    text = "\u4e2d\u6587 \u4e2d\u6587"
    values = np.array([-1, 1, 0, 1, -1], np.float32)
    snippets.set_entries((Piece(0, text, values, "", 4),), scale_for("hidden", values))
    snippets.show()
    row = snippets.visualRect(snippets.model().index(0, 0))
    shown = pixels(snippets.viewport().grab().toImage())[row.top() + 4]
    changes = np.flatnonzero(np.abs(np.diff(shown, axis=0)).sum(1) > 20)
    widths = np.diff(changes[:6])
    assert widths[0] == pytest.approx(2 * widths[2], abs=1), "two columns, and one for the blank"
    assert np.ptp(widths[[0, 1, 3, 4]]) <= 1
