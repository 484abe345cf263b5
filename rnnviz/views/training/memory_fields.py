"""What only a memory task is asked: what is to be remembered, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from rnnviz.views.shared.number_field import WholeField
from rnnviz.views.training.run_fields import FIELD_HEIGHT

_KINDS = {"adding": "Add two marked numbers", "copying": "Repeat what was shown"}


class MemoryFields(QWidget):
    """The kind of task, its distance, and how many symbols are copied, in one line.

    Signals:
        changed: the person changed one of them.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = QComboBox()
        for kind, words in _KINDS.items():
            self.kind.addItem(words, kind)
        self.kind.setAccessibleName("Task")
        self.kind.setToolTip("What the network is to remember; its loss is at the end alone")
        self.distance = WholeField(
            "Distance", 2, 10_000, suffix=" steps", tip="Steps over which it must be remembered"
        )
        self.symbols = WholeField(
            "Symbols", 1, 100, tip="How many symbols are shown at the start and wanted at the end"
        )
        for number in (self.distance, self.symbols):
            number.value_changed.connect(self.changed)
            number.problem_changed.connect(self.changed)
        self._symbols_label = QLabel("Symbols")
        for field in (self.kind, self.distance, self.symbols):
            field.setFixedHeight(FIELD_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.kind)
        row.addWidget(QLabel("Distance"))
        row.addWidget(self.distance)
        row.addWidget(self._symbols_label)
        row.addWidget(self.symbols)
        row.addStretch(1)
        self.kind.currentIndexChanged.connect(self._follow_kind)

    @property
    def problem(self) -> str:
        """Why one of the numbers is refused; empty where none is."""
        numbers = (self.distance, self.symbols) if self._copying else (self.distance,)
        return next((f"{n.accessibleName()}: {n.problem}" for n in numbers if n.problem), "")

    @property
    def _copying(self) -> bool:
        return bool(self.kind.currentData() == "copying")

    @property
    def options(self) -> dict[str, Any]:
        """What the task takes beside the settings of every run."""
        options: dict[str, Any] = {
            "kind": self.kind.currentData(),
            "distance": self.distance.value(),
        }
        if self._copying:
            options["symbols"] = self.symbols.value()
        return options

    def show_options(self, options: Mapping[str, Any]) -> None:
        """Show these; `changed` is not said."""
        for field in (self.kind, self.distance, self.symbols):
            field.blockSignals(True)
        self.kind.setCurrentIndex(self.kind.findData(options.get("kind", "adding")))
        self.distance.set_value(int(options.get("distance", 50)))
        self.symbols.set_value(int(options.get("symbols", 1)))
        for number in (self.distance, self.symbols):
            number.take_back()
        for field in (self.kind, self.distance, self.symbols):
            field.blockSignals(False)
        with QSignalBlocker(self):
            self._follow_kind()

    @Slot()
    def _follow_kind(self) -> None:
        self.symbols.setVisible(self._copying)
        self._symbols_label.setVisible(self._copying)
        self.changed.emit()
