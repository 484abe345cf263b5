"""The row of tools over an alignment: which table, which lines, how far, and what is saved."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QSlider,
    QToolButton,
    QWidget,
)

from rnnviz.core.alignments.decoded import LAYERS
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.wrapping_row import WrappingRow, side_by_side
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_SHORT = {
    "energies": "Scores",
    "context": "Context",
    "encoder": "Encoder",
    "decoder": "Decoder",
    "erased": "Erasing",
    "gradient": "Gradient",
    "left_out": "Leaving out",
    "difference": "Difference",
}
"""What the box says; its tips say more."""


class Tools(QWidget):
    """Tells what was chosen; knows nothing of what is shown.

    Signals:
        map_chosen(object, object): a layer and a head of a file's attention; None is their mean.
        layer_chosen(str): one of `core.decoded.LAYERS`.
        words_chosen(bool): join pieces to words.
        share_chosen(float): of all weight, how much the lines make.
        step_chosen(object): how many target tokens are shown; None for all.
        pictured_chosen(bool): each step as the lecture draws it.
        play_requested: write the translation by itself, or stop.
        undo_requested, redo_requested, alone_requested, export_requested.
    """

    map_chosen = Signal(object, object)
    layer_chosen = Signal(str)
    words_chosen = Signal(bool)
    share_chosen = Signal(float)
    step_chosen = Signal(object)
    pictured_chosen = Signal(bool)
    play_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()
    alone_requested = Signal()
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step: int | None = None
        self._steps = 0
        self.layer = Choices()
        self.layer.setAccessibleName("Table")
        self.layer.setToolTip("Which table of numbers is shown")
        for name, title in LAYERS.items():
            self.layer.addItem(_SHORT.get(name, title), name)
            self.layer.setItemData(
                self.layer.count() - 1, plain_tip(title), Qt.ItemDataRole.ToolTipRole
            )
        self.layer.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.layer.setMinimumContentsLength(9)
        self.layer.activated.connect(self._layer)
        self.maps = self._make_maps()
        self.words = QCheckBox("Words")
        self.words.setToolTip("Join pieces to words; a word's weight is the sum over its pieces")
        self.words.toggled.connect(self.words_chosen)
        self.share = QSlider(Qt.Orientation.Horizontal)
        self.share.setAccessibleName("Share of all weight that the lines make")
        self.share.setToolTip("Draw only the heaviest lines, which make this share of all weight")
        self.share.setRange(5, 100)
        self.share.setValue(100)
        self.share.setFixedWidth(64)
        self.share.valueChanged.connect(self._share)
        self.share_label = Label("all lines")
        self.share_label.setToolTip(plain_tip(self.share.toolTip()))
        self.share_label.setMinimumWidth(52)
        self.previous = _button("chevron-left", "One word back (,)")
        self.next = _button("chevron-right", "One word on (.)")
        self.place = Label()
        self.place.setMinimumWidth(56)
        self.place.setAccessibleName("Words of the translation that are shown")
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.play = _button("play", "Write it word for word, or pause (Space)")
        self.picture = _button("image", "While stepping: the decoder as the lecture draws it (P)")
        self.picture.setCheckable(True)
        self.undo = _button("undo-2", "Take the last change back")
        self.redo = _button("redo-2", "Do it again")
        self.alone = _button("x", "Put the alignment at the right away")
        self.save = _button("download", "Save this alignment…")
        self.previous.clicked.connect(self.step_back)
        self.next.clicked.connect(self.step_on)
        self.play.clicked.connect(self.play_requested)
        self.picture.clicked.connect(self.pictured_chosen)
        self.undo.clicked.connect(self.undo_requested)
        self.redo.clicked.connect(self.redo_requested)
        self.alone.clicked.connect(self.alone_requested)
        self.save.clicked.connect(self.export_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(
            WrappingRow(
                self.maps,
                side_by_side(
                    self.layer,
                    self.words,
                    self.share,
                    self.share_label,
                ),
                side_by_side(
                    self.previous,
                    self.place,
                    self.next,
                    self.play,
                    self.picture,
                    self.undo,
                    self.redo,
                    self.alone,
                    self.save,
                ),
            )
        )

    def _make_maps(self) -> QWidget:
        self.map_layer, self.map_head = self._map_box("Layer"), self._map_box("Head")
        maps = side_by_side(self.map_layer, self.map_head)
        maps.hide()
        return maps

    def _map_box(self, word: str) -> QComboBox:
        box = Choices()
        box.setAccessibleName(f"{word} of the attention")
        box.setToolTip(plain_tip(f"Which {word.lower()} of the attention in this file"))
        box.activated.connect(self._map)
        box.hide()
        return box

    # What is shown

    def show_maps(self, layers: int, heads: int) -> None:
        """Offer the layers and heads of a file; one alone is nothing to choose from."""
        for box, count, word in (
            (self.map_layer, layers, "Layer"),
            (self.map_head, heads, "Head"),
        ):
            box.clear()
            for number in range(count):
                box.addItem(f"{word} {number + 1}", number)
            box.addItem(f"Mean of {count} {word.lower()}s", None)
            box.setVisible(count > 1)
        self.maps.setVisible(layers > 1 or heads > 1)

    def show_map(self, layer: int | None, head: int | None) -> None:
        """Show which layer and head is on the screen."""
        for box, chosen in ((self.map_layer, layer), (self.map_head, head)):
            box.setCurrentIndex(box.count() - 1 if chosen is None else chosen)

    def show_view(self, layer: str, share: float, *, words: bool, pieces: bool) -> None:
        """Show what is chosen; without pieces there is nothing to join."""
        for box in (self.words, self.share):
            box.blockSignals(True)
        self.words.setChecked(words)
        self.share.setValue(round(100 * share))
        for box in (self.words, self.share):
            box.blockSignals(False)
        self.layer.setCurrentIndex(max(0, self.layer.findData(layer)))
        self.words.setVisible(pieces)
        self.share_label.setText("all lines" if share >= 1 else f"{share:.0%}")

    def show_steps(
        self, step: int | None, steps: int, words: tuple[int, int] | None = None
    ) -> None:
        """Show how many tokens of the translation are seen.

        Args:
            words: how many words have begun, of how many, where pieces are joined to words.
        """
        self._step, self._steps = step, steps
        at = steps if step is None else step
        seen, every = (at, steps) if words is None else words
        self.place.setText(f"{seen:,} / {every:,}")
        pieces = "" if words is None else f"; {at:,} of {steps:,} pieces"
        kind = "Tokens" if words is None else "Words"
        tip = f"{kind} of the translation that are written, of all{pieces}"
        self.place.setToolTip(plain_tip(tip))
        self.previous.setEnabled(at > 0)
        self.next.setEnabled(step is None or at < steps)

    def show_playing(self, playing: bool) -> None:
        """Show whether it goes on by itself."""
        set_icon(self.play, "pause" if playing else "play")

    def show_pictured(self, pictured: bool) -> None:
        """Show whether steps are shown as the lecture draws them."""
        self.picture.setChecked(pictured)

    def show_history(self, *, undo: bool, redo: bool, beside: bool, shown: bool) -> None:
        """Show what can be taken back, put away and saved."""
        self.undo.setEnabled(undo)
        self.redo.setEnabled(redo)
        self.alone.setEnabled(beside)
        self.save.setEnabled(shown)

    # What the person does

    @Slot()
    def step_on(self) -> None:
        """Write one token more; where all are shown, begin with the first."""
        at = 1 if self._step is None else self._step + 1
        if at <= self._steps:
            self.step_chosen.emit(at)

    @Slot()
    def step_back(self) -> None:
        """Take one token back."""
        at = self._steps if self._step is None else self._step
        if at > 0:
            self.step_chosen.emit(at - 1)

    def step_to(self, end: bool) -> None:
        """Begin before the first token, or see how the last was found."""
        self.step_chosen.emit(self._steps if end else 0)

    @Slot(int)
    def _layer(self, place: int) -> None:
        self.layer_chosen.emit(self.layer.itemData(place))

    @Slot()
    def _map(self) -> None:
        self.map_chosen.emit(self.map_layer.currentData(), self.map_head.currentData())

    @Slot(int)
    def _share(self, value: int) -> None:
        self.share_chosen.emit(value / 100)


def _button(icon: str, tip: str) -> QToolButton:
    button = QToolButton()
    set_icon(button, icon)
    button.setToolTip(plain_tip(tip))
    button.setAccessibleName(tip)
    return button
