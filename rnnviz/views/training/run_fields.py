"""Fields for the settings of a training run: those that everybody looks at, and the rest.

Every setting of `TrainingConfig` has a field here, but for what the form asks in other ways.
"""

from __future__ import annotations

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

from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.views.shared.number_field import NumberField, NumberListField, TypedField, WholeField
from rnnviz.views.shared.theme import icon

Field = QComboBox | TypedField | QCheckBox | QLineEdit
Groups = tuple[tuple[str, tuple[str, ...]], ...]

USUAL: Groups = (
    ("Model", ("architecture", "layers", "units", "embedding", "dropout")),
    ("Training", ("sequence_length", "batch", "epochs", "steps", "seed", "threads")),
    ("Steps", ("optimiser", "learning_rate", "schedule", "warmup_steps", "clip",
               "clip_threshold")),
)  # fmt: skip
MORE: Groups = (
    ("Judging", ("held_out", "validation_every", "early_stopping", "minutes", "on_bad_number")),
    ("Recording", ("checkpoint_every", "parameters_every", "gradient_steps_every",
                   "temperatures")),
    ("Weights", ("weight_decay", "device", "precision", "skip", "start_from", "default_text")),
)  # fmt: skip
_CHOICES = {
    "architecture": ("Architecture", {facts.name: f"{facts.title[0].upper()}{facts.title[1:]}"
                                      for facts in ARCHITECTURES}),
    "optimiser": ("Optimiser", {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp",
                                "sgd": "SGD"}),
    "schedule": ("Schedule", {"cosine": "Cosine", "linear": "Linear", "constant": "Constant",
                              "inverse-root": "Inverse root"}),
    "clip": ("Clip", {"norm": "By norm", "value": "By value", "none": "Not at all"}),
    "on_bad_number": ("At NaN or ∞", {"stop": "Stop", "continue": "Go on"}),
    "device": ("Device", {"auto": "CUDA if found", "cpu": "Processor", "cuda": "CUDA",
                          "mps": "Apple (mps)"}),
    "precision": ("Precision", {"float32": "float32", "bfloat16": "bfloat16"}),
}  # fmt: skip
_WHOLE = {
    "layers": ("Layers", 1, 16, ""), "units": ("Units in each", 1, 8192, ""),
    "embedding": ("Embedding", 0, 4096, "one-hot"),
    "sequence_length": ("Sequence length", 2, 20_000, ""), "batch": ("Streams", 1, 4096, ""),
    "steps": ("Steps", 0, 100_000_000, "by epochs"),
    "warmup_steps": ("Warm-up steps", 0, 1_000_000, "none"), "seed": ("Seed", 0, 2**31 - 1, ""),
    "threads": ("Threads", 0, 256, "measured"),
    "validation_every": ("Judge every", 1, 10_000_000, ""),
    "early_stopping": ("Stop early after", 0, 10_000, "never"),
    "checkpoint_every": ("Checkpoint every", 1, 10_000_000, ""),
    "parameters_every": ("Parameters every", 1, 10_000_000, ""),
    "gradient_steps_every": ("Gradients every", 1, 10_000_000, ""),
}  # fmt: skip
_SUFFIXES = {
    "validation_every": " steps", "checkpoint_every": " steps", "parameters_every": " steps",
    "gradient_steps_every": " steps", "early_stopping": " worse",
}  # fmt: skip
_REAL = {
    "epochs": ("Epochs", 0.0, 10_000.0, 0.01), "dropout": ("Dropout", 0.0, 0.95, 0.01),
    "learning_rate": ("Learning rate", 0.0, 1e6, 1e-9),
    "clip_threshold": ("Clip at", 0.0, 1e12, 1e-9), "held_out": ("Held out", 0.0, 1e9, 0.001),
    "weight_decay": ("Weight decay", 0.0, 10.0, 1e-6), "minutes": ("Minutes", 0.0, 1e6, 0.1),
}  # fmt: skip
"""Name, limits, and the least that an arrow adds."""
_SPECIAL = {"minutes": "any"}
_ABOVE_ZERO = ("epochs", "learning_rate", "clip_threshold")
_WORDS = {"temperatures": "Temperatures", "start_from": "Start from", "default_text": "Sample text"}
_TICKS = {"skip": "Skip connections"}
FIELD_HEIGHT = 30
_TIPS = {
    "embedding": "Width of the learned character embedding; 0 feeds one-hot vectors",
    "sequence_length": "Characters between two truncations of back-propagation through time",
    "batch": "Parallel streams through the text; each carries its state over",
    "steps": "How many steps to train; 0 leaves it to the epochs",
    "warmup_steps": "Steps in which the learning rate rises",
    "minutes": "End after so many minutes, the learning rate fallen as at the last step; 0 never "
    "does",
    "seed": "The same seed gives the same run",
    "threads": "Threads of the processor; 0 measures how many are fastest when the run starts",
    "clip_threshold": "The largest norm, or the largest number, that is left alone",
    "dropout": "Share of a layer's outputs dropped while training",
    "held_out": "Share of the text, at its end, that is never trained on; above 1, a number of "
    "characters",
    "validation_every": "Steps between two measurements on the held-out text",
    "early_stopping": "End after so many measurements in a row without a better one; 0 never does",
    "on_bad_number": "What NaN or infinity in loss, gradient or weights does; either way it is "
    "named and drawn",
    "checkpoint_every": "Steps between two checkpoints, from which a killed run goes on",
    "parameters_every": "Steps between two measurements of every parameter",
    "gradient_steps_every": "Steps between two measurements of the gradient through time",
    "temperatures": "Samples are drawn at each of these; commas between them",
    "weight_decay": "How strongly weights are pulled towards zero",
    "device": "What computes: CUDA, an NVIDIA card, where the trainer finds one, or the processor",
    "precision": "bfloat16 computes the matrix products of training in that type: faster where the "
    "processor has instructions for it",
    "skip": "The input also feeds every layer, and every layer feeds the output",
    "start_from": "A model of the same shape and characters whose weights the training begins with",
    "default_text": "Name of the sample text that the finished model opens on",
}


