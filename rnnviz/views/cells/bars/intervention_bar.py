"""The line above the text that says what is done to a unit while it is read, and how to undo it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.session.cells.interventions import Interventions
from rnnviz.views.cells.bars.quiet_bar import QuietBar


class InterventionBar(QuietBar):
    """Shown while the text on the screen is read with a unit changed."""

    def __init__(self, interventions: Interventions, parent: QWidget | None = None) -> None:
        super().__init__("What is done to a unit", parent)
        self._interventions = interventions
        self.button.setText("As it is")
        self.button.setToolTip("Read the text with the network as it is")
        self.button.clicked.connect(self._undo)
        interventions.changed.connect(self.show_intervention)
        self.show_intervention()

    @Slot()
    def show_intervention(self) -> None:
        """Say what is done by now; nothing, where the network reads as it is."""
        done = self._interventions.shown
        self.setVisible(done is not None)
        if done is not None:
            self.words.setText(f"Read, sampled and ranked while {done.sentence}")

    @Slot()
    def _undo(self) -> None:
        self._interventions.show(None)
