"""What several panels about gradients share: pickers, rows of tools, words for numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.gradients.decay import Decay
from rnnviz.core.gradients.field import GradientField
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.direction import quoted
from rnnviz.session.gradients.gradients import Gradients
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.tall_page import TallPage, fill
from rnnviz.views.shared.panel import Need, Panel
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class FocusPicker(Choices):
    """Which of the compared networks a panel about a single one shows."""

    def __init__(self, gradients: Gradients, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gradients = gradients
        self.setAccessibleName("Network")
        self.setToolTip("Which of the compared networks to show")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.activated.connect(gradients.set_focus)

    @Slot()
    def refresh(self) -> None:
        """List the networks, and show the one in focus."""
        titles = [one.network.title for one in self._gradients.compared]
        if titles != [self.itemText(place) for place in range(self.count())]:
            self.clear()
            self.addItems(titles)
        self.setCurrentIndex(self._gradients.focus)
        self.setToolTip(plain_tip(f"{self.currentText()}: which of the compared networks to show"))


class LayerPicker(Choices):
    """One layer, or all of them."""

    def __init__(self, gradients: Gradients, *, all_layers: bool) -> None:
        super().__init__()
        self._gradients = gradients
        self._all = all_layers
        self.setAccessibleName("Layer")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.activated.connect(self._choose)

    def refresh(self, fields: Sequence[GradientField]) -> None:
        """Offer the layers of the one that has most of them, the session's one chosen."""
        most = max(fields, key=lambda field: field.facts.layers, default=None)
        layers = 1 if most is None else most.facts.layers
        names = ["layer 1"] if most is None else [most.facts.title_of(n) for n in range(layers)]
        titles = ["All layers"] * self._all + [name[:1].upper() + name[1:] for name in names]
        if titles != [self.itemText(place) for place in range(self.count())]:
            self.clear()
            self.addItems(titles)
        layer = self._gradients.layer
        if layer is None or layer >= layers:
            self.setCurrentIndex(0 if self._all else layers - 1)
        else:
            self.setCurrentIndex(layer + self._all)

    @property
    def layer(self) -> int | None:
        """The chosen layer; None for all."""
        place = self.currentIndex() - self._all
        return place if place >= 0 else None

    @Slot()
    def _choose(self) -> None:
        self._gradients.set_layer(self.layer)


class NetworkName(Label):
    """Whose dependence is shown below, where several stand below each other."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(12, 6, 12, 2)
        # A long name must not make the panel wider than its place.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, name: str, words: str) -> None:
        """Say this of a network; nothing where it needs no name."""
        said = f"{name}: {words}"
        self.setVisible(bool(name))
        self.setText(said)
        self.setToolTip(plain_tip(said))


class GradientPanel(Panel):
    """A panel that says why it is empty, and draws anew when light becomes dark."""

    def explain(self, words: str) -> None:
        """Let a sentence stand in place of the panel, until it is drawn again."""
        self._show_missing(Need(bool, words[:1].upper() + words[1:]))

    def changeEvent(self, event: QEvent) -> None:
        """Draw anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_turns"):
            self.request_draw()


def tools(*widgets: QWidget, stretch: int | None = None) -> QHBoxLayout:
    """A row of widgets above a plot; the one at `stretch` takes what is left."""
    row = QHBoxLayout()
    row.setContentsMargins(12, 8, 12, 8)
    row.setSpacing(8)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if place == stretch else 0)
    if stretch is None:
        row.addStretch(1)
    return row


def row_of(*widgets: QWidget, stretch: int | None = None) -> QWidget:
    """A group of `tools` for a row that wraps."""
    holder = QWidget()
    row = tools(*widgets, stretch=stretch)
    row.setContentsMargins(0, 0, 0, 0)
    holder.setLayout(row)
    return holder


def column(*parts: QWidget | QHBoxLayout | tuple[QWidget, int]) -> QWidget:
    """Parts under each other; a widget given with a number takes that share of what is left."""
    page = TallPage()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for part in parts:
        if isinstance(part, QHBoxLayout):
            layout.addLayout(part)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            widget, share = part
            fill(widget)
            layout.addWidget(widget, share)
    layout.addStretch(0)
    return page


def note(words: str = "") -> QLabel:
    """A quiet line or paragraph under a plot."""
    label = Label(words)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.setContentsMargins(12, 4, 12, 8)
    return label


def label(words: str) -> QLabel:
    """A word in front of a field."""
    found = Label(words)
    found.setProperty("role", "muted")
    return found


def scientific(value: float) -> str:
    """A number of any size in three digits: `0.042`, `3.1×10⁻⁸`.

    >>> scientific(0.0421), scientific(3.14e-8), scientific(float("nan"))
    ('0.0421', '3.14×10⁻⁸', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value) or value == 0 or 1e-3 <= abs(value) < 1e3:
        return f"{value:.3g}"
    if 1e3 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    digits, power = f"{value:.2e}".split("e")
    return f"{digits}×10{str(int(power)).translate(_RAISED)}"


def in_words(decay: Decay) -> str:
    """What a fit says."""
    if math.isnan(decay.factor):
        return "too few numbers for a fit"
    if decay.half_life < 0:
        return f"×{decay.factor:.3f} a step, doubles in {-decay.half_life:.3g} steps"
    return f"×{decay.factor:.3f} a step, halves in {decay.half_life:.3g} steps"


def read_at(field: GradientField, step: int, text: Text) -> str:
    """What a step of a field read, for people: a symbol in quotes, or which row of numbers."""
    if not 0 <= step < len(field.places):
        return "nothing"
    place = int(field.places[step])
    if field.facts.columns:
        return f"row {place:,}"
    end = int(field.ends[step])
    return quoted(text.label(place) if end - place == 1 else text.slice(place, end))


def what_of(field: GradientField, row: int, text: Text) -> str:
    """What a loss is about, for people."""
    facts, place = field.facts, int(field.predicted[row])
    if facts.gives == "verdict":
        extents = field.extents
        assert extents is not None
        begin, end = int(field.places[extents[row, 0]]), int(field.ends[extents[row, 1]])
        if facts.columns:
            return f"the answer to rows {begin:,} to {end - 1:,}"
        head = " ".join(text.slice(begin, min(end, begin + 40)).split())
        return f"the verdict on “{head}{'…' * (end > begin + 40)}”"
    if facts.columns:
        return f"row {place:,}"
    what = "the label of " if facts.gives == "label" else ""
    return f"{what}{read_at(field, int(field.targets[row]) + facts.ahead, text)} at {place:,}"


def cost_of(field: GradientField, row: int) -> str:
    """The loss, for people: `cost 5.50 bits`, or the error of numbers."""
    loss = float(field.array("losses")[row])
    if field.facts.gives == "numbers" or (field.facts.columns and not field.facts.classes):
        return f"has the squared error {scientific(loss)}"
    return f"cost {loss / math.log(2):.2f} bits"