class RunFields(QWidget):
    """A column a group, a field a setting.

    Signals:
        changed: the person changed a setting, or a number is refused, or is no longer.
    """

    changed = Signal()

    def __init__(self, groups: Groups, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(28)
        for column, (title, settings) in enumerate(groups):
            heading = QLabel(title)
            heading.setProperty("role", "title")
            grid.addWidget(heading, 0, column)
            grid.setColumnStretch(column, 1)
            form = QFormLayout()
            form.setHorizontalSpacing(12)
            form.setVerticalSpacing(6)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            for setting in settings:
                words, field = self._field(setting)
                field.setAccessibleName(words)
                field.setToolTip(_TIPS.get(setting, ""))
                # Whatever its kind, so that the rows of all columns stand in line.
                field.setFixedHeight(FIELD_HEIGHT)
                form.addRow("" if isinstance(field, QCheckBox) else words, field)
                self.fields[setting] = field
            grid.addLayout(form, 1, column, Qt.AlignmentFlag.AlignTop)

    def values(self) -> dict[str, Any]:
        """What the fields say, by setting."""
        return {setting: _value(field) for setting, field in self.fields.items()}

    @property
    def problem(self) -> str:
        """Why the first of the refused numbers is refused; empty where none is."""
        numbers = [field for field in self.fields.values() if isinstance(field, TypedField)]
        refused = (field for field in numbers if field.problem and field.isEnabled())
        return next((f"{field.accessibleName()}: {field.problem}" for field in refused), "")

    def show_config(self, config: TrainingConfig) -> None:
        """Show these settings; `changed` is not said."""
        for setting, field in self.fields.items():
            with QSignalBlocker(field):
                _show(field, getattr(config, setting))

    def _field(self, setting: str) -> tuple[str, Field]:
        if setting in _CHOICES:
            return self._choice(setting)
        if setting in _WHOLE:
            return self._whole(setting)
        if setting in _REAL:
            return self._real(setting)
        if setting in _TICKS:
            tick = QCheckBox(_TICKS[setting])
            tick.toggled.connect(self.changed)
            return _TICKS[setting], tick
        return self._line(setting)

    def _choice(self, setting: str) -> tuple[str, Field]:
        words, choices = _CHOICES[setting]
        box = QComboBox()
        for key, shown in choices.items():
            box.addItem(shown, key)
        box.currentIndexChanged.connect(self.changed)
        return words, box

    def _whole(self, setting: str) -> tuple[str, Field]:
        words, low, high, special = _WHOLE[setting]
        suffix = _SUFFIXES.get(setting, "")
        whole = WholeField(words, low, high, special=special, suffix=suffix)
        return words, self._followed(whole)

    def _real(self, setting: str) -> tuple[str, Field]:
        words, least, most, smallest = _REAL[setting]
        real = NumberField(
            words, least, most, above=setting in _ABOVE_ZERO, special=_SPECIAL.get(setting, "")
        )
        real.set_smallest_step(smallest)
        return words, self._followed(real)

    def _followed(self, field: TypedField) -> TypedField:
        field.value_changed.connect(self.changed)
        field.problem_changed.connect(self.changed)
        return field

    def _line(self, setting: str) -> tuple[str, Field]:
        if setting == "temperatures":
            return _WORDS[setting], self._followed(NumberListField(_WORDS[setting], low=0.0))
        line = QLineEdit()
        line.textChanged.connect(self.changed)
        line.setPlaceholderText("none")
        if setting == "start_from":
            choose = line.addAction(icon("folder-open"), QLineEdit.ActionPosition.TrailingPosition)
            choose.setText("Choose a model")
            choose.setToolTip("Choose a model")
            choose.triggered.connect(self._choose_model)
        return _WORDS[setting], line

    @Slot()
    def _choose_model(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Start from the weights of a model")
        field = self.fields["start_from"]
        if chosen and isinstance(field, QLineEdit):
            field.setText(chosen)


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
