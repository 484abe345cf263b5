"""Light and dark: readable words everywhere, the setting obeyed, fonts and icons at hand."""

import pytest
from PySide6.QtGui import QFontInfo, QPalette
from PySide6.QtWidgets import QToolButton, QWidget

from rnnviz.core.colours.oklab import contrast
from rnnviz.views.shared.theme import (
    DARK,
    LIGHT,
    icon,
    load_fonts,
    mono_font,
    qt_palette,
    set_icon,
    theme_of,
    ui_font,
)


def rgb(colour):
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["background", "surface", "raised"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "good", "bad", "warning"])
def test_words_can_be_read_on_every_ground(theme, ground, ink):
    assert contrast(rgb(getattr(theme, ink)), rgb(getattr(theme, ground))) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_can_be_read_on_what_is_selected(theme):
    assert contrast(rgb(theme.on_accent), rgb(theme.accent)) >= 4.5
    assert contrast(rgb(theme.text), rgb(theme.tint)) >= 4.5


def test_the_setting_dresses_the_application(appearance, qapp, qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    assert theme_of(widget) == LIGHT
    with qtbot.waitSignal(appearance.theme_changed) as caught:
        appearance.set_setting("dark")
    assert caught.args == [DARK] and theme_of(widget) == DARK and theme_of() == DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.surface
    assert "$" not in qapp.styleSheet()
    with qtbot.assertNotEmitted(appearance.theme_changed):
        appearance.set_setting("dark")


def test_nothing_is_painted_half_dressed_and_everything_is_afterwards(appearance, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    appearance.set_setting("dark")
    appearance.set_setting("light")
    assert not window.updatesEnabled()
    with qtbot.waitSignal(appearance.theme_changed) as caught:
        pass
    assert window.updatesEnabled() and caught.args == [LIGHT] and theme_of(window) == LIGHT


def test_a_widget_with_a_palette_of_its_own_has_that_theme(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setPalette(qt_palette(DARK))
    assert theme_of(widget) == DARK


def test_fonts_come_along(qapp):
    assert len(load_fonts()) >= 2
    assert QFontInfo(mono_font()).fixedPitch()
    assert QFontInfo(mono_font()).family() in load_fonts()
    assert not QFontInfo(ui_font()).fixedPitch() and QFontInfo(ui_font()).family() in load_fonts()


def test_icons_take_the_colours_of_the_theme(appearance, qtbot):
    button = QToolButton()
    qtbot.addWidget(button)
    set_icon(button, "lock")

    def brightest():
        image = button.icon().pixmap(32, 32).toImage()
        solid = [
            image.pixelColor(x, y).lightness()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() > 250
        ]
        return max(solid)

    light = brightest()
    with qtbot.waitSignal(appearance.theme_changed):
        appearance.set_setting("dark")
    assert light < 128 < brightest()


def test_an_icon_that_is_not_there_is_an_error(qapp):
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")
