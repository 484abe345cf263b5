"""Everything that one window looks at, composed in one place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Signal, Slot

from rnnviz.core.cells.finding import load_finding
from rnnviz.core.concepts import load_concept_file
from rnnviz.core.errors import (
    ModelFileError,
    RnnvizError,
    UnitError,
)
from rnnviz.core.kinds import ModelKind, kind_named
from rnnviz.core.models.model_folder import model_file_in
from rnnviz.core.models.moments import moments_beside
from rnnviz.core.models.network import Described
from rnnviz.core.models.unit_found import units_found
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.runs.watched import runs_in
from rnnviz.core.sequences.text import Text
from rnnviz.session.alignments.alignments import Alignments
from rnnviz.session.cells.following import Following
from rnnviz.session.cells.inspection import Inspection
from rnnviz.session.cells.interventions import Interventions
from rnnviz.session.cells.previews import Previews
from rnnviz.session.cells.rankings import Rankings
from rnnviz.session.cells.scaling import Scaling
from rnnviz.session.cells.stepping import Stepping
from rnnviz.session.cells.unit_summary import UnitSummary
from rnnviz.session.shared.findings import Findings
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.library import Library, SampleText
from rnnviz.session.shared.next_stories import NextStories
from rnnviz.session.shared.opening import Opening
from rnnviz.session.shared.reading_notes import ReadingNotes
from rnnviz.session.shared.recordings import OPENED, Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.session.shared.stories import StoryCollections
from rnnviz.session.showing import Showing, Wanted
from rnnviz.session.training.checkpoint_walks import CheckpointWalks
from rnnviz.session.training.run_folders import RunFolders
from rnnviz.session.training.runs import Runs
from rnnviz.session.training.trainers import ProcessTrainers, Trainers
from rnnviz.work.messages import Failure
from rnnviz.work.runner import Runner

if TYPE_CHECKING:
    from rnnviz.session.cells.symbols import SymbolTable
    from rnnviz.session.cells.verdicts import Verdicts
    from rnnviz.session.gradients.gradients import Gradients
    from rnnviz.session.gradients.memory import Memory
    from rnnviz.session.unroll.opened import UnrolledModel
    from rnnviz.session.unroll.unroll import Unroll

_KEPT = "start/recording"
"""The setting that names the walk to show at the next start."""
_EXACT = "recordings/exact"
"""The setting that says whether units are kept as float32."""


class Session(QObject):
    """Owns the parts and connects what must follow what; knows no widget.

    Signals:
        workspace_wanted(str): what was just opened is seen in the workspace of this name.
        panel_wanted(str, str): in the workspace of the first name, the panel of the second.
        said(str): how the open text was read, where that is unusual, for the status bar.
    """

    workspace_wanted = Signal(str)
    panel_wanted = Signal(str, str)
    message = Signal(str)

    def __init__(
        self,
        runner: Runner,
        settings: QSettings,
        *,
        cache: Path,
        data: Path,
        models: Path,
        resources: Path,
        trainers: Trainers | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self._cache = cache
        self.jobs = Jobs(runner, self)
        self.selection = Selection(self)
        self.recordings = Recordings(self.jobs, cache, self)
        self.recordings.dtype = "float32" if settings.value(_EXACT, False, bool) else "float16"
        self.rankings = Rankings(
            self.jobs, self.recordings, self.selection, data / "concepts", self
        )
        self.previews = Previews(self.jobs, self.recordings, self.selection, self)
        self.unit_summary = UnitSummary(self.recordings, self.selection, self.rankings, self)
        self.scaling = Scaling(self.recordings, self.selection, self.unit_summary, self)
        self.interventions = Interventions(
            self.jobs, self.recordings, self.selection, self.rankings, self
        )
        self.stepping = Stepping(self.recordings, self.selection, self)
        self.inspection = Inspection(self.jobs, self.recordings, self.selection, self)
        self.alignments = Alignments(self.jobs, cache, self)
        takers = {"cells": self.recordings.take_model, "alignments": self.alignments.take_model}
        self.opening = Opening(self.jobs, takers, OPENED, self)
        self.findings = Findings(self.jobs, data / "findings", self)
        self.stories = StoryCollections(self.jobs, data, self)
        self.next_stories = NextStories(self.jobs, self.stories, self.recordings, self)
        self.runs = Runs(trainers or ProcessTrainers(), settings, data / "runs", self)
        self.run_folders = RunFolders(self.runs, settings, self)
        self.checkpoint_walks = CheckpointWalks(
            self.jobs, self.runs, self.recordings, self.selection, self.rankings, self
        )
        self.following = Following(self.jobs, self.runs, self.recordings, self)
        self.following.began.connect(self._select_first_unit)
        self.library = Library(settings, models, resources, self)
        self.showing = Showing(
            self.jobs,
            self.recordings,
            self.selection,
            self.rankings,
            self.scaling,
            self.alignments,
            self.opening,
            self.stories,
            open_model=self.open_model,
            take_text=self._take_text,
            gradients=lambda: self.gradients,
            parent=self,
        )
        self.showing.workspace_wanted.connect(self.workspace_wanted)
        self.showing.wish_changed.connect(self._keep_concept)
        self._text_suits_model = True
        self._takes_own_text = False
        """Whether the text that comes next is the own one of a model that was just opened."""
        self._opening: Path | None = None
        """A model that is remembered once it is open: files that are none are not."""
        self.recordings.text_changed.connect(self._forget_place)
        # Before the text follows: a walk that is kept is shown at once, and is what was wanted.
        self.recordings.model_changed.connect(self._tell_gradients)
        self.recordings.model_changed.connect(self.showing.compare)
        self.recordings.model_changed.connect(self._suit_text)
        self.opening.opened.connect(self._show_opened)
        self.opening.refused.connect(self._give_up)
        self.recordings.recording_changed.connect(self._fit_selection)
        self.recordings.recording_changed.connect(self.showing.show_wanted)
        self.recordings.recording_changed.connect(self._keep_first)
        self.reading_notes = ReadingNotes(self.recordings, self)
        self.reading_notes.message.connect(self.message)

    # Made when they are first asked for: the window starts without them

    @cached_property
    def symbols(self) -> SymbolTable:
        """The vectors of the open model's symbols."""
        from rnnviz.session.cells.symbols import SymbolTable

        return SymbolTable(self.jobs, self.recordings, self.selection, self._cache, self)

    @cached_property
    def verdicts(self) -> Verdicts:
        """What each word did to a classifier's verdict."""
        from rnnviz.session.cells.verdicts import Verdicts

        return Verdicts(self.jobs, self.recordings, self.selection, self)

    @cached_property
    def memory(self) -> Memory:
        """The experiments on how far back a network remembers."""
        from rnnviz.session.gradients.memory import Memory

        return Memory(self.runs, self)

    @cached_property
    def gradients(self) -> Gradients:
        """Gradients through time of the networks that are compared."""
        from rnnviz.session.gradients.gradients import Gradients

        return Gradients(self.jobs, self.recordings, self.library, self._cache, self)

    @cached_property
    def unroll(self) -> Unroll:
        """The small network that is shown step by step."""
        from rnnviz.session.unroll.unroll import Unroll

        return Unroll(self.jobs, self._cache, self)

    @cached_property
    def unrolled_model(self) -> UnrolledModel:
        """The open model unrolled at a place of its text."""
        from rnnviz.session.unroll.opened import UnrolledModel

        return UnrolledModel(self.jobs, self.recordings, self.selection, self._cache, self)

    # Opening

    def open_path(self, path: Path) -> None:
        """Open whatever lies at this path: a model, a text, a recording, a run, a concept.

        No connection is made, whatever the path looks like and whatever the file says.

        Raises:
            RnnvizError: it is none of these, or cannot be read; what was open stays.
        """
        from rnnviz.core.recognise import kind_of  # here: the window starts without

        kind = kind_of(path)
        if kind != "finding":
            self.showing.want(None)
        opening: dict[str, Callable[[Path], object]] = {
            "model": self.open_model,
            "run": self._open_run,
            "recording": self.recordings.open_recording,
            "recorded": self.recordings.open_recorded,
            "attention": self._open_attention,
            "concept": self._open_concept,
            "finding": self._open_finding,
            "stories": self._open_stories,
            "text": self._open_text,
        }
        opening[kind](path)
        if kind in ("recording", "recorded", "text", "run", "attention", "stories"):
            self.library.remember(path)

    def _open_run(self, path: Path) -> None:
        folder = path if path.is_dir() else path.parent
        found = runs_in(folder)
        for directory, _ in found:
            self.run_folders.welcome(directory)
        left_out: list[str] = []
        if len(found) > 1 or found[0][0] != folder:
            self.run_folders.watch(folder)
            self.runs.open_several(found, told=left_out.append)
        known = [one for one in found if self.runs.find(one[0]) is not None]
        directory, name = (known or found)[-1]
        self.runs.open(directory, name=name)
        self.workspace_wanted.emit("training")
        if left_out:
            self.message.emit("; ".join(left_out[:3]))

    def _open_attention(self, path: Path) -> None:
        self.alignments.open_attention(path)
        self.workspace_wanted.emit("alignments")

    def _open_concept(self, path: Path) -> None:
        concept = load_concept_file(path)
        self.rankings.add_concept(concept)
        self.selection.set_concept(concept.name)

    def _open_finding(self, path: Path) -> None:
        self.showing.show_finding(load_finding(path))

    def _open_stories(self, path: Path) -> None:
        model, text = self.recordings.model, self.recordings.text

        def tell(collection: str) -> None:
            # A large pack comes late: what was opened meanwhile stays.
            if self.recordings.model is model and self.recordings.text is text:
                self.showing.tell(collection, 0)

        self.stories.open_file(path, tell)

    def _open_text(self, path: Path) -> None:
        self.recordings.open_text(path)
        self._text_suits_model = False

    def open_address(self, address: str) -> None:
        """Watch a run on another machine, at an address that the person typed.

        Raises:
            RunDirectoryError: it is no such address.
        """
        self.runs.open_remote(address)
        self.workspace_wanted.emit("training")

    def open_model(
        self, path: Path, vocabulary: tuple[str, ...] | None = None, reading: int = 0
    ) -> None:
        """Open a model of any kind, which the person asked for.

        Args:
            vocabulary: the characters that the person chose for it before.
            reading: likewise, which of the networks that its tensors may be.
        """
        path = self._moment_in(path)
        self._opening = path
        self.opening.open(path, vocabulary, reading=reading)

    @staticmethod
    def _moment_in(path: Path) -> Path:
        """Of a folder with the checkpoints of one training the last; any other path as it is."""
        if not path.is_dir():
            return path
        with contextlib.suppress(ModelFileError, OSError):
            found = model_file_in(path)
            if found in {one.path for one in moments_beside(path)}:
                return found
        return path

    def open_moment(self, path: Path) -> None:
        """Open another checkpoint of the training that the open model is of, read as that is.

        Text, unit and channel stay.
        """
        model = self.recordings.model
        if model is not None and model.path != str(path):
            self.opening.open(path, model.vocabulary, reading=model.reading)

    def open_first(self) -> None:
        """Open the first shipped model on its text, coloured by the first finding in its card.

        A recording of that walk in the cache is shown at once, before the engine is ready.
        """
        first = self.library.first_model
        if first is None:
            return
        sample, kept = self.library.text_for(first.description), self.settings.value(_KEPT)
        # A text that was asked for stays; the kept recording is of another.
        asked_for = self.recordings.text is not None
        if not asked_for:
            self.showing.begin_with_story_of(first.path)
        if not asked_for and sample is not None and isinstance(kept, str):
            with contextlib.suppress(RnnvizError):
                if self.recordings.show_kept(Path(kept), first.path, sample.path):
                    recording = self.recordings.recording
                    assert recording is not None
                    self._select_first_finding(first.description, recording.groups)
                    self.showing.show_wanted()
        self.opening.open(first.path)

    @Slot()
    def _keep_first(self) -> None:
        """Remember the walk of the first model, so that the next start shows it at once."""
        recording, first = self.recordings.recording, self.library.first_model
        if recording is None or first is None or not self._text_suits_model:
            return
        if recording.description.model_path == str(first.path):
            self.settings.setValue(_KEPT, str(recording.folder))

    def show_text(self, text: Text) -> None:
        """Show a text that the person wrote or sampled; it stays when the model changes."""
        self._text_suits_model, self.showing.wanted = False, None
        self.recordings.show_text(text)

    @Slot()
    def _fit_selection(self) -> None:
        """The unit and the pins belong to networks of one shape, cursor and range to one text."""
        recording = self.recordings.recording
        self.selection.count_in(None if recording is None else recording.sequence)
        if recording is not None:
            self.selection.fit(recording.groups)

    @Slot(str)
    def _give_up(self, path: str) -> None:
        """A model could not be opened: what was to be shown in it is not shown in the next."""
        self.showing.wanted = None
        if self._opening == Path(path):
            self._opening = None

    @Slot()
    def _forget_place(self) -> None:
        """The text is another one: what was brushed and pointed at in the last is gone.

        With a model's own text, a concept goes that was chosen on another kind of text.
        """
        comes, self._takes_own_text = self._takes_own_text, False
        if comes:
            self._leave_unsuited_concept()
        self.selection.set_range(None)
        self.selection.set_cursor(None)

    def kind_in(self, workspace: str) -> ModelKind | None:
        """The kind of the model that is open in the workspace of this name, if one is."""
        opened = {"cells": self.recordings.model, "alignments": self.alignments.model}
        model = opened.get(workspace)
        return None if model is None else kind_named(model.kind)

    @Slot()
    def _keep_concept(self) -> None:
        """Something else is to be shown: the text that comes next is not a model's own one."""
        self._takes_own_text = False

    @Slot()
    def _tell_gradients(self) -> None:
        """First of all: what a story compares comes after the model alone, and stays."""
        if "gradients" in vars(self):
            self.gradients.take_model()

    @Slot(str, str)
    def _show_opened(self, path: str, workspace: str) -> None:
        """List a model among the recent files, if the person asked for it, and show it."""
        if self._opening == Path(path):
            self.library.remember(self._opening)
        self._opening = None
        # Gradients shows what Cells does: whoever is there stays there.
        if workspace != "cells":
            self.workspace_wanted.emit(workspace)

    @Slot()
    def _suit_text(self) -> None:
        """A model just opened: show its own sample text, unless the person chose a text."""
        if self.recordings.followed:
            return  # a training is followed on the text and the unit that are on the screen
        model = self.recordings.model
        if model is None:
            return  # a recording was opened by itself
        self.selection.fit(model.groups())
        shown = self.recordings.recording
        if shown is None or shown.description.model_path != model.path:
            self._select_first_finding(model.description, model.groups())
        wanted = self.showing.wanted
        if wanted is not None and wanted.finding.model_path == model.path:
            self._suit_text_to(wanted)
            return
        if self.recordings.reading:
            return  # the text that the person chose is on its way
        sample, text = self.library.text_for(model.description), self.recordings.text
        # A text without a file was typed or sampled: it would be lost.
        chosen = text is not None and (text.path is None or not self._text_suits_model)
        if chosen or sample is None or (text is not None and text.path == sample.path):
            if chosen:
                self._leave_unsuited_concept()
            self.recordings.walk_if_small()
            own = self.own_text
            if own is not None and text is not None and text.path != own.path:
                self.message.emit(
                    f"{model.description.name or 'This model'} reads the open text. Its own is "
                    f"{own.title}: File > Read the model's own text."
                )
            return
        named = next(units_found(model.description.findings), None)
        # What the model's card names first stays, whatever family its own text is taken for.
        self._takes_own_text = named is None or named.concept != self.selection.concept
        self._open_sample(sample.path)

    def _leave_unsuited_concept(self) -> None:
        """Choose no concept that says nothing of the open text: depth of braces of a novel."""
        concept = self.selection.concept
        if concept is not None and not self.rankings.suits_text(concept):
            self.selection.set_concept(None)

    @property
    def own_text(self) -> SampleText | None:
        """The sample text that suits the open model; None where none is known."""
        model = self.recordings.model
        if model is None or not model.description.default_text:
            return None
        return self.library.text_for(model.description)

    def open_own_text(self, path: Path) -> None:
        """Show the sample text of the open model; the next model brings its own again."""
        self.showing.want(None)
        self.recordings.open_text(path)
        self._text_suits_model = True

    def _suit_text_to(self, wanted: Wanted) -> None:
        """Show the text of what is wanted, whose model has just been opened."""
        text, path = self.recordings.text, wanted.finding.text_path
        if wanted.text is not None:
            self._take_text(wanted.text)
        elif path and (text is None or str(text.path) != path):
            self._open_sample(Path(path))
            return
        self.recordings.walk_if_small()

    def _take_text(self, text: Text) -> None:
        """Show a text that comes with what is shown on it; the next model brings its own."""
        self._text_suits_model = False
        self.recordings.take_text(text)

    def _open_sample(self, path: Path) -> None:
        try:
            self.recordings.open_text(path)
        except RnnvizError as error:
            self.jobs.failed.emit(Failure.of(error))

    @Slot()
    def _select_first_unit(self) -> None:
        """A training that is followed has no unit yet that anybody chose."""
        self.selection.select_unit(0)

    def _select_first_finding(self, description: Described, groups: Groups) -> None:
        """Select the unit and the concept that a model's card names first."""
        found = next(units_found(description.findings), None)
        if found is None:
            return
        with contextlib.suppress(UnitError):
            unit = groups.number(found.group_name, found.unit)
            self.selection.select_unit(unit, found.channel)
        if self.rankings.concept(found.concept):
            self.selection.set_concept(found.concept)

    # Closing

    def close(self) -> None:
        """End the engine and let all files go; trainers go on."""
        self.run_folders.close()
        self.runs.close()
        self.reading_notes.close()
        self.previews.close()
        self.next_stories.close()
        self.jobs.close()
        self.checkpoint_walks.close()
        self.recordings.close()
        self.alignments.close()
        if "unroll" in vars(self):
            self.unroll.close()
        if "unrolled_model" in vars(self):
            self.unrolled_model.close()
        self.settings.setValue(_EXACT, self.recordings.dtype == "float32")
        self.settings.sync()
