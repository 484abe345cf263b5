"""One quiet line above the text: what is done to a unit while it is read, and how to undo it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from rnnviz.session.cells.interventions import Interventions
from rnnviz.views.shared.plain_text import Label


class InterventionBar(QFrame):
    """Shown while the text on the screen is read with a unit changed."""

    def __init__(self, interventions: Interventions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "follow")
        self._interventions = interventions
        self.words = Label()
        self.words.setAccessibleName("What is done to a unit")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QPushButton("As it is")
        self.button.setProperty("role", "small")
        self.button.setToolTip("Read the text with the network as it is")
        self.button.clicked.connect(self._undo)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 8, 3)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
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
