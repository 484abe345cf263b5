"""A form made of what `core.training_tasks` says is asked: columns of fields with their titles.

What a setting is called, what it may be and what it means is data; only its widget is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from rnnviz.core.runs.directory.config import Options
from rnnviz.core.training_tasks import field as asked
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import (
    NumberField,
    NumberListField,
    TypedField,
    WholeField,
)
from rnnviz.views.shared.theme import icon, set_icon
from rnnviz.views.shared.words.plain_text import Label, plain_tip

Field = QComboBox | TypedField | QCheckBox | QLineEdit
Group = tuple[str, Sequence[asked.Field]]
FIELD_HEIGHT = 30


class RunFields(QWidget):
    """A column a group, a widget a field.

    Signals:
        changed: the person changed a setting, or a number is refused, or is no longer.
    """

    changed = Signal()

    def __init__(self, groups: Sequence[Group], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self._asked: dict[str, asked.Field] = {}
        self._forms: dict[str, QFormLayout] = {}
        self._hidden: set[str] = set()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(28)
        for column, (title, settings) in enumerate(groups):
            if any(name for name, _ in groups):
                heading = Label(title)
                heading.setProperty("role", "title")
                grid.addWidget(heading, 0, column)
            grid.setColumnStretch(column, 1)
            form = QFormLayout()
            form.setHorizontalSpacing(12)
            form.setVerticalSpacing(6)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            for setting in settings:
                self._add(form, setting)
            grid.addLayout(form, 1, column, Qt.AlignmentFlag.AlignTop)

    def _add(self, form: QFormLayout, setting: asked.Field) -> None:
        widget = self._widget(setting)
        widget.setAccessibleName(setting.title)
        widget.setToolTip(plain_tip(setting.help))
        # Whatever its kind, so that the rows of all columns stand in line.
        widget.setFixedHeight(FIELD_HEIGHT)
        form.addRow("" if isinstance(widget, QCheckBox) else setting.title, widget)
        self.fields[setting.name] = widget
        self._asked[setting.name], self._forms[setting.name] = setting, form

    # What is chosen

    def values(self) -> Options:
        """What the fields say, by setting; those that are not asked are left out."""
        return {
            name: _value(widget) for name, widget in self.fields.items() if name not in self._hidden
        }

    @property
    def problem(self) -> str:
        """Why the first of the refused numbers is refused; empty where none is."""
        for name, widget in self.fields.items():
            if not isinstance(widget, TypedField) or name in self._hidden:
                continue
            if widget.problem and widget.isEnabled():
                return f"{widget.accessibleName()}: {widget.problem}"
        return ""

    def show_values(self, value_of: Callable[[str], Any]) -> None:
        """Show these values, asked for by setting; `changed` is not said."""
        for name, widget in self.fields.items():
            with QSignalBlocker(widget):
                _show(widget, value_of(name))

    def show_asked(self, options: Mapping[str, Any]) -> None:
        """Hide what is not asked where the options are these."""
        for name, setting in self._asked.items():
            self._show_row(name, shown=setting.asked(options))

    def show_meant(self, unused: frozenset[str], titles: Mapping[str, str]) -> None:
        """Hide settings that mean nothing, and give the others the names that they have here."""
        for name, setting in self._asked.items():
            title = titles.get(name, setting.title)
            widget = self.fields[name]
            widget.setEnabled(name not in unused)
            widget.setAccessibleName(title)
            label = self._forms[name].labelForField(widget)
            if isinstance(label, QLabel) and label.text():
                label.setText(title)
            self._show_row(name, shown=name not in unused)

    def _show_row(self, name: str, *, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(name)
        self._forms[name].setRowVisible(self.fields[name], shown)

    # Widgets

    def _widget(self, setting: asked.Field) -> Field:
        if isinstance(setting, asked.Choice):
            return self._choice(setting)
        if isinstance(setting, asked.Whole):
            return self._followed(
                WholeField(
                    setting.title,
                    setting.low,
                    setting.high,
                    special=setting.special,
                    suffix=setting.suffix,
                )
            )
        if isinstance(setting, asked.Real):
            real = NumberField(
                setting.title,
                setting.low,
                setting.high,
                above=setting.above,
                special=setting.special,
            )
            real.set_smallest_step(setting.smallest_step)
            return self._followed(real)
        if isinstance(setting, asked.Reals):
            return self._followed(NumberListField(setting.title, low=setting.low))
        if isinstance(setting, asked.Switch):
            tick = QCheckBox(setting.title)
            tick.toggled.connect(self.changed)
            return tick
        return self._line(setting)

    def _choice(self, setting: asked.Choice) -> QComboBox:
        box = Choices()
        for key, shown in setting.choices.items():
            box.addItem(shown, key)
        box.currentIndexChanged.connect(self.changed)
        return box

    def _followed(self, field: TypedField) -> TypedField:
        field.value_changed.connect(self.changed)
        field.problem_changed.connect(self.changed)
        return field

    def _line(self, setting: asked.Field) -> QLineEdit:
        line = QLineEdit()
        line.textChanged.connect(self.changed)
        line.setPlaceholderText("none")
        if isinstance(setting, asked.File):
            choose = line.addAction(icon("folder-open"), QLineEdit.ActionPosition.TrailingPosition)
            set_icon(choose, "folder-open")
            choose.setText(setting.choose)
            choose.setToolTip(plain_tip(setting.choose))
            choose.triggered.connect(partial(self._choose_file, setting.name))
        return line

    @Slot()
    def _choose_file(self, name: str) -> None:
        setting, widget = self._asked[name], self.fields[name]
        assert isinstance(setting, asked.File) and isinstance(widget, QLineEdit)
        chosen, _ = QFileDialog.getOpenFileName(self, setting.choose)
        if chosen:
            widget.setText(chosen)


def in_columns(fields: Sequence[asked.Field], columns: int = 3) -> list[Group]:
    """The fields dealt to columns without titles, down one after the other."""
    height = -(-len(fields) // columns)
    return [("", fields[start : start + height]) for start in range(0, len(fields), height or 1)]


def _value(field: Field) -> Any:
    if isinstance(field, QComboBox):
        return field.currentData()
    if isinstance(field, QCheckBox):
        return field.isChecked()
    if isinstance(field, QLineEdit):
        return field.text().strip()
    return field.value()


def _show(field: Field, value: Any) -> None:
    if isinstance(field, QComboBox):
        field.setCurrentIndex(field.findData(value))
    elif isinstance(field, QCheckBox):
        field.setChecked(bool(value))
    elif isinstance(field, TypedField):
        field.set_value(value)
        field.take_back()
    else:
        field.setText(str(value))
