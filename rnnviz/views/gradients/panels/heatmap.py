"""The gradient of every single loss at every state before it: position across, distance down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.core.gradients.field import GradientField
from rnnviz.core.gradients.truncation import kept
from rnnviz.core.sequences.text import Text
from rnnviz.views.gradients.panels.parts import (
    FocusPicker,
    GradientPanel,
    LayerPicker,
    column,
    read_at,
    row_of,
    scientific,
    what_of,
)
from rnnviz.views.plots import ImagePlot
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.theme import for_text
from rnnviz.views.shared.words.elided_label import ElidedLabel
from rnnviz.views.shared.words.plain_text import plain_tip

_DECADES = 8.0
"""How far below the largest norm colours reach."""
_TRUNCATED = "Grey what truncated BPTT cuts; see the panel Truncation"


class GradientHeatmapPanel(GradientPanel):
    """Columns are the losses, by the character they predict; rows the steps back."""

    name = "gradient-heatmap"
    title = "Position × distance"
    needs = ("model", "gradients", "text")

    def follow(self) -> None:
        """Follow the comparison and the character that is explained."""
        gradients = self.session.gradients
        self.redraw_on(
            gradients.fields_changed,
            gradients.shown_changed,
            gradients.measurements.truncation_changed,
        )
        gradients.character_changed.connect(self.show_character)

    def build(self) -> QWidget:
        """Pickers above the picture."""
        gradients = self.session.gradients
        self.network = FocusPicker(gradients)
        self.network.setMinimumContentsLength(18)
        self.layer = LayerPicker(gradients, all_layers=False)
        self.state = Choices()
        self.state.setAccessibleName("State")
        self.state.activated.connect(self.request_draw)
        self.truncated = QCheckBox("Truncated")
        self.truncated.setToolTip(plain_tip(_TRUNCATED))
        self.truncated.toggled.connect(self.request_draw)
        self.note = ElidedLabel()
        self.note.setProperty("role", "muted")
        # Its words must not make the panel wider than its place.
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.plot = ImagePlot("Gradient by position and distance", grey_gaps=True)
        self.plot.set_labels("character whose prediction the loss is about", "steps back")
        self.plot.hovered.connect(self._hover)
        self.plot.clicked.connect(self._click)
        self._field: GradientField | None = None
        pickers = row_of(self.network), row_of(self.layer, self.state)
        said = row_of(self.truncated, self.note, stretch=1)
        said.setMinimumWidth(for_text(210))
        said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return column(WrappingRow(*pickers, said, spread=False), (self.plot, 1))

    def draw(self) -> None:
        """Draw the field of the network in focus."""
        gradients = self.session.gradients
        gradients.want_fields()
        self.network.refresh()
        one = gradients.focused
        self._field = one.field if one else None
        if one is not None and one.failure:
            self.explain(one.failure)
            return
        for widget in (self.layer, self.state, self.truncated):
            widget.setVisible(self._field is not None)
        if self._field is None:
            self.plot.clear_values()
            self.plot.set_text(None)
            self.note.setText("Computing…")
            return
        field = self._field
        self.layer.refresh([field])
        states = list(field.facts.states)
        if states != [self.state.itemText(place) for place in range(self.state.count())]:
            self.state.clear()
            self.state.addItems(states)
        self.state.setVisible(len(states) > 1)
        text = self.session.recordings.text
        assert text is not None
        # Losses stand side by side; between them may be characters that are no steps.
        if field.facts.unit == "character" and field.facts.gives != "verdict":
            shown = "".join(text.slice(place, place + 1) for place in field.predicted.tolist())
            self.plot.set_text(Text.of(shown))
        else:
            self.plot.set_text(None)
        about = {"verdict": "document whose verdict the loss is about",
                 "label": "step whose label the loss is about",
                 "numbers": "step whose numbers the loss is about"}  # fmt: skip
        next_one = f"{field.facts.unit} whose prediction the loss is about"
        self.plot.set_labels(about.get(field.facts.gives, next_one), "steps back")
        norms = field.norms(self.state.currentText(), self.layer.layer or 0)
        chunk = gradients.measurements.chunk
        self._kept: npt.NDArray[np.bool_] | None = None
        self.truncated.setEnabled(not field.cut_in_words)
        self.truncated.setToolTip(plain_tip(field.cut_in_words or _TRUNCATED))
        truncated = self.truncated.isChecked() and not field.cut_in_words
        if truncated:
            self._kept = kept(field.own_steps, field.distance, chunk)
            norms = np.where(self._kept, norms, np.nan)
        self._norms, self._chunk = norms, chunk
        self._values = _powers(norms.T)
        top = float(self._values[np.isfinite(self._values)].max(initial=-300.0))
        scale = Scale(round(top - _DECADES, 1), round(top, 1), "surprisal")
        self.plot.set_values(self._values, 0, scale)
        cut = f" Grey: cut every {chunk:,} steps." if truncated else ""
        self.note.setText(f"Norm, powers of ten.{cut}")
        self.note.setToolTip(
            plain_tip(f"The colour is the norm of the gradient as a power of ten.{cut}")
        )
        self.show_character()

    @Slot()
    def show_character(self) -> None:
        """Mark the loss about the character that is explained."""
        if self.empty or not self.isVisible() or self._field is None:
            return
        character = self.session.gradients.character
        row = None if character is None else self._field.row_of(character)
        self.plot.set_marks(None, row)

    def _place(self, x: float, y: float) -> tuple[int, int] | None:
        if self._field is None:
            return None
        row, distance = int(x), int(y)
        inside = 0 <= row < len(self._field.targets) and 0 <= distance <= self._field.distance
        return (row, distance) if inside else None

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        place, field = self._place(x, y), self._field
        text = self.session.recordings.text
        if place is None or field is None or text is None:
            return
        row, distance = place
        step = int(field.targets[row]) - distance
        norm = scientific(float(self._norms[row, distance]))
        cut = self._kept is not None and not self._kept[row, distance]
        if step < 0 or (norm == "–" and not cut):
            self.note.setText("before the text")
            return
        found = f"cut off, every {self._chunk:,} steps" if cut else norm
        self.note.setText(
            f"loss of {what_of(field, row, text)}, {self._state_at(field, step, text)}"
            f"{distance} back: {found}"
        )

    def _state_at(self, field: GradientField, step: int, text: Text) -> str:
        """The state after which step it is; nothing where some layers read from the end."""
        if field.facts.rows:
            return ""
        return f"state after {read_at(field, step, text)}, "

    @Slot(float, float)
    def _click(self, x: float, y: float) -> None:
        place = self._place(x, y)
        if place is not None and self._field is not None:
            self.session.gradients.set_character(int(self._field.predicted[place[0]]))


def _powers(norms: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Decimal powers; zero and infinity become the least and the greatest that are drawn."""
    with np.errstate(divide="ignore"):
        powers = np.log10(norms)
    return np.clip(powers, -300, 300).astype(np.float32)
