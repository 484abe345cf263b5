"""The legend says what the colours mean, in words and numbers, and asks for other colours."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from rnnviz.core.colours.colour import Scale
from rnnviz.views.cells.legend import Legend, meaning, number
from rnnviz.views.shared.theme import LIGHT, qt_palette

SIGNED = Scale(-0.5, 0.5, "blue-orange")


@pytest.fixture
def legend(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.setPalette(qt_palette(LIGHT))
    legend.resize(900, 60)
    legend.show()
    legend.show_scale(SIGNED, "cell of layer 2, unit 37", "unit", False)
    return legend


def test_words_say_what_is_what():
    assert meaning(SIGNED) == "blue above zero, orange below"
    assert meaning(SIGNED.flip()) == "orange above zero, blue below"
    assert meaning(Scale(0, 1, "gate")) == "teal is 1, no colour is 0"
    assert meaning(None)


def test_numbers_are_short_and_have_a_true_minus():
    assert [number(value) for value in (0.0, -0.5, 0.123456, 12.0)] == ["0", "−0.5", "0.123", "12"]


def test_the_title_is_what_is_coloured(legend):
    assert legend.title.text() == "Cell of layer 2, unit 37"


def test_the_gradient_runs_from_low_to_high(legend):
    def ends():
        image = legend.bar.grab().toImage()
        return [image.pixelColor(x, 8).getRgb()[:3] for x in (6, image.width() - 7)]

    left, right = ends()
    assert left[0] > left[2] and right[2] > right[0]  # orange, blue
    legend.show_scale(SIGNED.flip(), "cell", "unit", False)
    left, right = ends()
    assert left[2] > left[0] and right[0] > right[2]
    assert legend.flip.isChecked()


def test_every_button_asks_once_and_showing_asks_nothing(legend, qtbot):
    told: list[object] = []
    for signal in (legend.mode_changed, legend.locked, legend.flipped, legend.palette_chosen):
        signal.connect(told.append)
    legend.show_scale(SIGNED.flip(), "cell", "channel", True)
    legend.show_scale(SIGNED, "cell", "unit", False)
    assert told == []
    for button in (legend.shared, legend.own, legend.lock, legend.flip):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == ["channel", "unit", True, True]
    legend.palettes.menu().actions()[1].trigger()
    assert told[-1] == "green-purple"


def test_palettes_are_for_signed_values_only(legend):
    assert legend.palettes.isEnabled()
    legend.show_scale(Scale(0, 1, "gate"), "forget", "unit", False)
    assert not legend.palettes.isEnabled()


def test_every_button_has_a_name(legend):
    for button in legend.findChildren(QToolButton):
        assert (button.text() or button.accessibleName()) and button.toolTip()
