"""A stretch of text as one network depends on it: every character tinted before a prediction."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.core.gradients.field import GradientField
from rnnviz.core.sequences.text import Text
from rnnviz.session.gradients.networks import Compared
from rnnviz.views.gradients.panels.parts import NetworkName, cost_of
from rnnviz.views.text.text_view import TextView

_LEAST_HEIGHT = 76


class Dependence(QWidget):
    """The text, and above it, where several stand below each other, whose dependence this is.

    Signals:
        pointed(int): the pointer is on this character of the whole text.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first = 0
        """The character of the whole text that the stretch begins with."""
        self.title = NetworkName()
        self.view = TextView()
        self.view.setMinimumHeight(_LEAST_HEIGHT)
        self.view.setAccessibleName("Text tinted by what a prediction depends on")
        self.view.hovered.connect(self._point)
        self.view.clicked.connect(self._point)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.view, 1)

    def set_stretch(self, stretch: Text, first: int, line: int) -> None:
        """Show this text, which begins at this character, in this line of the whole, from 0."""
        known = self.first, self.view.first_line, str(self.view.text)
        if known != (first, line, str(stretch)):
            self.first = first
            self.view.set_text(stretch, line)

    def show_character(self, one: Compared, character: int, *, signed: bool, name: str) -> None:
        """Tint what the prediction of this character depends on.

        Args:
            signed: by the product of gradient and input instead of the gradient's norm.
            name: what stands above the text; empty if it needs no name.
        """
        field = one.field
        row = None if field is None else field.row_of(character)
        if field is None or row is None:
            self.view.set_values(None, 0)
            why = one.failure or ("Computing…" if field is None else "not computed here")
            self.title.say(name, why)
            return
        places, strengths = field.inputs_of(row, signed=signed)
        values = np.full(len(self.view.text), np.nan, np.float32)
        most = float(np.abs(strengths[np.isfinite(strengths)]).max(initial=0.0)) or 1.0
        # A word has the colour of its step from its first letter to its last.
        steps, _ = field.steps_of(row, "products" if signed else "inputs")
        lengths = field.ends[steps] - places
        inside = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        letters = np.repeat(places, lengths) + inside - self.first
        values[letters] = np.repeat(strengths / most, lengths)
        self.view.set_scale(
            Scale(-1.0, 1.0, "blue-orange") if signed else Scale(0.0, 1.0, "surprisal")
        )
        self.view.set_values(values, len(values))
        place = character - self.first
        self.view.set_cursor(place)
        self.view.set_matches([self._about(field, row)])
        half = half_within(field, row, signed=signed)
        self.title.say(
            name,
            f"{cost_of(field, row).removeprefix('cost ')}, half within {in_units(field, half)}",
        )

    def _about(self, field: GradientField, row: int) -> tuple[int, int]:
        """What the loss is about, within the stretch: nothing of a verdict on all of it."""
        if field.extents is not None:
            return 0, 0
        step = int(field.targets[row]) + field.facts.ahead
        start, stop = int(field.places[step]), int(field.ends[step])
        return start - self.first, stop - self.first

    @Slot(object)
    def _point(self, place: int | None) -> None:
        if place is not None:
            self.pointed.emit(place + self.first)


def half_within(field: GradientField, row: int, *, signed: bool) -> int:
    """Within how many characters before a prediction half of all that it depends on lies."""
    strengths = np.abs(field.inputs_of(row, signed=signed)[1])
    return int(np.searchsorted(np.cumsum(strengths), float(strengths.sum()) / 2)) + 1


def in_units(field: GradientField, count: int) -> str:
    """So many characters, words, or whatever a step reads."""
    return f"{count:,} {field.facts.unit}{'s' * (count != 1)}"
