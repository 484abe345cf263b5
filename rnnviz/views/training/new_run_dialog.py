"""Asks what a new training run is to be: what it learns, from what, and how.

What is asked follows from the task's description in `core.training_tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import msgspec
from PySide6.QtCore import QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.errors import RnnvizError, is_our_error
from rnnviz.core.files.reading import exists
from rnnviz.core.quantities.durations import duration_in_words
from rnnviz.core.runs.directory.config import Options, TrainingConfig
from rnnviz.core.runs.directory.free_directory import free_directory
from rnnviz.core.training_tasks import TASKS, Preset, TaskDescription, task_named
from rnnviz.core.training_tasks.settings import MORE, USUAL, setting_named
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.words.plain_text import Label, LinkLabel, plain_tip
from rnnviz.views.training.run_fields import Field, RunFields, in_columns
from rnnviz.views.training.structure_bar import StructureBar
from rnnviz.work.jobs.training import Estimate, Estimated

_ESTIMATE_MS = 400
_MEASURING = 'Measuring… <a href="stop">stop</a>'
_PACE = "estimate/pace"
"""The setting that says how much slower than supposed the last estimate was."""


def _settings(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> RunFields:
    return RunFields([(title, [setting_named(n) for n in names]) for title, names in groups])


class _Scrolled(QScrollArea):
    """As large as what it holds, where the screen has room for it."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        """That of the content."""
        return self._content.sizeHint() + QSize(self.verticalScrollBar().sizeHint().width(), 2)

    def minimumSizeHint(self) -> QSize:
        """As wide as the content; its rows can be scrolled."""
        return QSize(self.sizeHint().width(), 6 * self.fontMetrics().height())


class NewRunDialog(QDialog):
    """A structure, a task of it, a preset, then everything that can be changed about it."""

    def __init__(
        self,
        jobs: Jobs,
        folder: Path,
        texts: tuple[Path, ...] = (),
        parent: QWidget | None = None,
        settings: QSettings | None = None,
        called: Mapping[Path, str] | None = None,
    ) -> None:
        """Ask, with `texts` to learn from; `called` is what some of them are called here."""
        super().__init__(parent)
        self._settings = settings
        self._called = called or {}
        self.setWindowTitle("New training run")
        self.setAcceptDrops(True)
        self._jobs, self._folder = jobs, folder
        self._files: dict[str, tuple[Path, ...]] = {}
        """What was chosen to learn from, by task."""
        self._kept = TrainingConfig()
        self._named = False
        self._unfit = ""
        """Why these settings and texts could not be measured: no trainer could start with them."""
        self._options: dict[str, tuple[RunFields, RunFields]] = {}
        """The fields of a task's own options, usual and further ones, by task."""
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_ESTIMATE_MS)
        self._wait.timeout.connect(self._ask_estimate)
        self._build()
        self._files[TASKS[0].key] = texts
        self.choose_task(TASKS[0].key)
        self.name.setFocus()

    # Building

    def _build(self) -> None:
        self.structures = StructureBar()
        self.structures.chosen.connect(self._choose_structure)
        self.task = Choices()
        self.task.currentIndexChanged.connect(self._take_task)
        self.texts = Label()
        self.texts.setWordWrap(True)
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._choose_texts)
        self.name = QLineEdit()
        self.name.textEdited.connect(self._rename)
        self.preset = Choices()
        self.preset.currentIndexChanged.connect(self._take_preset)
        self.about = Label()
        self.about.setProperty("role", "muted")
        self._first = self._first_rows()
        for box, words in ((self.name, "Name"), (self.preset, "Preset"), (self.task, "Task")):
            box.setAccessibleName(words)
        self.estimate = LinkLabel()
        self.estimate.setWordWrap(True)
        self.estimate.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.estimate.linkActivated.connect(self._stop_measuring)
        self.problem = Label()
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "problem")
        self.problem.hide()
        self.place = Label()
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
        column.addWidget(self.structures)
        column.addLayout(self._first)
        self.scrolled = _Scrolled(self._build_fields())
        column.addWidget(self.scrolled, 1)
        column.addWidget(self.estimate)
        column.addWidget(self.problem)
        column.addLayout(self._last_row())

    def _first_rows(self) -> QFormLayout:
        texts = QHBoxLayout()
        texts.addWidget(self.texts, 1)
        texts.addWidget(self.choose)
        first = QFormLayout()
        first.setHorizontalSpacing(16)
        first.setVerticalSpacing(6)
        first.addRow("Task", self.task)
        self._data_title = Label()
        first.addRow(self._data_title, texts)
        first.addRow("Name", self.name)
        first.addRow("Preset", self.preset)
        first.addRow("", self.about)
        return first

    def _last_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.place, 1)
        row.addWidget(self.buttons)
        return row

    def _build_fields(self) -> QWidget:
        self.usual, self.rest = _settings(USUAL), _settings(MORE)
        self.fields: dict[str, Field] = {**self.usual.fields, **self.rest.fields}
        for fields in (self.usual, self.rest):
            fields.changed.connect(self._changed)
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setProperty("role", "fold")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._unfold)
        page = QWidget()
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        for widget in (self.usual, self.more, self.rest):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        self.rest.hide()
        return page

    def _options_of(self, task: TaskDescription) -> tuple[RunFields, RunFields]:
        """The fields of what only this task is asked; made when it is first chosen."""
        if task.key not in self._options:
            asked = {option.name: option for option in task.options}
            usual = RunFields(in_columns([asked[name] for name in task.usual]))
            others = [option for option in task.options if option.name not in task.usual]
            further = RunFields(in_columns(others))
            for fields in (usual, further):
                fields.changed.connect(self._changed)
            self._column.insertWidget(0, usual)
            self._column.insertWidget(self._column.indexOf(self.rest), further)
            self._options[task.key] = usual, further
        return self._options[task.key]

    @Slot(bool)
    def _unfold(self, unfolded: bool) -> None:
        """Show the rare settings, or put them away again."""
        self.rest.setVisible(unfolded)
        for key, (usual, further) in self._options.items():
            here = key == self.described.key
            usual.setVisible(here and bool(usual.fields))
            further.setVisible(here and unfolded and bool(further.fields))
        self.more.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._count_changed()
        QTimer.singleShot(0, self, self._fit_unfolded if unfolded else self._fit)

    @Slot()
    def _fit_unfolded(self) -> None:
        """Where the screen has no room for all, show what was unfolded."""
        self._fit()
        bar = self.scrolled.verticalScrollBar()
        bar.setValue(min(bar.maximum(), self.more.y()))

    @Slot()
    def _fit(self) -> None:
        """Be as large as the fields need, and lie on the screen with all of it."""
        if not self.isVisible():
            return
        self.scrolled.updateGeometry()
        self.adjustSize()
        room, frame = self.screen().availableGeometry(), self.frameGeometry()
        around = frame.height() - self.height()
        self.resize(self.width(), min(self.sizeHint().height(), room.height() - around))
        frame = self.frameGeometry()
        across = max(room.left(), min(frame.left(), room.right() - frame.width()))
        down = max(room.top(), min(frame.top(), room.bottom() - frame.height()))
        self.move(across, down)

    def _count_changed(self) -> None:
        """Say how many of the settings that are put away differ from the preset's."""
        further = self._options[self.described.key][1].values() if self._options else {}
        kept = {**self.described.option_defaults(), **self._kept.options}
        changed = [
            name for name, value in self.rest.values().items() if value != getattr(self._kept, name)
        ]
        changed += [name for name, value in further.items() if value != kept[name]]
        said = f" ({len(changed)} changed)" if changed and not self.more.isChecked() else ""
        self.more.setText(f"More settings{said}")

    # What is chosen

    @property
    def described(self) -> TaskDescription:
        """The task that is chosen."""
        return task_named(str(self.task.currentData() or TASKS[0].key))

    @property
    def files(self) -> tuple[Path, ...]:
        """What was chosen to learn from."""
        return self._files.get(self.described.key, ())

    @property
    def data_bytes(self) -> int:
        """The bytes of the files; of a text, about its characters."""
        return sum(path.stat().st_size for path in self.files if exists(path))

    @property
    def options(self) -> Options:
        """What the fields say of the options that only this task has."""
        usual, further = self._options_of(self.described)
        return {**usual.values(), **further.values()}

    @property
    def config(self) -> TrainingConfig:
        """What the fields say."""
        name, options = self.name.text().strip() or "run", self.options
        reads = self.described.needs_data(options)
        chosen = {**self.usual.values(), **self.rest.values(), "options": options}
        chosen["texts"] = tuple(map(str, self.files)) if reads else ()
        return msgspec.structs.replace(self._kept, name=name, **chosen)

    @property
    def _needs_data(self) -> bool:
        return self.described.needs_data(self.options)

    @property
    def _ready(self) -> bool:
        return (bool(self.files) or not self._needs_data) and not self._refused

    @property
    def _refused(self) -> str:
        """Why the run cannot be what the form says; empty where it may."""
        forms = (*self._options_of(self.described), self.usual, self.rest)
        numbers = next((fields.problem for fields in forms if fields.problem), "")
        files = self.files if self._needs_data else ()
        return numbers or self.described.problem(files, self.config) or self._unfit

    @property
    def directory(self) -> Path:
        """Where the run will lie."""
        return free_directory(self._folder, self.name.text())

    def set_texts(self, files: tuple[Path, ...]) -> None:
        """Train on these files, with settings that suit them."""
        self._files[self.described.key] = files
        self._take_preset()

    def choose_task(self, key: str) -> None:
        """Show the form of this task, and the other tasks of its structure beside it."""
        structure = task_named(key).structure
        self.structures.choose(structure)
        self.task.blockSignals(True)
        self.task.clear()
        for task in TASKS:
            if task.structure == structure:
                self.task.addItem(task.title, task.key)
                self.task.setItemData(
                    self.task.count() - 1, plain_tip(task.about), Qt.ItemDataRole.ToolTipRole
                )
        self.task.setCurrentIndex(self.task.findData(key))
        self.task.blockSignals(False)
        self._take_task()

    def choose_preset(self, name: str) -> None:
        """Take the preset of this name."""
        self.preset.setCurrentIndex(self.preset.findData(name))

    def show_config(self, config: TrainingConfig) -> None:
        """Ask for a run like this one: its task, what it learns from, and every setting."""
        self.choose_task(config.task)
        task = self.described
        self._files[task.key] = tuple(map(Path, config.texts))
        self._take_preset()
        # What the form does not ask for stays as it was, too.
        self._kept = config
        for fields in (self.usual, self.rest):
            fields.show_values(lambda name: getattr(config, name))
        options = {**task.option_defaults(), **config.options}
        for fields in self._options_of(task):
            fields.show_values(options.__getitem__)
        self._named = True
        self.name.setText(config.name)
        self.name.selectAll()
        self._changed()

    @Slot(str)
    def _choose_structure(self, structure: str) -> None:
        if self.described.structure != structure:
            self.choose_task(next(task.key for task in TASKS if task.structure == structure))

    @Slot()
    def _take_task(self) -> None:
        task = self.described
        self._named = False
        self._options_of(task)
        for fields in (self.usual, self.rest):
            fields.show_meant(task.unused, task.titles)
        self.preset.blockSignals(True)
        self.preset.clear()
        for preset in task.presets:
            self.preset.addItem(preset.title, preset.name)
        self.preset.blockSignals(False)
        self.task.setToolTip(plain_tip(task.about))
        self._take_preset()
        self._unfold(self.more.isChecked())

    @Slot()
    def _take_preset(self) -> None:
        task = self.described
        named = self.preset.currentData()
        preset: Preset = next(one for one in task.presets if one.name == named)
        self.about.setText(preset.about)
        self._kept = task.config_for(preset, self.files, self.data_bytes)
        if not self._named:
            self.name.setText(self._kept.name)
        for fields in (self.usual, self.rest):
            fields.show_values(lambda name: getattr(self._kept, name))
        options = {**task.option_defaults(), **self._kept.options}
        for fields in self._options_of(task):
            fields.show_values(options.__getitem__)
        self._changed()

    @Slot()
    def _rename(self) -> None:
        self._named = True
        self._changed()

    @Slot()
    def _changed(self) -> None:
        """Say what the run will be; measuring it waits until the person stops changing it."""
        self._unfit = ""
        for fields in self._options_of(self.described):
            fields.show_asked(self.options)
        self._show_data()
        self._show_refusal()
        config, meant = self.config, self.described.unused
        self.fields["epochs"].setEnabled("epochs" not in meant and config.steps == 0)
        self.fields["clip_threshold"].setEnabled(config.clip != "none")
        self._count_changed()
        self.place.setText(f"Written to {self.directory}")
        self.place.setToolTip(plain_tip(str(self.directory)))
        # What is being measured is no longer what the run would be.
        self._jobs.cancel(Estimate)
        self._say(_MEASURING if self.described.measured else "")
        if self._ready and self.described.measured:
            self._wait.start()
        else:
            self._wait.stop()

    def _show_data(self) -> None:
        """What it learns from, or that its examples are made up."""
        data, files = self.described.data, self.files
        self._data_title.setText(data.title if data is not None else "Data")
        needed = self._needs_data
        self.choose.setEnabled(needed)
        if files and all(path in self._called for path in files):
            shown = ", ".join(self._called[path] for path in files)
        else:
            shown = f"{', '.join(path.name for path in files)} ({self.data_bytes:,} bytes)"
        self.texts.setText(
            "Its examples are made up on the way." if not needed or data is None else
            shown if files else data.wanted
        )  # fmt: skip

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
        rough = self.described.rough(self.config, self.data_bytes)
        size = f"About {rough.parameters:,} parameters, " if rough.parameters else ""
        steps = f"{'about ' * (not self.described.measured)}{rough.steps:,} steps: roughly "
        said = f"{size}{steps}{duration_in_words(self._pace * rough.seconds)}. {rest}"
        self.estimate.setText(f"{said[:1].upper()}{said[1:]}".strip() if self._ready else "")

    @Slot()
    def _ask_estimate(self) -> None:
        config = self.config

        def estimated(found: Estimated) -> None:
            self._estimated(config, found)

        self._jobs.start(
            Estimate(config=config),
            title="Measuring a few steps",
            done=estimated,
            failed=self._not_estimated,
        )

    def _estimated(self, config: TrainingConfig, found: Estimated) -> None:
        seconds, memory, disk = found.seconds, found.memory_bytes, found.disk_bytes
        supposed = self.described.rough(config, self.data_bytes).seconds
        if self._settings is not None and supposed > 0:
            self._settings.setValue(_PACE, seconds / supposed)
        self.estimate.setText(
            f"{found.parameters:,} parameters, {found.steps:,} steps: about "
            f"{duration_in_words(seconds)} on this machine, {memory / 1e6:,.0f} MB of memory, "
            f"{disk / 1e6:,.0f} MB on the disk."
        )

    def _not_estimated(self, failure: Failure) -> None:
        if is_our_error(failure.kind):
            self._unfit = failure.message
            self._show_refusal()
        self._say(f"It could not be measured: {escape(failure.message)}")

    @Slot()
    def _stop_measuring(self) -> None:
        self._wait.stop()
        self._jobs.cancel(Estimate)
        self._say("Not measured.")

    @Slot()
    def _choose_texts(self) -> None:
        data = self.described.data
        assert data is not None
        chosen, _ = QFileDialog.getOpenFileNames(self, data.choose)
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
        self._jobs.cancel(Estimate)
        super().done(result)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files from the desktop."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Train on what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.set_texts(tuple(path for path in paths if path.is_file()))
