"""A caption names the colour that is on, how often it is right, and chance."""

import pytest

from rnnviz.core.cells.captions import caption, percent
from rnnviz.core.colours.colour import Scale
from rnnviz.core.scoring.separation import Separation

SCALE = Scale(-1.0, 1.0, "blue-red")


def test_on_is_named_by_its_colour_whatever_the_sign():
    up, down = Separation(1, -1, 0.99, 0.73), Separation(-1, 1, 0.99, 0.73)
    wanted = "Blue: inside a comment (right on 99 % of this text); by chance 73 %"
    assert caption(up, "Inside a comment", SCALE) == wanted
    assert caption(down, "Inside a comment", SCALE.flip()) == wanted
    assert caption(down, "Inside a comment", SCALE).startswith("Red: ")


def test_of_a_count_the_threshold_is_named():
    told = Separation(1, -1, 0.97, 0.5, above=34.0, correlation=0.9)
    assert "position in the line above 34" in caption(told, "Position in the line", SCALE)


def test_a_unit_that_tells_nothing_is_not_said_to():
    assert caption(Separation(0.1, 0, 0.74, 0.73), "Brace depth", SCALE).startswith("Not told by")


@pytest.mark.parametrize(("share", "words"), [(0.999, "99.9 %"), (1, "100 %"), (0.5, "50 %")])
def test_only_all_is_a_hundred_per_cent(share, words):
    assert percent(share) == words
