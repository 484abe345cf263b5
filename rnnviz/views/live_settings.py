"""Fields for what can be changed while a run goes on; Enter asks the trainer for it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from rnnviz.core.runs.record import RunRecord
from rnnviz.session.runs import OpenRun
from rnnviz.views.plots import plain

SETTINGS = {
    "learning_rate": ("Learning rate", "The largest rate of the schedule, from the next step on"),
    "clip_threshold": ("Clip at", "The largest gradient that passes, from the next step on"),
    "temperature": ("Temperature", "How wild samples are; 0 always takes the likeliest character"),
}


def value_of(record: RunRecord, setting: str) -> str:
    """What a setting is by now, as far as the run says."""
    value = record.setting(setting)
    if setting == "temperature" and value is None:
        several = record.config.get("temperatures")
        return ", ".join(f"{each:g}" for each in several) if several else ""
    return plain(float(value)) if isinstance(value, int | float) else ""


class LiveSettings(QWidget):
    """One field a setting; it shows the present value until something is typed.

    Signals:
        set_requested(str, float): the person wants this setting to have this value.
    """

    set_requested = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, QLineEdit] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for setting, (words, tip) in SETTINGS.items():
            caption = QLabel(words)
            caption.setProperty("role", "muted")
            field = QLineEdit()
            field.setObjectName(setting)
            field.setAccessibleName(words)
            field.setToolTip(f"{tip}. Press Enter to apply.")
            field.setFixedWidth(112 if setting == "temperature" else 84)
            validator = QDoubleValidator(0.0, 1e6, 12, field)
            validator.setNotation(QDoubleValidator.Notation.ScientificNotation)
            field.setValidator(validator)
            field.returnPressed.connect(self._apply)
            caption.setBuddy(field)
            if row.count():
                row.addSpacing(10)
            row.addWidget(caption)
            row.addWidget(field)
            self.fields[setting] = field

    def show_run(self, run: OpenRun | None) -> None:
        """Show the values of a run; only a live one can be changed."""
        live = run is not None and run.live
        for setting, field in self.fields.items():
            field.setEnabled(live)
            field.setPlaceholderText(value_of(run.watched.record, setting) if run else "")

    @Slot()
    def _apply(self) -> None:
        field = self.sender()
        if not isinstance(field, QLineEdit):
            return
        value, understood = field.locale().toDouble(field.text())
        if understood:
            self.set_requested.emit(field.objectName(), value)
            field.clear()
