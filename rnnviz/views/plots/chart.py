"""A plot of curves that is one of several side by side, with a scale of its own."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from rnnviz.views.plots.curves import CurvePlot


class Chart(CurvePlot):
    """Curves under a title, with a button for the logarithm.

    Signals:
        log_chosen(key, log): the person wants its logarithm, or no longer.
    """

    log_chosen = Signal(str, bool)

    def __init__(self, key: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.key = key
        self.scale = QToolButton(self)
        self.scale.setText("log")
        self.scale.setCheckable(True)
        self.scale.setAccessibleName(f"Logarithmic: {name}")
        self.scale.setToolTip("A logarithmic axis for this chart")
        self.scale.setProperty("role", "mini")
        self.scale.setFixedHeight(22)
        self.scale.toggled.connect(self._choose_scale)

    def show_log(self, log: bool) -> None:
        """Show this scale; nothing is told."""
        self.scale.blockSignals(True)
        self.scale.setChecked(log)
        self.scale.blockSignals(False)
        self.set_log(log)

    @Slot(bool)
    def _choose_scale(self, log: bool) -> None:
        self.set_log(log)
        self.log_chosen.emit(self.key, log)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in its corner."""
        super().resizeEvent(event)
        self.scale.adjustSize()
        self.scale.move(self.button.x() - self.scale.width() - 2, 2)
