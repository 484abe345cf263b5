"""What the colours mean, in words and numbers, and the buttons that change it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.colours.colour import DIVERGING, LEVELS, Mode, Scale, palette_title, palette_words
from rnnviz.views.shared.theme import set_icon, theme_of, ui_font
from rnnviz.views.shared.wrapping_row import WrappingRow
from rnnviz.views.text.text_painter import words


class Legend(QWidget):
    """The gradient with its numbers, what is coloured, and how the range is chosen.

    Signals:
        mode_changed(str): `unit` or `channel`, on what the range is measured.
        locked(bool): keep this range while units change.
        flipped(bool): run the colours the other way round.
        palette_chosen(str): other colours for signed values.
    """

    mode_changed = Signal(str)
    locked = Signal(bool)
    flipped = Signal(bool)
    palette_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Legend of the colours")
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.meaning = QLabel()
        self.meaning.setProperty("role", "muted")
        for label in (self.title, self.meaning):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setMinimumWidth(190)
        self.bar = Gradient()
        self.own = self._worded("This unit", "Measure the range on this unit")
        self.shared = self._worded("All units", "Share one range among all units of the channel")
        self.own.setChecked(True)
        self._modes = QButtonGroup(self)
        self._modes.addButton(self.own)
        self._modes.addButton(self.shared)
        self.lock = self._button("lock-open", "Keep this range while units change")
        self.flip = self._button("flip-horizontal", "Run the colours the other way round")
        self.palettes = self._button("palette", "Choose other colours")
        self._choices = QActionGroup(self)
        self._build()
        self.own.clicked.connect(self._mode_clicked)
        self.shared.clicked.connect(self._mode_clicked)
        self.lock.toggled.connect(self._lock_toggled)
        self.flip.toggled.connect(self.flipped)
        self.show_scale(None, "", "unit", False)

    def _build(self) -> None:
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(self.title)
        told.addWidget(self.meaning)
        scale, buttons = QWidget(), QWidget()
        scale.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        left, right = QHBoxLayout(scale), QHBoxLayout(buttons)
        for row in (left, right):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(4)
        left.addLayout(told, 2)
        left.addSpacing(12)
        left.addWidget(self.bar, 1)
        for button in (self.own, self.shared):
            right.addWidget(button)
        right.addSpacing(8)
        for button in (self.lock, self.flip, self.palettes):
            right.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(WrappingRow(scale, buttons))
        menu = QMenu(self.palettes)
        for name in DIVERGING:
            action = menu.addAction(palette_title(name))
            action.setData(name)
            action.setCheckable(True)
            self._choices.addAction(action)
        self._choices.triggered.connect(self._palette_triggered)
        self.palettes.setCheckable(False)
        self.palettes.setMenu(menu)
        self.palettes.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _button(self, icon_name: str, tip: str) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon_name)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(True)
        return button

    def _worded(self, word: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(word)
        button.setToolTip(tip)
        button.setCheckable(True)
        return button

    def show_scale(
        self, scale: Scale | None, title: str, mode: Mode, locked: bool, note: str = ""
    ) -> None:
        """Show a scale; `title` says what is coloured, such as `cell of layer 2, unit 37`.

        Args:
            note: said in place of what the colours mean.
        """
        self.title.setText(title[:1].upper() + title[1:] if title else "No colours yet")
        self.meaning.setText(note or meaning(scale))
        self.meaning.setToolTip(
            "Hatched characters are not walked yet; where they have colours, these are a preview, "
            "read from some thousand characters before. A dotted red frame marks those "
            "that the model does not know"
        )
        self.bar.show_scale(scale)
        signed = scale is not None and scale.symmetric
        for button, on in (
            (self.own, mode == "unit"),
            (self.shared, mode == "channel"),
            (self.lock, locked),
            (self.flip, scale is not None and scale.flipped),
        ):
            button.blockSignals(True)
            button.setChecked(on)
            button.setEnabled(scale is not None)
            button.blockSignals(False)
        self._show_lock()
        self.palettes.setEnabled(signed)
        for action in self._choices.actions():
            action.setChecked(scale is not None and action.data() == scale.palette)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Part the legend from the text above."""
        QPainter(self).fillRect(0, 0, self.width(), 1, QColor(theme_of(self).border))

    def _show_lock(self) -> None:
        name = "lock" if self.lock.isChecked() else "lock-open"
        if self.lock.property("icon_name") != name:
            set_icon(self.lock, name)

    @Slot()
    def _mode_clicked(self) -> None:
        self.mode_changed.emit("channel" if self.shared.isChecked() else "unit")

    @Slot(bool)
    def _lock_toggled(self, locked: bool) -> None:
        self._show_lock()
        self.locked.emit(locked)

    @Slot(object)
    def _palette_triggered(self, action: object) -> None:
        self.palette_chosen.emit(action.data())  # type: ignore[attr-defined]


class Gradient(QWidget):
    """All colours of a scale from low to high, with the numbers of its ends and middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(110)
        self.setMaximumWidth(240)
        self.setAccessibleName("Colours from the lowest to the highest value")
        self._scale: Scale | None = None

    def sizeHint(self) -> QSize:
        """Wide enough to tell neighbours apart."""
        return QSize(240, 36)

    def show_scale(self, scale: Scale | None) -> None:
        """Show another scale, or none."""
        if scale != self._scale:
            self._scale = scale
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the gradient and the numbers under it."""
        if self._scale is None:
            return
        theme, scale = theme_of(self), self._scale
        pixels = words(scale.colours(theme.dark), theme.background)[:LEVELS].copy()
        stride = LEVELS * 4
        image = QImage(pixels.data, LEVELS, 1, stride, QImage.Format.Format_RGB32)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            bar = QRectF(0.5, 0.5, self.width() - 1, 15)
            shape = QPainterPath()
            shape.addRoundedRect(bar, 4, 4)
            painter.save()
            painter.setClipPath(shape)
            painter.drawImage(bar, image)
            painter.restore()
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawPath(shape)
            painter.setPen(QColor(theme.muted))
            painter.setFont(ui_font(8.5))
            below = QRect(0, 18, self.width(), 18)
            places = [
                (scale.low, Qt.AlignmentFlag.AlignLeft),
                (scale.high, Qt.AlignmentFlag.AlignRight),
            ]
            middle = (scale.low + scale.high) / 2
            places.insert(1, (middle, Qt.AlignmentFlag.AlignHCenter))
            for value, where in places:
                painter.drawText(below, where | Qt.AlignmentFlag.AlignVCenter, number(value))


def meaning(scale: Scale | None) -> str:
    """The colours of a scale in words."""
    if scale is None:
        return "Open a model and a text"
    low, high = palette_words(scale.palette)
    if scale.flipped:
        low, high = high, low
    if scale.symmetric:
        return f"{high} above zero, {low} below"
    return f"{high} is {number(scale.high)}, {low} is {number(scale.low)}"


def number(value: float) -> str:
    """A value with three significant digits and a true minus: `−0.42`."""
    shown = "0" if value == 0 else f"{value:.3g}"
    return shown.replace("-", "−")
