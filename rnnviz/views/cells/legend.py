"""What the colours mean, in words and numbers, and the buttons that change it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QActionGroup,
    QColor,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.colours.colour import DIVERGING, Mode, Scale, palette_title, palette_words
from rnnviz.views.shared.controls.colour_bar import ColourBar, number
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.stylesheet import restyle
from rnnviz.views.shared.theme import set_icon, theme_of
from rnnviz.views.shared.words.plain_text import Label, plain_tip


class Legend(QWidget):
    """The gradient with its numbers, what is coloured, and how the range is chosen.

    Signals:
        mode_changed(str): `unit` or `channel`, on what the range is measured.
        locked(bool): keep this range while units change.
        flipped(bool): run the colours the other way round.
            palette_chosen(str): other colours for signed values.
        squashed(bool): show the hyperbolic tangent of a cell state.
        range_pulled(float, float): take this range; `range_released` goes back to the measured one.
    """

    mode_changed = Signal(str)
    locked = Signal(bool)
    flipped = Signal(bool)
    palette_chosen = Signal(str)
    squashed = Signal(bool)
    range_pulled = Signal(float, float)
    range_released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Legend of the colours")
        self.title = Label()
        self.title.setProperty("role", "title")
        self.meaning = Label()
        self.meaning.setProperty("role", "muted")
        for label in (self.title, self.meaning):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setMinimumWidth(190)
        self.caption = Label()
        self.caption.setProperty("role", "caption")
        self.caption.setWordWrap(True)
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setToolTip(
            "Right: the share of characters that one threshold on this unit alone gets right. "
            "By chance: the share that is right when always the more frequent answer is given"
        )
        self.bar = ColourBar()
        self.own = self._worded("This unit", "Measure the range on this unit")
        self.shared = self._worded("All units", "Share one range among all units of the channel")
        self.own.setChecked(True)
        self._modes = QButtonGroup(self)
        self._modes.addButton(self.own)
        self._modes.addButton(self.shared)
        self.tanh = self._worded(
            "tanh",
            "Show the hyperbolic tangent of the cell state, from −1 to 1, as the LSTM itself reads "
            "it and as in Karpathy's pictures: a counter that has run away stays at one end",
        )
        self.lock = self._button("lock-open", "Keep this range while units change")
        self.flip = self._button("flip-horizontal", "Run the colours the other way round")
        self.palettes = self._button("palette", "Choose other colours")
        self._choices = QActionGroup(self)
        self._build()
        self.own.clicked.connect(self._mode_clicked)
        self.shared.clicked.connect(self._mode_clicked)
        self.lock.toggled.connect(self._lock_toggled)
        self.flip.toggled.connect(self.flipped)
        self.tanh.toggled.connect(self.squashed)
        self.bar.pulled.connect(self.range_pulled)
        self.bar.released.connect(self.range_released)
        self.show_scale(None, "", "unit", False)

    def _build(self) -> None:
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(self.title)
        told.addWidget(self.meaning)
        scale, self._buttons = QWidget(), QWidget()
        buttons = self._buttons
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
        right.addWidget(self.tanh)
        right.addSpacing(8)
        for button in (self.lock, self.flip, self.palettes):
            right.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        above = QHBoxLayout()
        above.setContentsMargins(12, 8, 12, 0)
        above.addWidget(self.caption)
        column.addLayout(above)
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
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(tip)
        button.setCheckable(True)
        return button

    def _worded(self, word: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(word)
        button.setToolTip(plain_tip(tip))
        button.setCheckable(True)
        return button

    def show_scale(
        self,
        scale: Scale | None,
        title: str,
        mode: Mode,
        locked: bool,
        note: str = "",
        *,
        caption: str = "",
        about: str = "",
        can_squash: bool = False,
    ) -> None:
        """Show a scale; `title` says what is coloured, such as `cell of layer 2, unit 37`.

        Args:
            note: said in place of what the colours mean.
            caption: what the unit tells, in a sentence.
            about: how the values came about, where that is to be known; shown on pointing.
            can_squash: whether the hyperbolic tangent is a choice.
        """
        self.caption.setText(caption)
        self.caption.setVisible(bool(caption))
        self.title.setText(title[:1].upper() + title[1:] if title else "No colours yet")
        self.title.setToolTip(plain_tip(about))
        self.meaning.setText(note or meaning(scale))
        self.meaning.setToolTip(
            "Hatched characters are not walked yet; where they have colours, these are a preview, "
            "read from some thousand characters before. A dotted red frame marks those "
            "that the model does not know"
        )
        self.bar.show_scale(scale)
        signed = scale is not None and scale.signed
        self.tanh.setVisible(can_squash)
        for button, on in (
            (self.tanh, scale is not None and scale.tanh),
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

    def set_presented(self, presented: bool) -> None:
        """Caption and colours in large type, without buttons."""
        self._buttons.setVisible(not presented)
        self.bar.set_large(presented)
        for label in (self.caption, self.title, self.meaning):
            label.setProperty("large", presented)
            restyle(label)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Part the legend from the text above."""
        with QPainter(self) as painter:
            painter.fillRect(0, 0, self.width(), 1, QColor(theme_of(self).border))

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


def meaning(scale: Scale | None) -> str:
    """The colours of a scale in words: the one that a caption speaks of comes first.

    >>> meaning(Scale(-1.0, 1.0, "blue-red")), meaning(Scale(-1.0, 1.0, "blue-red", flipped=True))
    ('blue above zero, red below', 'blue below zero, red above')
    """
    if scale is None:
        return "Open a model and a text"
    other, strong = palette_words(scale.palette)
    if scale.symmetric:
        of = " (of the tangent)" if scale.tanh else ""
        ways = ("below", "above") if scale.flipped else ("above", "below")
        return f"{strong} {ways[0]} zero, {other} {ways[1]}{of}"
    ends = (scale.low, scale.high) if scale.flipped else (scale.high, scale.low)
    return f"{strong} is {number(ends[0])}, {other} is {number(ends[1])}"
