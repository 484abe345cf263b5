"""Rows of numbers as one network depends on them: steps across, columns down, before an answer."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.session.gradients.networks import Compared
from rnnviz.views.gradients.panels.parts import NetworkName
from rnnviz.views.plots import ImagePlot

_LEAST_HEIGHT = 96
_LEAST = 0.003
"""Of the strongest: what is weaker can hardly be seen."""
_FEWEST = 16
"""So many steps are shown at least."""


class ColumnDependence(QWidget):
    """The picture, and above it, where several stand below each other, whose dependence this is.

    Signals:
        pointed(int): this step was clicked.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = NetworkName()
        self.plot = ImagePlot("Gradient by step and column", grey_gaps=True)
        self.plot.setMinimumHeight(_LEAST_HEIGHT)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.plot.set_labels("step", "")
        self.plot.clicked.connect(self._click)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.plot, 1)

    def show_character(self, one: Compared, character: int, *, signed: bool, name: str) -> None:
        """Draw the gradient of what comes out at this step, at every step and column.

        Args:
            signed: with its sign instead of its size alone.
            name: what stands above the picture; empty if it needs no name.
        """
        field = one.field
        row = None if field is None else field.row_of(character)
        if field is None or row is None or not field.has("columns"):
            why = one.failure or ("Computing…" if field is None else "not computed here")
            self.title.say(name, why)
            self.plot.clear_values()
            return
        self.title.say(name, f"step {character:,}")
        names = field.facts.columns
        steps, found = field.steps_of(row, "columns")
        values = np.full((len(names), len(field.places)), np.nan, np.float32)
        most = float(np.abs(found).max(initial=0.0)) or 1.0
        values[:, steps] = (found if signed else np.abs(found)).T / most
        scale = Scale(-1.0, 1.0, "blue-orange") if signed else Scale(0.0, 1.0, "surprisal")
        first = int(field.places[0])
        self.plot.set_rows({place + 0.5: column for place, column in enumerate(names)})
        self.plot.set_values(values, first, scale)
        self.plot.set_marks(None, character)
        # Most of the steps far away have no colour: what has one fills the picture.
        coloured = steps[np.abs(found).max(axis=1) >= _LEAST * most]
        seen = (*field.places[coloured].tolist(), character)
        low, high = min(seen), max(seen) + 1
        spare = max(1, (_FEWEST - (high - low)) // 2)
        self.plot.set_range((low - spare, high + spare), (0, len(names)))

    @Slot(float, float)
    def _click(self, x: float, y: float) -> None:
        self.pointed.emit(int(np.floor(x)))
