"""Every question that the window asks in a box, and what follows from the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from rnnviz.core.cells.finding import SavedFinding
from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.directory.config import TrainingConfig, config_found
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.session.session import Session
from rnnviz.session.training.runs import OpenRun
from rnnviz.session.training.typed_texts import keep_text
from rnnviz.views.cells.exporting import Exporting
from rnnviz.views.shared.question_boxes import ask_save_path, open_dialog
from rnnviz.views.window.undo import RemoveConcept, RemoveFinding
from rnnviz.work.jobs.models import ConvertModel, ModelConverted

if TYPE_CHECKING:
    from rnnviz.views.training.new_run_dialog import NewRunDialog

_QUIETLY = "window/close_quietly"
"""The setting that says not to mention trainings when the window is closed."""


class Questions(QObject):
    """Opens boxes that do not block the window, one at a time of each kind.

    Signals:
        path_chosen(Path): open this.
        character_chosen(int): bring this character into view.
        message(str): something for the status bar.
        refused(str): why nothing was done.
    """

    path_chosen = Signal(object)
    character_chosen = Signal(object)
    message = Signal(str)
    refused = Signal(str)

    def __init__(
        self, session: Session, exporting: Exporting, undo_stack: QUndoStack, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._exporting = exporting
        self._undo_stack = undo_stack
        self._window = window
        self._readings: dict[str, int] = {}
        """By path, which network a person said that its tensors are."""

    # Files

    @Slot()
    def ask_open(self) -> None:
        """Ask for a file."""
        from PySide6.QtWidgets import QFileDialog  # here: the window starts without

        settings = self._session.settings
        start = str(settings.value("window/folder", ""))
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a model or a text", start)
        if chosen:
            settings.setValue("window/folder", str(Path(chosen).parent))
            self.path_chosen.emit(Path(chosen))

    @Slot()
    def ask_open_folder(self) -> None:
        """Ask for a recording or a run."""
        from PySide6.QtWidgets import QFileDialog  # here: the window starts without

        title = "Open a recording or a training run"
        if chosen := QFileDialog.getExistingDirectory(self._window, title):
            self.path_chosen.emit(Path(chosen))

    @Slot()
    def ask_save_model(self) -> None:
        """Ask where to write the open model as a file of ours; it may have come in any format."""
        model = self._session.recordings.model or self._session.alignments.model
        if model is None:
            self.refused.emit("Open a model first: it is written as a model file of rnnviz.")
            return
        source = Path(model.path)
        proposed = str(source.with_suffix(".safetensors"))
        if proposed == model.path:
            proposed = str(source.with_name(f"{source.stem}-copy.safetensors"))
        title = f"Save {source.name} as a model file of rnnviz"
        path = ask_save_path(self._window, title, proposed, "Model files (*.safetensors)")
        if path is not None:
            self._session.jobs.start(
                ConvertModel(model=model.given, target=str(path)),
                title=f"Writing {path.name}",
                done=self._converted,
            )

    def _converted(self, found: ModelConverted) -> None:
        self.message.emit(f"Saved {found.path}; it needs nothing beside it.")

    @Slot(str, str, object, str)
    def ask_companion(self, companion: str, path: str, size: int, message: str) -> None:
        """Ask for what a model file does not say itself, then open it with that."""
        ask = {
            "vocabulary": self.ask_vocabulary, "sentences": self.ask_sentences,
            "reading": self.ask_reading,
        }  # fmt: skip
        ask[companion](path, size, message)

    def ask_vocabulary(self, path: str, size: int, message: str) -> None:
        """Ask which characters a network knows, then open it with them."""
        from rnnviz.views.dialogs.vocabulary_dialog import (
            VocabularyDialog,
        )  # only who asks waits for it

        text = self._session.recordings.text
        read = text.path if text is not None else None
        reading = self._readings.get(path, 0)
        dialog = VocabularyDialog(
            self._session.jobs, Path(path), size, message, self._window, read, reading
        )

        def chosen() -> None:
            self._session.opening.open(Path(path), vocabulary=dialog.vocabulary, reading=reading)

        open_dialog(dialog, chosen, self.refused.emit)

    def ask_reading(self, path: str, _size: int, message: str) -> None:
        """Ask which network the tensors of a file are, then open it as that."""
        from rnnviz.views.dialogs.reading_dialog import ReadingDialog  # only who asks waits for it

        text = self._session.recordings.text
        read = text.path if text is not None else None
        dialog = ReadingDialog(self._session.jobs, Path(path), message, self._window, read)

        def chosen() -> None:
            self._readings[path] = dialog.reading
            self._session.opening.open(Path(path), reading=dialog.reading)

        open_dialog(dialog, chosen, self.refused.emit)

    @Slot()
    def ask_other_reading(self) -> None:
        """Ask which of the networks that its file may be the open model is to be read as."""
        from rnnviz.views.dialogs.reading_dialog import ReadingDialog  # only who asks waits for it

        model, text = self._session.recordings.model, self._session.recordings.text
        if model is None:
            self.refused.emit("Open a model first: some files may be read as several networks.")
            return
        path = Path(model.path)
        dialog = ReadingDialog(
            self._session.jobs,
            path,
            f"What {path.name} holds, and the networks that it may be read as.",
            self._window,
            text.path if text is not None else None,
            model.vocabulary,
        )

        def chosen() -> None:
            self._readings[model.path] = dialog.reading
            self._session.opening.open(path, model.vocabulary, reading=dialog.reading)

        open_dialog(dialog, chosen, self.refused.emit)

    def ask_sentences(self, path: str, _size: int, message: str) -> None:
        """Ask for the sentences that a translator was trained on, then open it with them."""
        from PySide6.QtWidgets import QFileDialog  # here: the window starts without

        self.message.emit(message)
        title = f"Choose the sentences that {Path(path).name} was trained on"
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, str(Path(path).parent))
        if chosen:
            self._session.opening.open(Path(path), sentences=Path(chosen))
        else:
            self.refused.emit(message)

    @Slot(object)
    def ask_walk(self, size_bytes: int) -> None:
        """Ask what to keep of a walk that takes so much disk."""
        from rnnviz.views.cells.walk_dialog import WalkDialog  # only who asks waits for it

        recordings = self._session.recordings
        dialog = WalkDialog(recordings, self._window)

        def chosen() -> None:
            recordings.dtype = "float32" if dialog.exact.isChecked() else "float16"
            recordings.walk(dialog.channels)

        open_dialog(dialog, chosen, self.refused.emit)

    @Slot()
    def ask_position(self) -> None:
        """Ask for a character's number and go there."""
        from rnnviz.views.dialogs.number_dialog import NumberDialog  # only who asks waits for it
        from rnnviz.views.shared.controls.number_field import WholeField

        text, selection = self._session.recordings.text, self._session.selection
        if text is None or len(text) == 0:
            return
        last = len(text) - 1
        field = WholeField("Character", 0, last)
        field.set_value(min(last, selection.cursor or 0))
        words = f"Character, 0 to {last:,}"
        dialog = NumberDialog("Go to character", words, field, self._window)

        def chosen() -> None:
            selection.jump(dialog.number)

        open_dialog(dialog, chosen, self.refused.emit)

    @Slot()
    def ask_line(self) -> None:
        """Ask for a line's number, as it stands beside the text, and go there."""
        from rnnviz.views.dialogs.number_dialog import NumberDialog  # only who asks waits for it
        from rnnviz.views.shared.controls.number_field import WholeField

        text = self._session.recordings.text
        if text is None or len(text) == 0:
            return
        lines = len(text.line_starts)
        field = WholeField("Line", 1, lines)
        field.set_value(1)
        dialog = NumberDialog("Go to line", f"Line, 1 to {lines:,}", field, self._window)

        def chosen() -> None:
            self.character_chosen.emit(int(text.line_starts[dialog.number - 1]))

        open_dialog(dialog, chosen, self.refused.emit)

    # Training

    @Slot()
    def ask_new_run(self) -> None:
        """Ask what a new training run is to be, on the open text unless another is chosen."""
        text = self._session.recordings.text
        if text is None or len(text) == 0:
            self._ask_run(())
        elif text.path is not None:
            self._ask_run((text.path,))
        else:
            self._ask_run_on_typed(text)

    def _ask_run_on_typed(self, text: Text) -> None:
        """Offer what lies in no file: it is kept as one, unless no run is started after all."""
        try:
            kept, new = keep_text(self._session.runs.folder.parent / "texts", text)
        except RnnvizError as error:
            self.refused.emit(str(error))
            return
        dialog = self._ask_run((kept,), called={kept: f"{text.name} ({len(text):,} characters)"})

        def forget() -> None:
            if new:
                kept.unlink(missing_ok=True)

        dialog.rejected.connect(forget)

    @Slot(object)
    def ask_run_like(self, run: OpenRun) -> None:
        """Ask what a new run is to be, beginning with the settings of this one.

        Settings that were changed while it went on are taken as they came to be.
        """
        try:
            config = config_found(run.watched.directory)
        except RnnvizError as error:
            self.refused.emit(str(error))
            return
        now = {
            change.setting: change.value
            for change in run.watched.record.changes
            if change.setting in ("learning_rate", "clip_threshold")
        }
        self._ask_run((), msgspec.structs.replace(config, name=run.name, **now))

    def _ask_run(
        self,
        texts: tuple[Path, ...],
        like: TrainingConfig | None = None,
        called: Mapping[Path, str] | None = None,
    ) -> NewRunDialog:
        session, runs = self._session, self._session.runs
        from rnnviz.views.training.new_run_dialog import NewRunDialog  # only who asks waits for it

        dialog = NewRunDialog(
            session.jobs, runs.folder, texts, self._window, session.settings, called
        )
        if like is not None:
            dialog.show_config(like)

        def chosen() -> None:
            run = runs.start(dialog.config, dialog.directory)
            self._session.workspace_wanted.emit("training")
            self.message.emit(f"{run.name} starts in {run.watched.directory}.")

        open_dialog(dialog, chosen, self.refused.emit)
        return dialog

    @Slot(object)
    def ask_run_name(self, run: OpenRun) -> None:
        """Ask for another name of a run."""
        from PySide6.QtWidgets import QInputDialog  # here: the window starts without

        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Rename the run")
        dialog.setLabelText("Name; its folder keeps its own:")
        dialog.setTextValue(run.name)
        dialog.resize(420, dialog.sizeHint().height())
        open_dialog(
            dialog,
            lambda: self._session.run_folders.rename(run, dialog.textValue()),
            self.refused.emit,
        )

    @Slot(object)
    def ask_deleting_run(self, run: OpenRun) -> None:
        """Ask whether the folder of a run is to go to the trash."""
        if run.live:
            self.refused.emit(f"{run.name} is still being trained: stop it first.")
            return
        self._ask_deleting(run)

    @Slot(object, str)
    def ask_deleting_for_good(self, run: OpenRun, why: str) -> None:
        """There is no trash for it: ask whether it shall be deleted anyway."""
        self._ask_deleting(run, why)

    def _ask_deleting(self, run: OpenRun, refused: str = "") -> None:
        from rnnviz.views.dialogs.deleting_dialog import (
            DeletingDialog,
        )  # only who asks waits for it

        dialog = DeletingDialog(run.name, run.watched.directory, refused, self._window)
        open_dialog(
            dialog,
            lambda: self._session.run_folders.delete(run, for_good=dialog.for_good),
            self.refused.emit,
        )

    @Slot(str, bool)
    def say_deleted(self, name: str, to_trash: bool) -> None:
        """Say where a run went."""
        self.message.emit(f"{name} is in the trash." if to_trash else f"{name} is deleted.")

    @Slot(int)
    def say_appeared(self, count: int) -> None:
        """Say that runs were found in a watched folder."""
        self.message.emit(f"{count:,} new run{'s' * (count != 1)} in a watched folder.")

    @Slot()
    def ask_watched_folder(self) -> None:
        """Ask for a folder in which runs are opened as soon as they are there."""
        from PySide6.QtWidgets import QFileDialog  # here: the window starts without

        session = self._session
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Watch a folder of runs", str(session.runs.folder)
        )
        if chosen:
            session.run_folders.watch(Path(chosen))
            session.workspace_wanted.emit("training")

    @Slot()
    def ask_remote_run(self) -> None:
        """Ask for the address of a run on another machine, and watch it."""
        from PySide6.QtWidgets import QInputDialog  # here: the window starts without

        settings = self._session.settings
        address, agreed = QInputDialog.getText(
            self._window,
            "Watch a run on another machine",
            "Reached with ssh, which must not ask for a password:",
            text=str(settings.value("window/remote", "user@host:/path/of/run")),
        )
        if not agreed:
            return
        try:
            self._session.open_address(address)
        except RnnvizError as error:
            self.refused.emit(str(error))
            return
        settings.setValue("window/remote", address)

    def may_close(self) -> bool:
        """Whether the window may close; says first that a training goes on, and may stop it."""
        runs, settings = self._session.runs, self._session.settings
        going = [run.name for run in runs.training_here]
        if not going or settings.value(_QUIETLY, False, type=bool):
            return True
        from rnnviz.views.dialogs.closing_dialog import ClosingDialog  # only who asks waits for it

        dialog = ClosingDialog(going, self._window)
        dialog.exec()
        pressed, quietly = dialog.clickedButton(), dialog.quietly.isChecked()
        stay, stop = pressed is dialog.stay, pressed is dialog.stop
        dialog.deleteLater()
        if quietly and not stay:
            settings.setValue(_QUIETLY, True)
        if stop:
            runs.stop_all_here()
        return not stay

    # Concepts

    @Slot()
    def ask_concept(self) -> None:
        """Ask for a new concept, shown on the text before it is used."""
        from rnnviz.views.cells.choosing.concept_dialog import (
            ConceptDialog,  # only who asks waits for it
        )

        text, selection = self._session.recordings.text, self._session.selection
        if text is None:
            self.refused.emit("Open a text first: a new concept is shown on it before it is used.")
            return
        recording = self._session.recordings.recording
        numbers = recording is not None and isinstance(recording.sequence, Numbers)
        dialog = ConceptDialog(
            self._session.jobs,
            text,
            selection.visible,
            selection.range,
            self._window,
            numbers=recording if numbers else None,
        )

        def chosen() -> None:
            concept = self._session.rankings.add(self._with_own_name(dialog.spec))
            selection.set_concept(concept.name)

        open_dialog(dialog, chosen, self.refused.emit)

    def _with_own_name(self, spec: dict[str, object]) -> dict[str, object]:
        """A concept never takes the place of another: the second of a title gets a number."""
        name, title, number = spec["name"], spec["title"], 1
        while self._session.rankings.concept(str(spec["name"])) is not None:
            number += 1
            spec = {**spec, "name": f"{name}-{number}", "title": f"{title} {number}"}
        return spec

    @Slot()
    def remove_concept(self) -> None:
        """Remove the chosen concept, if a person made it; undo brings it back."""
        name, rankings = self._session.selection.concept, self._session.rankings
        concept = rankings.concept(name) if name else None
        if concept is None or not rankings.is_custom(concept.name):
            self.refused.emit("Only concepts that you made can be removed; choose one first.")
            return
        self._undo_stack.push(RemoveConcept(rankings, concept))
        self.message.emit(f"Removed “{concept.title}”. Undo brings it back.")

    # Findings

    @Slot()
    def ask_finding(self) -> None:
        """Ask for the title and note of a finding, and keep it."""
        from rnnviz.views.dialogs.finding_dialog import FindingDialog  # only who asks waits for it

        done = self._session.interventions.shown
        if done is not None:
            self.refused.emit(
                f"A finding is kept of a network as it is, and here {done.sentence}: press "
                "“As it is” above the text first."
            )
            return
        finding = self._exporting.finding()
        if finding is None:
            self.refused.emit("There is nothing to save yet: open a model and a text first.")
            return
        dialog = FindingDialog(finding, self._window)

        def chosen() -> None:
            self._session.findings.add(dialog.finding)
            self.message.emit(f"Saved “{dialog.finding.title}”.")

        open_dialog(dialog, chosen, self.refused.emit)

    @Slot(object)
    def edit_finding(self, saved: SavedFinding) -> None:
        """Change the title and the note of a finding."""
        from rnnviz.views.dialogs.finding_dialog import FindingDialog  # only who asks waits for it

        dialog = FindingDialog(saved.finding, self._window)

        def chosen() -> None:
            findings = self._session.findings
            renamed = findings.rename(saved, dialog.finding.title)
            findings.annotate(renamed, dialog.finding.note)

        open_dialog(dialog, chosen, self.refused.emit)

    @Slot(object)
    def remove_finding(self, saved: SavedFinding) -> None:
        """Remove a finding; undo brings it back."""
        self._undo_stack.push(RemoveFinding(self._session.findings, saved))
        self.message.emit(f"Removed “{saved.finding.title}”. Undo brings it back.")
