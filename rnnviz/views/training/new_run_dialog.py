"""Asks what a new training run shall be, with settings that suit the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QSettings, Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.errors import RnnvizError, is_our_error
from rnnviz.core.quantities.durations import duration_in_words
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.core.runs.presets import (
    PRESETS,
    Preset,
    config_for,
    free_directory,
    parameters_of,
    rough_seconds,
    steps_of,
)
from rnnviz.core.runs.training_texts import problem_with
from rnnviz.session.shared.jobs import Failed, Jobs
from rnnviz.views.training.memory_fields import MemoryFields
from rnnviz.views.training.run_fields import MORE, USUAL, Field, RunFields

_ESTIMATE_MS = 400
_MEASURING = 'Measuring… <a href="stop">stop</a>'
_TEXT_ONLY = (
    "embedding", "dropout", "sequence_length", "epochs", "held_out", "temperatures", "skip",
    "start_from", "default_text",
)  # fmt: skip
"""Settings that mean nothing where no text is read."""
_PACE = "estimate/pace"
"""The setting that says how much slower than supposed the last estimate was."""


class NewRunDialog(QDialog):
    """A preset, then everything that can be changed about it; what it will take is said below."""

    def __init__(
        self,
        jobs: Jobs,
        folder: Path,
        texts: tuple[Path, ...] = (),
        parent: QWidget | None = None,
        settings: QSettings | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle("New training run")
        self.setAcceptDrops(True)
        self._jobs, self._folder = jobs, folder
        self._texts: tuple[Path, ...] = ()
        self._kept = TrainingConfig()
        self._named = False
        self._unfit = ""
        """Why these settings and texts could not be measured: no trainer could start with them."""
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_ESTIMATE_MS)
        self._wait.timeout.connect(self._ask_estimate)
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
        self._first = self._first_rows(texts)
        for box, words in ((self.name, "Name"), (self.preset, "Preset")):
            box.setAccessibleName(words)
        self.estimate = QLabel()
        self.estimate.setWordWrap(True)
        self.estimate.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.estimate.linkActivated.connect(self._stop_measuring)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "problem")
        self.problem.hide()
        self.place = QLabel()
        self.place.setProperty("role", "muted")
        # A long path makes the form no wider.
        self.place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        # Else Enter would cancel while Start is disabled.
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.start = self.buttons.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setDefault(True)
        self.buttons.accepted.connect(self._check)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(10)
        column.addLayout(self._first)
        column.addLayout(self._build_fields())
        column.addWidget(self.estimate)
        column.addWidget(self.problem)
        column.addLayout(self._last_row())

    def _first_rows(self, texts: QHBoxLayout) -> QFormLayout:
        first = QFormLayout()
        first.setHorizontalSpacing(16)
        first.setVerticalSpacing(8)
        first.addRow("Text", texts)
        first.addRow("Name", self.name)
        first.addRow("Preset", self.preset)
        first.addRow("", self.about)
        self.memory = MemoryFields()
        self.memory.changed.connect(self._changed)
        first.addRow("Task", self.memory)
        return first

    def _last_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.place, 1)
        row.addWidget(self.buttons)
        return row

    def _build_fields(self) -> QVBoxLayout:
        self.usual, self.rest = RunFields(USUAL), RunFields(MORE)
        self.fields: dict[str, Field] = {**self.usual.fields, **self.rest.fields}
        for fields in (self.usual, self.rest):
            fields.changed.connect(self._changed)
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setProperty("role", "fold")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._unfold)
        column = QVBoxLayout()
        column.setSpacing(12)
        for widget in (self.usual, self.more, self.rest):
            column.addWidget(widget)
        self._unfold(False)
        return column

    @Slot(bool)
    def _unfold(self, unfolded: bool) -> None:
        """Show the rare settings, or put them away again."""
        self.rest.setVisible(unfolded)
        self.more.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._count_changed()
        QTimer.singleShot(0, self, self._fit)

    @Slot()
    def _fit(self) -> None:
        """Be as large as the fields need, and lie on the screen with all of it."""
        if not self.isVisible():
            return
        self.adjustSize()
        room, frame = self.screen().availableGeometry(), self.frameGeometry()
        across = max(room.left(), min(frame.left(), room.right() - frame.width()))
        down = max(room.top(), min(frame.top(), room.bottom() - frame.height()))
        self.move(across, down)

    def _count_changed(self) -> None:
        """Say how many of the settings that are put away differ from the preset's."""
        changed = [
            setting
            for setting, value in self.rest.values().items()
            if value != getattr(self._kept, setting)
        ]
        said = f" ({len(changed)} changed)" if changed and not self.more.isChecked() else ""
        self.more.setText(f"More settings{said}")

    # What is chosen

    @property
    def characters(self) -> int:
        """About how long the texts are: the bytes of the files."""
        return sum(path.stat().st_size for path in self._texts if path.exists())

    @property
    def config(self) -> TrainingConfig:
        """What the fields say."""
        name = self.name.text().strip() or "run"
        chosen = {**self.usual.values(), **self.rest.values()}
        if not self._reads_text:
            chosen["options"] = self.memory.options
        return msgspec.structs.replace(self._kept, name=name, **chosen)

    @property
    def _reads_text(self) -> bool:
        return self._kept.task == "characters"

    @property
    def _ready(self) -> bool:
        return (bool(self._texts) or not self._reads_text) and not self._refused

    @property
    def _refused(self) -> str:
        """Why the run cannot be what the form says; empty where it may."""
        asked = "" if self._reads_text else self.memory.problem
        numbers = asked or self.usual.problem or self.rest.problem
        texts = self._texts if self._reads_text else ()
        return numbers or problem_with(texts, self.config) or self._unfit

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
        for fields in (self.usual, self.rest):
            fields.show_config(self._kept)
        for setting in _TEXT_ONLY:
            self.fields[setting].setEnabled(self._reads_text)
        self.memory.show_options(self._kept.options)
        self._first.setRowVisible(self.memory, not self._reads_text)
        self._changed()

    @Slot()
    def _rename(self) -> None:
        self._named = True
        self._changed()

    @Slot()
    def _changed(self) -> None:
        """Say what the run will be; measuring it waits until the person stops changing it."""
        self._unfit = ""
        self._show_refusal()
        self.fields["epochs"].setEnabled(self._reads_text and self.config.steps == 0)
        self.fields["clip_threshold"].setEnabled(self.config.clip != "none")
        self._count_changed()
        self.place.setText(f"Written to {self.directory}")
        self.place.setToolTip(str(self.directory))
        # What is being measured is no longer what the run would be.
        self._jobs.cancel("estimate")
        self._say()
        if self._ready:
            self._wait.start()
        else:
            self._wait.stop()
            self._jobs.cancel("estimate")

    def _show_refusal(self) -> None:
        refused = self._refused
        self.problem.setText(refused[:1].upper() + refused[1:])
        self.problem.setVisible(bool(refused))
        self.start.setEnabled(self._ready)

    @property
    def _pace(self) -> float:
        stored = self._settings.value(_PACE, 1.0) if self._settings is not None else 1.0
        try:
            return float(str(stored))
        except ValueError:
            return 1.0

    def _say(self, rest: str = _MEASURING) -> None:
        """What is known without measuring, and the rest."""
        config = self.config
        size = f"About {parameters_of(config):,} parameters, " if self._reads_text else ""
        steps = f"{steps_of(config, self.characters):,} steps: roughly "
        roughly = duration_in_words(self._pace * rough_seconds(config, self.characters))
        self.estimate.setText(f"{size}{steps}{roughly}. {rest}" if self._ready else "")

    @Slot()
    def _ask_estimate(self) -> None:
        config = self.config

        def estimated(result: dict[str, Any]) -> None:
            self._estimated(config, result)

        self._jobs.start(
            "estimate",
            {"config": msgspec.to_builtins(config)},
            title="Measuring a few steps",
            done=estimated,
            failed=self._not_estimated,
        )

    def _estimated(self, config: TrainingConfig, result: dict[str, Any]) -> None:
        seconds, memory = float(result["seconds"]), float(result.get("memory_bytes", 0))
        disk = float(result.get("disk_bytes", 0))
        supposed = rough_seconds(config, self.characters)
        if self._settings is not None and supposed > 0:
            self._settings.setValue(_PACE, seconds / supposed)
        self.estimate.setText(
            f"{result['parameters']:,} parameters, {result['steps']:,} steps: about "
            f"{duration_in_words(seconds)} on this machine, {memory / 1e6:,.0f} MB of memory, "
            f"{disk / 1e6:,.0f} MB on the disk."
        )

    def _not_estimated(self, failure: Failed) -> None:
        if is_our_error(failure.kind):
            self._unfit = failure.message
            self._show_refusal()
        self._say(f"It could not be measured: {failure.message}")

    @Slot()
    def _stop_measuring(self) -> None:
        self._wait.stop()
        self._jobs.cancel("estimate")
        self._say("Not measured.")

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
