"""Fields for what can be changed while a run goes on; Enter asks the trainer for it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QVBoxLayout, QWidget

from rnnviz.core.quantities.typed_numbers import shown_number
from rnnviz.core.runs.record import RunRecord
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.shared.controls.number_field import NumberField
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.words.plain_text import Label

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
        return ", ".join(map(shown_number, several)) if several else ""
    return shown_number(float(value)) if isinstance(value, int | float) else ""


class LiveSettings(QWidget):
    """One field a setting; it shows the present value until something is typed.

    What is typed and not yet asked for belongs to the run that it was typed for: it goes when
    another run is shown, and stands there again when this one is.

    Signals:
        set_requested(OpenRun, str, float): this run's setting shall have this value.
    """

    set_requested = Signal(object, str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, NumberField] = {}
        self._run: OpenRun | None = None
        self._typed: WeakKeyDictionary[OpenRun, dict[str, str]] = WeakKeyDictionary()
        groups = []
        for setting, (words, tip) in SETTINGS.items():
            caption = Label(words)
            caption.setProperty("role", "muted")
            field = NumberField(
                words,
                0.0,
                above=setting != "temperature",
                tip=f"{tip}. Press Enter to apply.",
                at_once=False,
                optional=True,
            )
            field.setObjectName(setting)
            field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            field.setFixedWidth(112 if setting == "temperature" else 84)
            field.entered.connect(self._apply)
            caption.setBuddy(field)
            group = QWidget()
            row = QHBoxLayout(group)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(6)
            row.addWidget(caption)
            row.addWidget(field)
            groups.append(group)
            self.fields[setting] = field
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(WrappingRow(*groups, spread=False))

    def show_run(self, run: OpenRun | None) -> None:
        """Show the values of a run; only a live one can be changed."""
        if run is not self._run:
            if self._run is not None:
                self._typed[self._run] = {s: f.text() for s, f in self.fields.items() if f.text()}
            self._run = run
            kept = self._typed.pop(run, {}) if run is not None else {}
            for setting, field in self.fields.items():
                field.type_anew(kept.get(setting, ""))
        live = run is not None and run.live
        for setting, field in self.fields.items():
            field.setEnabled(live)
            field.lineEdit().setPlaceholderText(
                value_of(run.watched.record, setting) if run else ""
            )

    @Slot(object)
    def _apply(self, value: float | None) -> None:
        field = self.sender()
        if isinstance(field, NumberField) and value is not None and self._run is not None:
            self.set_requested.emit(self._run, field.objectName(), value)
            field.clear_value()
