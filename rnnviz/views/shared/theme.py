"""How the application looks: named colours, fonts, icons; light or dark as the system is.

A widget asks `theme_of(self)` while it paints and repaints on `PaletteChange`: nothing is wired.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal
from weakref import WeakSet

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import (
    QByteArray,
    QDir,
    QObject,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTemporaryDir,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessibilityHints,
    QAction,
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
    QStyleHints,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemDelegate,
    QApplication,
    QComboBox,
    QStyleFactory,
    QStyleOption,
    QWidget,
)
from shiboken6 import isValid

from rnnviz.core.colours.colour import INK, PAPER
from rnnviz.core.system.places import resources
from rnnviz.views.shared.redressing import Redressing
from rnnviz.views.shared.stylesheet import stylesheet

_USUAL_POINTS = {"windows": 9.0, "cocoa": 13.0}
_USUALLY = 11.0
"""What desktops write menus in, where nobody asked for larger text; of Linux the largest."""
_LARGEST_SCALE = 1.6

Setting = Literal["system", "light", "dark"]
"""What a person chooses; `system` follows the desktop where it says."""


class Theme(Struct, frozen=True):
    """Colours by what they are for, each `#rrggbb`."""

    dark: bool
    background: str
    """Paper: the ground of text, plots, tables and inputs."""
    surface: str
    """The window around the paper: bars, docks, forms."""
    raised: str
    """Buttons, cards, the row under the pointer."""
    text: str
    muted: str
    """Second-rank text: captions, axes, gutters; still readable (4.5)."""
    faint: str
    """Marks that should be found only when looked for."""
    border: str
    accent: str
    """The one colour that says: this one, here, now."""
    on_accent: str
    tint: str
    """A wash of the accent: the selected row, a pressed button."""
    warning: str
    good: str
    bad: str
    marked: str
    """A wash under what differs from the one that is chosen."""
    match: str
    """Where a search found something."""


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


LIGHT = Theme(
    dark=False,
    background=_hex(PAPER[False]),
    surface="#f5f6f8",
    raised="#ffffff",
    text=_hex(INK[False]),
    muted="#5d6675",
    faint="#a4acb9",
    border="#dfe3e9",
    accent="#3452c7",
    on_accent="#ffffff",
    tint="#e4e9fa",
    warning="#8f5a00",
    good="#1d7a45",
    bad="#c4303c",
    marked="#fbeecb",
    match="#b0128a",
)
DARK = Theme(
    dark=True,
    background=_hex(PAPER[True]),
    surface="#1d2128",
    raised="#292f38",
    text=_hex(INK[True]),
    muted="#9ba5b5",
    faint="#596273",
    border="#323944",
    accent="#93abff",
    on_accent="#11151d",
    tint="#2b3553",
    warning="#f0b558",
    good="#62cf8e",
    bad="#ff7b84",
    marked="#453a1d",
    match="#ff8fe0",
)


def strong(theme: Theme) -> Theme:
    """The theme for somebody who asked the desktop for high contrast."""
    ground = "#000000" if theme.dark else "#ffffff"
    ink = "#ffffff" if theme.dark else "#000000"
    return replace(
        theme, background=ground, surface=ground, raised=ground, text=ink, muted=ink,
        faint=theme.muted, border=theme.muted,
    )  # fmt: skip


STRONG_LIGHT, STRONG_DARK = strong(LIGHT), strong(DARK)


def theme_of(widget: QWidget | None = None) -> Theme:
    """The theme that a widget, or the application, is painted in."""
    palette = widget.palette() if widget is not None else QGuiApplication.palette()
    dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
    usual, contrasting = (DARK, STRONG_DARK) if dark else (LIGHT, STRONG_LIGHT)
    lines = palette.color(QPalette.ColorRole.Mid).name()
    return contrasting if lines == contrasting.border else usual


def qt_palette(theme: Theme) -> QPalette:
    """The theme as Fusion wants it."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for where, colour in {
        role.Window: theme.surface,
        role.WindowText: theme.text,
        role.Base: theme.background,
        role.AlternateBase: theme.surface,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.raised,
        role.Midlight: theme.border,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.border,
    }.items():
        palette.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, where, QColor(theme.faint))
    palette.setColor(group.Disabled, role.Highlight, QColor(theme.border))
    palette.setColor(group.Disabled, role.HighlightedText, QColor(theme.muted))
    return palette


