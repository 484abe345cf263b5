"""Asks what a new training run shall be, with settings that suit the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QSignalBlocker, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.durations import duration_in_words
from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.core.runs.presets import (
    PRESETS,
    Preset,
    config_for,
    free_directory,
    parameters_of,
    steps_of,
)
from rnnviz.session.jobs import Failed, Jobs

_ESTIMATE_MS = 500
_CHOICES = {
    "architecture": {"lstm": "LSTM", "gru": "GRU", "rnn": "Vanilla RNN"},
    "optimiser": {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp", "sgd": "SGD"},
    "schedule": {"cosine": "Cosine", "linear": "Linear", "constant": "Constant",
                 "inverse-root": "Inverse root"},
    "clip": {"norm": "By norm", "value": "By value", "none": "Not at all"},
}  # fmt: skip
_WHOLE = {
    "layers": ("Layers", 1, 16), "units": ("Units in each", 1, 8192),
    "embedding": ("Embedding", 0, 4096), "sequence_length": ("Sequence length", 2, 20_000),
    "batch": ("Streams", 1, 4096), "steps": ("Steps", 0, 100_000_000),
    "warmup_steps": ("Warm-up steps", 0, 1_000_000), "seed": ("Seed", 0, 2**31 - 1),
    "threads": ("Threads", 1, 256),
}  # fmt: skip
_REAL = {
    "epochs": ("Epochs", 0.01, 10_000.0, 2), "dropout": ("Dropout", 0.0, 0.95, 2),
    "learning_rate": ("Learning rate", 1e-7, 100.0, 7),
    "clip_threshold": ("Clip at", 1e-6, 1e6, 3),
}  # fmt: skip
_TIPS = {
    "embedding": "Width of the learned character embedding; 0 feeds one-hot vectors",
    "sequence_length": "Characters between two truncations of back-propagation through time",
    "batch": "Parallel streams through the text; each carries its state over",
    "steps": "How many steps to train; 0 leaves it to the epochs",
    "warmup_steps": "Steps in which the learning rate rises",
    "seed": "The same seed gives the same run",
    "clip_threshold": "The largest norm, or the largest number, that is left alone",
    "dropout": "Share of a layer's outputs dropped while training",
}
_GROUPS = (
    ("Model", ("architecture", "layers", "units", "embedding", "dropout")),
    ("Training", ("sequence_length", "batch", "epochs", "steps", "seed", "threads")),
    ("Steps", ("optimiser", "learning_rate", "schedule", "warmup_steps", "clip",
               "clip_threshold")),
)  # fmt: skip


class NewRunDialog(QDialog):
    """A preset, then everything that can be changed about it; what it will take is said below."""

    def __init__(
        self, jobs: Jobs, folder: Path, texts: tuple[Path, ...] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("New training run")
        self.setAcceptDrops(True)
        self._jobs, self._folder = jobs, folder
        self._texts: tuple[Path, ...] = ()
        self._kept = TrainingConfig()
        self._named = False
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_ESTIMATE_MS)
        self._wait.timeout.connect(self._ask_estimate)
        self.fields: dict[str, QComboBox | QSpinBox | QDoubleSpinBox] = {}
        self._build()
        self.set_texts(texts)

    # Building

    def _build(self) -> None:
        self.texts = QLabel()
        self.texts.setWordWrap(True)
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._choose_texts)
        texts = QHBoxLayout()
        texts.addWidget(self.texts, 1)
        texts.addWidget(self.choose)
        self.name = QLineEdit()
        self.name.textEdited.connect(self._rename)
        self.preset = QComboBox()
        for preset in PRESETS:
            self.preset.addItem(preset.title)
        self.preset.currentIndexChanged.connect(self._take_preset)
        self.about = QLabel()
        self.about.setProperty("role", "muted")
        first = QFormLayout()
        first.setHorizontalSpacing(16)
        first.setVerticalSpacing(8)
        first.addRow("Text", texts)
        first.addRow("Name", self.name)
        first.addRow("Preset", self.preset)
        first.addRow("", self.about)
        for box, words in ((self.name, "Name"), (self.preset, "Preset")):
            box.setAccessibleName(words)
        self.estimate = QLabel()
        self.estimate.setWordWrap(True)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "problem")
        self.problem.hide()
        self.place = QLabel()
        self.place.setProperty("role", "muted")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setDefault(True)
        self.buttons.accepted.connect(self._check)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(14)
        column.addLayout(first)
        column.addLayout(self._build_groups())
        for label in (self.estimate, self.place, self.problem):
            column.addWidget(label)
        column.addWidget(self.buttons)

    def _build_groups(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        for column, (title, settings) in enumerate(_GROUPS):
            heading = QLabel(title)
            heading.setProperty("role", "title")
            grid.addWidget(heading, 0, column)
            form = QFormLayout()
            form.setHorizontalSpacing(12)
            form.setVerticalSpacing(6)
            for setting in settings:
                words, box = self._field(setting)
                box.setAccessibleName(words)
                box.setToolTip(_TIPS.get(setting, ""))
                form.addRow(words, box)
                self.fields[setting] = box
            grid.addLayout(form, 1, column)
        return grid

    def _field(self, setting: str) -> tuple[str, QComboBox | QSpinBox | QDoubleSpinBox]:
        if setting in _CHOICES:
            box = QComboBox()
            for key, words in _CHOICES[setting].items():
                box.addItem(words, key)
            box.currentIndexChanged.connect(self._changed)
            return {"clip": "Clip"}.get(setting, setting.capitalize()), box
        if setting in _WHOLE:
            words, low, high = _WHOLE[setting]
            whole = QSpinBox()
            whole.setRange(low, high)
            whole.setGroupSeparatorShown(True)
            if setting == "steps":
                whole.setSpecialValueText("by epochs")
            whole.valueChanged.connect(self._changed)
            return words, whole
        words, least, most, decimals = _REAL[setting]
        real = _PlainSpinBox()
        real.setDecimals(decimals)
        real.setRange(least, most)
        real.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        real.valueChanged.connect(self._changed)
        return words, real

    # What is chosen

    @property
    def characters(self) -> int:
        """About how long the texts are: the bytes of the files."""
        return sum(path.stat().st_size for path in self._texts if path.exists())

    @property
    def config(self) -> TrainingConfig:
        """What the fields say."""
        chosen: dict[str, Any] = {
            setting: box.currentData() if isinstance(box, QComboBox) else box.value()
            for setting, box in self.fields.items()
        }
        name = self.name.text().strip() or "run"
        return msgspec.structs.replace(self._kept, name=name, **chosen)

    @property
    def _reads_text(self) -> bool:
        return self._kept.task == "characters"

    @property
    def _ready(self) -> bool:
        return bool(self._texts) or not self._reads_text

    @property
    def directory(self) -> Path:
        """Where the run will lie."""
        return free_directory(self._folder, self.name.text())

    def set_texts(self, texts: tuple[Path, ...]) -> None:
        """Train on these files, with settings that suit them."""
        self._texts = texts
        self._take_preset()

    @Slot()
    def _take_preset(self) -> None:
        preset: Preset = PRESETS[self.preset.currentIndex()]
        self.about.setText(preset.about)
        self._kept = config_for(preset, self._texts, self.characters)
        shown = ", ".join(path.name for path in self._texts)
        self.texts.setText(
            "Its examples are made up on the way." if not self._reads_text else
            f"{shown} ({self.characters:,} bytes)" if shown else "Choose a text, or drop one."
        )  # fmt: skip
        self.choose.setEnabled(self._reads_text)
        if not self._named:
            self.name.setText(self._kept.name)
        for setting, box in self.fields.items():
            value = getattr(self._kept, setting)
            with QSignalBlocker(box):
                if isinstance(box, QComboBox):
                    box.setCurrentIndex(box.findData(value))
                elif isinstance(box, QDoubleSpinBox):
                    box.setValue(float(value))
                else:
                    box.setValue(int(value))
        self._changed()

    @Slot()
    def _rename(self) -> None:
        self._named = True
        self._changed()

    @Slot()
    def _changed(self) -> None:
        """Say what the run will be; measuring it waits until the person stops changing it."""
        self.problem.hide()
        self.start.setEnabled(self._ready)
        self.fields["epochs"].setEnabled(self.config.steps == 0)
        self.fields["clip_threshold"].setEnabled(self.config.clip != "none")
        self.place.setText(f"Written to {self.directory}")
        self.place.setToolTip(str(self.directory))
        self._say()
        if self._ready:
            self._wait.start()

    def _say(self, rest: str = "Measuring how long that takes here…") -> None:
        """What is known without measuring, and the rest."""
        config = self.config
        size = f"About {parameters_of(config):,} parameters, " if self._reads_text else ""
        steps = f"{steps_of(config, self.characters):,} steps. "
        self.estimate.setText(size + steps + rest if self._ready else "")

    @Slot()
    def _ask_estimate(self) -> None:
        config = self.config
        self._jobs.start(
            "estimate",
            {"config": msgspec.to_builtins(config)},
            slot="estimate",
            title="Measuring a few steps",
            done=self._estimated,
            failed=self._not_estimated,
        )

    def _estimated(self, result: dict[str, Any]) -> None:
        seconds, memory = float(result["seconds"]), float(result.get("memory_bytes", 0))
        disk = float(result.get("disk_bytes", 0))
        self.estimate.setText(
            f"{result['parameters']:,} parameters, {result['steps']:,} steps: about "
            f"{duration_in_words(seconds)} on this machine, {memory / 1e6:,.0f} MB of memory, "
            f"{disk / 1e6:,.0f} MB on the disk."
        )

    def _not_estimated(self, failure: Failed) -> None:
        self._say(f"It could not be measured: {failure.message}")

    @Slot()
    def _choose_texts(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Choose one or more texts")
        if chosen:
            self.set_texts(tuple(Path(path) for path in chosen))

    @Slot()
    def _check(self) -> None:
        try:
            self.config.check()
        except RnnvizError as error:
            self.refuse(str(error))
        else:
            self.accept()

    def refuse(self, message: str) -> None:
        """Say why the run cannot start; the person may change it."""
        self.problem.setText(message)
        self.problem.show()

    def done(self, result: int) -> None:
        """Stop measuring."""
        self._wait.stop()
        self._jobs.cancel("estimate")
        super().done(result)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take texts from the desktop."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Train on what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.set_texts(tuple(path for path in paths if path.is_file()))


class _PlainSpinBox(QDoubleSpinBox):
    """Numbers without trailing zeros: 0.003 and not 0.0030000."""

    def textFromValue(self, value: float) -> str:
        """As few decimals as the value needs."""
        shown = f"{value:.{self.decimals()}f}"
        point = self.locale().decimalPoint()
        return (shown.rstrip("0").rstrip(".") if "." in shown else shown).replace(".", point)
