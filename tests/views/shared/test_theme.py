"""Light and dark: readable words everywhere, the setting obeyed, fonts and icons at hand."""

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QAbstractItemDelegate, QComboBox, QToolButton, QWidget

from rnnviz.core.colours.oklab import contrast
from rnnviz.views.shared.stylesheet import stylesheet
from rnnviz.views.shared.theme import (
    DARK,
    LIGHT,
    STRONG_DARK,
    STRONG_LIGHT,
    Appearance,
    for_text,
    icon,
    load_fonts,
    mono_font,
    qt_palette,
    set_icon,
    text_scale,
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


class Wished(QObject):
    """What a desktop says of contrast."""

    contrastPreferenceChanged = Signal(object)  # noqa: N815 - Qt's name

    def __init__(self) -> None:
        super().__init__()
        self.preference = Qt.ContrastPreference.NoPreference

    def contrastPreference(self) -> Qt.ContrastPreference:  # noqa: N802 - Qt's name
        return self.preference


def test_a_wish_for_high_contrast_is_heeded_at_once(qapp, qtbot, monkeypatch):
    wished = Wished()
    monkeypatch.setattr("rnnviz.views.shared.theme.wishes_in", lambda hints: wished)
    before = qapp.style().name(), qapp.palette(), qapp.font()
    appearance = Appearance(qapp, "light")
    widget = QWidget()
    qtbot.addWidget(widget)
    assert theme_of(widget) == LIGHT
    wished.preference = Qt.ContrastPreference.HighContrast
    with qtbot.waitSignal(appearance.theme_changed):
        wished.contrastPreferenceChanged.emit(wished.preference)
    assert theme_of(widget) == STRONG_LIGHT
    with qtbot.waitSignal(appearance.theme_changed):
        appearance.set_setting("dark")
    assert theme_of(widget) == STRONG_DARK
    appearance.deleteLater()
    qapp.setStyleSheet("")
    qapp.setStyle(before[0])
    qapp.setPalette(before[1])
    qapp.setFont(before[2])


@pytest.mark.parametrize("theme", [STRONG_LIGHT, STRONG_DARK], ids=["light", "dark"])
def test_high_contrast_is_high(theme):
    """Words at 7 : 1 and lines at 3 : 1, as WCAG asks of enhanced contrast."""
    for ground in (theme.background, theme.surface, theme.raised):
        assert contrast(rgb(theme.text), rgb(ground)) >= 7
        assert contrast(rgb(theme.muted), rgb(ground)) >= 7
        assert contrast(rgb(theme.border), rgb(ground)) >= 3
        assert contrast(rgb(theme.accent), rgb(ground)) >= 4.5


@pytest.mark.parametrize(("points", "scale"), [(9.0, 1.0), (11.0, 1.0), (16.5, 1.5), (40.0, 1.6)])
def test_text_is_as_large_as_the_desktop_wants_it(points, scale, qapp, monkeypatch):
    usual = ui_font().pointSizeF(), mono_font().pointSizeF()
    wanted = QFont("Sans")
    wanted.setPointSizeF(points)
    monkeypatch.setattr(QFontDatabase, "systemFont", lambda kind: wanted)
    text_scale.cache_clear()
    try:
        assert text_scale() == pytest.approx(scale)
        assert for_text(100) == round(100 * scale)
        sizes = ui_font().pointSizeF(), mono_font().pointSizeF()
        assert sizes == pytest.approx((usual[0] * scale, usual[1] * scale))
        sheet = stylesheet(LIGHT, "", text_scale())
        assert f"font-size: {11 * scale:g}pt" in sheet
    finally:
        text_scale.cache_clear()


def test_a_list_keeps_nothing_of_the_themes_before(appearance, qtbot):
    choices = QComboBox()
    qtbot.addWidget(choices)
    choices.addItems(["one", "two"])
    choices.show()
    left = []
    for setting in ("dark", "light", "dark", "light"):
        with qtbot.waitSignal(appearance.theme_changed):
            appearance.set_setting(setting)
        qtbot.wait(1)  # what is to be deleted is deleted
        left.append(len(choices.findChildren(QAbstractItemDelegate)))
    assert left == [left[0]] * 4


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