def wishes_in(hints: QStyleHints) -> QAccessibilityHints:
    """What the person asked of the desktop, contrast among it; it lives as long as the hints."""
    return hints.accessibility()


class Appearance(QObject):
    """Dresses the application, and dresses it again when the setting or the desktop changes.

    Signals:
        theme_changed(Theme): after palette, style sheet and icons have changed.
    """

    theme_changed = Signal(object)

    def __init__(self, app: QApplication, setting: Setting = "system") -> None:
        super().__init__(app)
        self._app = app
        self.setting: Setting = setting
        self.theme: Theme | None = None
        self._held: list[QWidget] = []
        """Windows that are not painted just now."""
        self._redressing = Redressing(app)
        self._redressing.seen_dressed.connect(self._finish)
        # Named by the process: the next window removes what a killed one leaves.
        self._arrows = QTemporaryDir(f"{QDir.tempPath()}/rnnviz-{os.getpid()}-XXXXXX")
        app.aboutToQuit.connect(self._leave)
        load_fonts()
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(ui_font())
        self._hints = app.styleHints()
        self._hints.colorSchemeChanged.connect(self._apply)
        self._wished = wishes_in(self._hints)
        self._wished.contrastPreferenceChanged.connect(self._apply)
        self._apply()

    def set_setting(self, setting: Setting) -> None:
        """Light, dark, or as the desktop says (light where it says nothing)."""
        self.setting = setting
        self._apply()

    @Slot()
    def _leave(self) -> None:
        """Remove the files that the style sheet names."""
        self._arrows.remove()

    @Slot()
    def _apply(self) -> None:
        scheme = self._hints.colorScheme()
        dark = self.setting == "dark" or (
            self.setting == "system" and scheme == Qt.ColorScheme.Dark
        )
        theme = DARK if dark else LIGHT
        if self._wished.contrastPreference() == Qt.ContrastPreference.HighContrast:
            theme = STRONG_DARK if dark else STRONG_LIGHT
        if theme == self.theme:
            return
        first, self.theme = self.theme is None, theme
        sheet = stylesheet(theme, self._tinted_arrows(theme), text_scale())
        if first:
            self._app.setPalette(qt_palette(theme))
            self._app.setStyleSheet(sheet)
            self._finish()
        else:
            # Keys and clicks are heard while it is put on; nothing is painted half dressed.
            self._hold_painting()
            self._redressing.put_on(qt_palette(theme), sheet)

    def _hold_painting(self) -> None:
        for window in self._app.topLevelWidgets():
            if window.isVisible() and window.updatesEnabled():
                window.setUpdatesEnabled(False)
                self._held.append(window)

    @Slot()
    def _finish(self) -> None:
        """The icons in the colours of the theme, and what paints itself; then all is painted."""
        theme = self.theme
        assert theme is not None
        for target in list(_with_icons):
            if isValid(target):
                target.setIcon(icon(target.property("icon_name")))
        _delete_left_delegates(self._app)
        held, self._held = self._held, []
        for window in held:
            if isValid(window):
                window.setUpdatesEnabled(True)
        self.theme_changed.emit(theme)

    def _tinted_arrows(self, theme: Theme) -> str:
        """A folder with the arrows that a style sheet can only name as files."""
        folder = Path(self._arrows.path()) / ("dark" if theme.dark else "light")
        folder.mkdir(exist_ok=True)
        arrows = ("chevron-down", "chevron-up", "chevron-left", "chevron-right")
        for name in (*arrows, "external-link"):
            (folder / f"{name}.svg").write_bytes(_tinted(_source(name), theme.muted))
        (folder / "check.svg").write_bytes(_tinted(_source("check"), theme.on_accent))
        return str(folder)


def _delete_left_delegates(app: QApplication) -> None:
    """Delete what paints the entries of lists and was replaced with the style: Qt keeps it."""
    for widget in app.allWidgets():
        if not isinstance(widget, QComboBox):
            continue
        for painter in widget.findChildren(QAbstractItemDelegate):
            own = painter.metaObject().className() in ("QComboBoxDelegate", "QComboMenuDelegate")
            if own and painter is not widget.itemDelegate():
                painter.deleteLater()


# fonts


