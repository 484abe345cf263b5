"""Findings and stories on the screen: what is wanted waits for its model, its text and its walk."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import ConceptError, FindingError, RnnvizError, UnitError
from rnnviz.core.files.reading import exists
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.sequences.text import Text
from rnnviz.core.stories.story import Story
from rnnviz.session.alignments.alignments import Alignments
from rnnviz.session.cells.rankings import Rankings
from rnnviz.session.cells.scaling import Scaling
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.opening import OPEN, Opening
from rnnviz.session.shared.recordings import Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.session.shared.stories import SHIPPED, StoryCollections

if TYPE_CHECKING:
    from rnnviz.session.gradients.gradients import Gradients
    from rnnviz.session.gradients.networks import Network


class OpenModel(Protocol):
    """Opens a model for which a person asked."""

    def __call__(
        self, path: Path, vocabulary: tuple[str, ...] | None = None, reading: int = 0
    ) -> None:
        """As `Session.open_model` does."""
        ...


class Wanted(NamedTuple):
    """A finding that is shown when its recording is there, and the text it needs, if any."""

    finding: Finding
    text: Text | None
    networks: tuple[Network, ...] = ()
    """What its gradients are compared with."""
    brushed: bool = True
    """Whether its range is brushed."""
    scaled: bool = True
    """Whether its colours are taken, too."""


class Showing(QObject):
    """Shows a finding, or what a story tells of, and knows whether it is on the screen.

    Signals:
        wish_changed: something else is to be shown, or nothing, than what was being opened.
        workspace_wanted(str): what is shown is seen in the workspace of this name.
    """

    wish_changed = Signal()
    workspace_wanted = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        rankings: Rankings,
        scaling: Scaling,
        alignments: Alignments,
        opening: Opening,
        stories: StoryCollections,
        *,
        open_model: OpenModel,
        take_text: Callable[[Text], None],
        gradients: Callable[[], Gradients],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._recordings, self._selection = jobs, recordings, selection
        self._rankings, self._scaling, self._alignments = rankings, scaling, alignments
        self._opening, self._stories = opening, stories
        self._open_model, self._take_text, self._gradients = open_model, take_text, gradients
        self.wanted: Wanted | None = None
        """What is shown as soon as it is all there."""
        self._awaits_text: Wanted | None = None
        """A finding whose large text is still being read."""
        self._lent: Scale | None = None
        """The scale of the story that is told; it is kept for its unit alone."""
        selection.unit_changed.connect(self._take_back_scale)

    # Findings

    def show_finding(
        self,
        finding: Finding,
        given: Text | None = None,
        networks: tuple[Network, ...] = (),
        *,
        brushed: bool = True,
        scaled: bool = True,
    ) -> None:
        """Open what a finding was made on, if need be, and show the unit and the range.

        Args:
            given: its text, where no file holds it.
            networks: what its gradients are compared with.
            brushed: whether its range is brushed.
            scaled: whether its colours are taken, too.

        Raises:
            RnnvizError: its model or text is gone; what was open stays.
        """
        self._recordings.intervene(None)
        text = self._recordings.text
        path, text_path = Path(finding.model_path), Path(finding.text_path)
        if finding.model_path and not exists(path):
            raise FindingError(f"the model of “{finding.title}” is gone: {path} does not exist")
        unsaved = not finding.text_path and given is None
        if unsaved and (text is None or text.name != finding.text_name):
            raise FindingError(
                f"“{finding.title}” was found in {finding.text_name or 'a text'} that was never "
                "saved as a file; open or paste that text again, then show the finding"
            )
        wanted = Wanted(finding, given, networks, brushed, scaled)
        if finding.text_path and (text is None or text.path != text_path):
            self.want(None)
            self._awaits_text = wanted
            self._recordings.read_text(text_path, partial(self._show_on, wanted))
        else:
            self._show(wanted)

    def _show_on(self, wanted: Wanted, text: Text) -> None:
        """Show it on its text, which was read, unless something else was opened meanwhile."""
        if wanted is self._awaits_text:
            self._show(wanted._replace(text=text))

    def _show(self, wanted: Wanted) -> None:
        """Open the model of a finding, if need be, and show it."""
        self.want(wanted)
        finding, model = wanted.finding, self._recordings.model
        if finding.model_path and (model is None or model.path != finding.model_path):
            # The text comes with the model: if that cannot be opened, what was open stays.
            self._open_model(Path(finding.model_path), finding.vocabulary, finding.reading)
            return
        if wanted.text is not None:
            self._take_text(wanted.text)
        self.compare()
        if self._recordings.recording is None:
            self._recordings.walk_if_small()
        else:
            self.show_wanted()

    def want(self, wanted: Wanted | None) -> None:
        """Say what is to be shown; a model that is still being opened for something else is not."""
        self.wanted, self._alignments.begin_with = wanted, None
        self.wish_changed.emit()
        self._awaits_text = None

    @Slot()
    def compare(self) -> None:
        """Set the networks beside each other that a story compares, once its model is open."""
        wanted, model = self.wanted, self._recordings.model
        if wanted is None or not wanted.networks or model is None:
            return
        if model.path == wanted.finding.model_path:
            self._gradients().set_networks(wanted.networks)

    @Slot()
    def show_wanted(self) -> None:
        """Show the unit, the concept and the range that are wanted, once their walk is there."""
        recording, wanted = self._recordings.recording, self.wanted
        if recording is None or wanted is None:
            return
        if self._jobs.busy(OPEN):
            return  # the walk is still of the model that was open before
        finding = wanted.finding
        about = recording.description
        if finding.model_path not in ("", about.model_path) or (
            finding.text_name != about.text_name
        ):
            # Something else was opened meanwhile; it is not shown as if it were the finding.
            self.wanted = None
            return
        self.wanted = None
        if finding.channel == "surprisal":
            self._selection.set_colouring("surprisal")
        elif finding.channel == "verdict":
            self._selection.set_colouring("verdict")
        else:
            with contextlib.suppress(UnitError):
                unit = recording.groups.number(finding.group_name, finding.unit)
                self._selection.select_unit(unit, finding.channel)
        concept = self._concept_of(finding)
        if concept is not None:
            self._selection.set_concept(concept)
        if wanted.scaled:
            self._scaling.lock(finding.scale)
        self._lent = None if wanted.brushed or not wanted.scaled else finding.scale
        stop = min(finding.stop, recording.length)
        if wanted.brushed:
            self._selection.set_range((finding.start, stop))
            self._selection.jump(finding.start)
        else:
            self._selection.set_concept(concept)
            self._selection.set_range(None)
            self._selection.show_from(finding.start)

    @Slot()
    def _take_back_scale(self) -> None:
        """Another unit than the story's has a range of its own."""
        if self._lent is not None and self._scaling.locked == self._lent:
            self._scaling.unlock()
        self._lent = None

    # Stories

    def begin_with_story_of(self, model: Path) -> None:
        """Begin with the first story, if it is told with this model, which is opened first."""
        story = next(iter(self._stories.of(SHIPPED)), None)
        finding = None if story is None else story.finding
        if finding is None or Path(finding.model_path) != model:
            return
        self.want(Wanted(finding, None, brushed=False))
        self._stories.set_current(SHIPPED, 0)

    def tell(self, collection: str, place: int, stage: int = 0) -> None:
        """Tell the story at this place of a collection, at this of its stages.

        Whatever is still being opened for another one is not waited for any more.

        Raises:
            RnnvizError: its model or text is gone; the story before stays.
        """
        story = self._stories.at(collection, place).at_stage(stage)
        self._jobs.cancel(OPEN)
        self.want(None)
        if story.show == "alignments":
            self._show_translation(Path(story.model), story.sentence)
        elif story.finding is not None:
            networks = _compared(story)
            given = Text.of(story.text, story.finding.text_name) if story.text else None
            self.show_finding(story.finding, given, networks, brushed=False)
        self._stories.set_current(collection, place, stage)
        self.workspace_wanted.emit(story.show)

    def show_again(self, story: Story, recording: str = "") -> None:
        """Show what was looked at before, as a story holds it, but tell no story.

        Args:
            recording: the folder of its walk, which is shown before the engine has the model.

        Raises:
            RnnvizError: its model or text is gone; what was open stays.
        """
        self._jobs.cancel(OPEN)
        self.want(None)
        finding = story.finding
        if story.show == "alignments":
            self._show_translation(Path(story.model), story.sentence)
        elif finding is not None:
            networks = _compared(story)
            given = Text.of(story.text, finding.text_name) if story.text else None
            if recording and finding.text_path and self._recordings.recording is None:
                with contextlib.suppress(RnnvizError):
                    paths = Path(finding.model_path), Path(finding.text_path)
                    self._recordings.show_kept(Path(recording), *paths)
            self.show_finding(finding, given, networks, brushed=False, scaled=False)
            if self.wanted is not None and self._recordings.recording is not None:
                self._show_kept_place(finding)
        self.workspace_wanted.emit(story.show)

    def _show_kept_place(self, finding: Finding) -> None:
        """Show the unit of a walk that is on the screen while its model is still being opened."""
        recording = self._recordings.recording
        if recording is None or recording.description.model_path != finding.model_path:
            return
        with contextlib.suppress(UnitError):
            if finding.of_unit:
                unit = recording.groups.number(finding.group_name, finding.unit)
                self._selection.select_unit(unit, finding.channel)
        self._selection.set_concept(self._concept_of(finding))
        self._selection.show_from(finding.start)

    def _concept_of(self, finding: Finding) -> str | None:
        """The name by which the concept of a finding is known here, made known where it was not."""
        if finding.concept is None:
            return None
        try:
            return self._rankings.lend(finding.concept)
        except ConceptError:
            return finding.concept_name

    @property
    def shows_story(self) -> bool:
        """Whether what is on the screen, or on its way there, is what the told story tells of."""
        current, recording = self._stories.current, self._recordings.recording
        if current is None or not self.story_is_open:
            return False
        story = current[0]
        by_place = story.show in ("alignments", "gradients")
        model = self._recordings.model
        if not by_place and model is not None and model.intervention is not None:
            return False  # stories are told of networks as they are
        if by_place or story.finding is None or self.wanted is not None or recording is None:
            return True
        return self._shows(story.finding, recording.groups)

    @property
    def story_is_open(self) -> bool:
        """Whether the told story's model and text are open, or on their way, whatever the unit."""
        current = self._stories.current
        if current is None:
            return False
        story = current[0]
        if story.show == "alignments":
            coming = self._jobs.busy(OPEN) or self._alignments.busy
            answer = self._alignments.current
            return coming or (answer is not None and answer.question.sentence == story.sentence)
        finding, recording = story.finding, self._recordings.recording
        coming = self._awaits_text is not None and self._recordings.reading
        if finding is None or self.wanted is not None or coming:
            return True
        model, text = self._recordings.model, self._recordings.text
        if recording is not None:
            about = recording.description
            shown = about.model_path, about.text_name
        elif model is not None and text is not None:
            shown = model.path, text.name
        else:
            return True
        return shown == (finding.model_path, finding.text_name)

    def _shows(self, finding: Finding, groups: Groups) -> bool:
        """Whether the text is coloured as a finding on it is."""
        if not finding.of_unit:
            return self._selection.colouring == finding.channel
        with contextlib.suppress(UnitError):
            unit = groups.number(finding.group_name, finding.unit)
            shown = self._selection.unit, self._selection.channel, self._selection.colouring
            return shown == (unit, finding.channel, "unit")
        return False

    def _show_translation(self, path: Path, sentence: str) -> None:
        if not exists(path):
            raise FindingError(f"the model of this story is gone: {path} does not exist")
        model = self._alignments.model
        if model is not None and model.path == str(path):
            self._alignments.translate(sentence)
            return
        self._alignments.begin_with = str(path), sentence
        self._opening.open(path)


def _compared(story: Story) -> tuple[Network, ...]:
    """The networks whose gradients a story sets beside each other.

    Raises:
        ModelFileError: one of them is no model of ours.
    """
    from rnnviz.session.gradients.networks import Network, described

    return tuple(Network(path, described(Path(path)).name) for path in story.networks)
