"""Lines over two axes: where the points land, gaps, and axes of round numbers."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.export.line_figure import INKS, Line, line_figure, round_ticks
from rnnviz.core.export.svg import svg


def test_ticks_are_round_and_enclose_the_values() -> None:
    assert round_ticks(np.array([1.07, 2.31])) == [1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5]
    assert round_ticks(np.array([0.0, 12645.0])) == [0, 5000, 10000, 15000]
    assert len(round_ticks(np.array([3.0, 3.0]))) >= 2


def test_points_stand_between_the_axes_and_a_gap_stays_a_gap() -> None:
    x = np.array([0.0, 1, 2, 3, 4])
    drawn = line_figure(
        [Line("held out", x, np.array([4, 3, np.nan, 2, 1.0]))], "Loss", "step", "nats"
    )
    line = [stroke for stroke in drawn.strokes if stroke.colour == INKS[False][0]]
    assert len(line) == 2 + 1  # two pieces, and the mark in the legend
    first, last = line[0], line[1]
    assert first.y1 < first.y2 < last.y1 < last.y2  # it falls, and y grows downwards
    assert first.x1 < first.x2 < last.x1 < last.x2
    assert "Loss" in svg(drawn) and "held out" in svg(drawn)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no line has a finite point"):
        line_figure([Line("", np.array([1.0]), np.array([np.nan]))], "", "", "")


def test_a_long_legend_goes_on_in_a_second_row() -> None:
    x = np.array([0.0, 1.0])
    lines = [Line(f"a network with a long name, {number}", x, x) for number in range(5)]
    drawn = line_figure(lines, "Title", "x", "y")
    named = [words for words in drawn.words if words.text.startswith("a network")]
    assert len({words.y for words in named}) > 1
    assert max(words.x + 6.2 * len(words.text) for words in named) <= 720
    top = min(stroke.y1 for stroke in drawn.strokes if stroke.colour == "#e3e6ec")
    assert top > max(words.y for words in named)