@lru_cache
def load_fonts() -> tuple[str, ...]:
    """The families that come with the application, loaded once."""
    families: list[str] = []
    for path in sorted((resources() / "fonts").glob("*.[ot]tf")):
        number = QFontDatabase.addApplicationFont(str(path))
        families.extend(QFontDatabase.applicationFontFamilies(number))
    return tuple(dict.fromkeys(families))


@lru_cache
def text_scale() -> float:
    """How much larger than usual the desktop wants its text, from 1 to 1.6."""
    points = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).pointSizeF()
    usual = _USUAL_POINTS.get(QGuiApplication.platformName(), _USUALLY)
    return min(max(points / usual, 1.0), _LARGEST_SCALE)


def for_text(pixels: int) -> int:
    """So many pixels where text is of the usual size: room for words, grown as they are."""
    return round(pixels * text_scale())


def ui_font(points: float = 10.0) -> QFont:
    """The font of menus, buttons and captions; `points` where the desktop's text is as usual."""
    names = [family for family in load_fonts() if "Mono" not in family]
    font = QFont([*names, "Inter", "DejaVu Sans"])
    font.setPointSizeF(points * text_scale())
    return font


def mono_font(points: float = 10.5) -> QFont:
    """The font of texts under study: fixed pitch, no kerning, no ligatures."""
    names = [family for family in load_fonts() if "Mono" in family]
    font = QFont([*names, "DejaVu Sans Mono"])
    font.setPointSizeF(points * text_scale())
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    font.setKerning(False)
    return font


# icons

_LARGEST_ICON = 48


class _LineIcon(QIconEngine):
    """Draws a line icon when it is seen: few are, of all sizes, modes and states of all icons."""

    def __init__(self, source: str, theme: Theme) -> None:
        super().__init__()
        self._source = source
        self._theme = theme
        self._drawn: dict[tuple[int, str], QPixmap] = {}

    def clone(self) -> QIconEngine:
        """The same once more."""
        return _LineIcon(self._source, self._theme)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:  # noqa: N802
        """How large it is drawn where so much room is."""
        side = min(size.width(), size.height(), _LARGEST_ICON)
        return QSize(side, side)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """It in the colour of its mode and state."""
        side = self.actualSize(size, mode, state).width()
        if state == QIcon.State.Off:
            return self._in(side, _colour_of(mode, self._theme))
        drawn = self._in(side, self._theme.accent)
        if mode != QIcon.Mode.Disabled:
            return drawn
        option = QStyleOption()
        option.palette = QGuiApplication.palette()
        return QApplication.style().generatedIconPixmap(mode, drawn, option)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw it in the middle of this place, sharp on screens of any density."""
        scale = painter.device().devicePixelRatioF()
        drawn = QPixmap(self.pixmap(rect.size() * scale, mode, state))
        drawn.setDevicePixelRatio(scale)
        place = QRectF(QPointF(), drawn.deviceIndependentSize())
        place.moveCenter(QRectF(rect).center())
        painter.drawPixmap(place.topLeft(), drawn)

    def _in(self, side: int, colour: str) -> QPixmap:
        found = self._drawn.get((side, colour))
        if found is None:
            found = self._drawn[side, colour] = QPixmap(QSize(side, side))
            found.fill(Qt.GlobalColor.transparent)
            with QPainter(found) as painter:
                QSvgRenderer(QByteArray(_tinted(self._source, colour))).render(painter)
        return found


def _colour_of(mode: QIcon.Mode, theme: Theme) -> str:
    if mode == QIcon.Mode.Normal:
        return theme.muted
    return theme.faint if mode == QIcon.Mode.Disabled else theme.text


def icon(name: str, theme: Theme | None = None) -> QIcon:
    """A line icon in the colours of the theme; `resources/icons/<name>.svg`."""
    return _icon(name, theme or theme_of())


@lru_cache(maxsize=256)
def _icon(name: str, theme: Theme) -> QIcon:
    return QIcon(_LineIcon(_source(name), theme))


_with_icons: WeakSet[QAction | QAbstractButton] = WeakSet()
"""What `set_icon` gave one: looking through all widgets of the window for them takes long."""


def set_icon(target: QAction | QAbstractButton, name: str) -> None:
    """Give a button or action an icon that follows the theme."""
    _with_icons.add(target)
    target.setProperty("icon_name", name)
    target.setIcon(icon(name))


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _tinted(source: str, colour: str) -> bytes:
    return source.replace("currentColor", colour).encode()
