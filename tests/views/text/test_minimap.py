"""The map of the whole text: a place in it is a place in the text, its colours are the unit's."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from rnnviz.core.colours.colour import PAPER, Scale
from rnnviz.views.shared.theme import LIGHT, qt_palette
from rnnviz.views.text.minimap import CELL, Minimap

SCALE = Scale(-1.0, 1.0, "blue-orange")
LEFT = 8


@pytest.fixture
def minimap(qtbot):
    minimap = Minimap()
    qtbot.addWidget(minimap)
    minimap.setPalette(qt_palette(LIGHT))
    minimap.resize(minimap.sizeHint().width(), 400)
    minimap.show()
    minimap.set_scale(SCALE)
    return minimap


def colour(minimap, character, lane=False):
    """The colour of the cell that holds a character."""
    image = minimap.grab().toImage()
    column = character // minimap.per_cell % minimap.columns
    x = minimap.width() - LEFT - 3 if lane else LEFT + column * CELL
    return image.pixelColor(x, minimap.y_of(character)).getRgb()[:3]


def entry(value):
    place = int(SCALE.index(np.array([value], np.float32))[0])
    return tuple(SCALE.colours(dark=False)[place, :3].tolist())


@pytest.mark.parametrize("length", [3_000, 200_000, 3_000_000])
def test_a_stretch_where_the_unit_is_on_is_blue_at_its_place(minimap, length):
    values = np.full(length, -1, np.float16)
    values[length // 2 : length // 2 + length // 10] = 1
    minimap.set_values(values, length)
    assert colour(minimap, length // 2 + length // 20) == entry(1)
    assert colour(minimap, length // 4) == colour(minimap, length - 1) == entry(-1)


def test_a_rare_spike_is_not_averaged_away(minimap):
    values = np.zeros(200_000, np.float16)
    values[100_000] = 1
    minimap.set_values(values, len(values))
    assert colour(minimap, 100_000) != entry(0)


def test_what_is_not_walked_is_not_coloured(minimap):
    values = np.ones(200_000, np.float16)
    minimap.set_values(values, 50_000)
    assert colour(minimap, 40_000) == entry(1)
    assert min(colour(minimap, 150_000)) > 180


def test_labels_have_a_lane_of_their_own(minimap):
    minimap.set_values(np.zeros(10_000, np.float16), 10_000)
    labels = np.zeros(10_000, bool)
    labels[5_000:] = True
    minimap.set_labels(labels)
    assert colour(minimap, 2_000, lane=True) == PAPER[False]
    assert colour(minimap, 8_000, lane=True) != PAPER[False]


def test_a_click_and_a_drag_go_there(minimap, qtbot):
    length = 1_000_000
    minimap.set_values(np.zeros(length, np.float16), length)
    told: list[object] = []
    minimap.scrolled_to.connect(told.append)
    for character in (250_000, 700_000):
        place = QPoint(30, minimap.y_of(character))
        qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=place)
        assert abs(int(str(told[-1])) - character) <= minimap.per_cell * minimap.columns
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(30, 399))
    assert told[-1] == length - 1


def test_matches_are_ticks_and_the_view_is_framed(minimap):
    minimap.set_values(np.zeros(1_000_000, np.float16), 1_000_000)
    plain = minimap.grab().toImage()
    minimap.set_matches(np.array([[600_000, 600_004]]))
    image = minimap.grab().toImage()
    assert image.pixelColor(minimap.width() - 4, minimap.y_of(600_000)).saturation() > 100
    minimap.set_matches(None)
    assert minimap.grab().toImage() == plain
    minimap.set_visible((500_000, 502_000))
    framed = minimap.grab().toImage()
    assert framed != plain
    assert framed.pixelColor(40, 2) == plain.pixelColor(40, 2)


def test_nothing_to_show_is_paper(minimap):
    minimap.set_length(0)
    assert minimap.grab().toImage().pixelColor(40, 40).getRgb()[:3] == PAPER[False]
