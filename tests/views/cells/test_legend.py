"""The legend says what the colours mean, in words and numbers, and asks for other colours."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from rnnviz.core.colours.colour import Scale
from rnnviz.views.cells.legend import Legend, meaning
from rnnviz.views.shared.controls.colour_bar import number
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
    assert meaning(SIGNED.flip()) == "blue below zero, orange above"
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
    assert told[-1] == "red-blue"


def test_palettes_are_for_signed_values_only(legend):
    assert legend.palettes.isEnabled()
    legend.show_scale(Scale(0, 1, "gate"), "forget", "unit", False)
    assert not legend.palettes.isEnabled()


def test_every_button_has_a_name(legend):
    for button in legend.findChildren(QToolButton):
        assert (button.text() or button.accessibleName()) and button.toolTip()


def test_an_end_that_is_pulled_changes_the_range_and_a_double_click_gives_it_back(legend, qtbot):
    pulled: list[tuple[float, float]] = []
    legend.range_pulled.connect(lambda low, high: pulled.append((low, high)))
    bar = legend.bar
    right = QPoint(bar.width() - 2, 8)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=right)
    qtbot.mouseMove(bar, QPoint(bar.width() // 2, 8))
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton)
    low, high = pulled[-1]
    assert low == -high and 0 < high < SIGNED.high
    with qtbot.waitSignal(legend.range_released):
        qtbot.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=right)
    bar.setFocus()
    qtbot.keyClicks(bar, "-")
    assert 0 < pulled[-1][1] < SIGNED.high
    qtbot.keyClicks(bar, "+")
    assert pulled[-1][1] > SIGNED.high


def test_one_end_of_a_range_without_zero_is_pulled_alone(legend, qtbot):
    pulled: list[tuple[float, float]] = []
    legend.range_pulled.connect(lambda low, high: pulled.append((low, high)))
    legend.show_scale(Scale(29.0, 31.0, "blue-red"), "cell", "unit", False)
    qtbot.mousePress(legend.bar, Qt.MouseButton.LeftButton, pos=QPoint(1, 8))
    qtbot.mouseMove(legend.bar, QPoint(40, 8))
    assert 29 < pulled[-1][0] < 31 and pulled[-1][1] == 31


def test_the_caption_is_on_the_screen_and_tanh_is_for_cells_alone(legend, qtbot):
    told: list[bool] = []
    legend.squashed.connect(told.append)
    legend.show_scale(SIGNED, "cell", "unit", False, caption="Blue: in quotes.", can_squash=True)
    assert legend.caption.isVisible() and legend.caption.text() == "Blue: in quotes."
    qtbot.mouseClick(legend.tanh, Qt.MouseButton.LeftButton)
    assert told == [True]
    legend.show_scale(SIGNED, "hidden", "unit", False)
    assert not legend.caption.isVisible() and not legend.tanh.isVisible()
