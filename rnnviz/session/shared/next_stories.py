"""While a story is told and nothing else is asked, what the next ones need is walked already.

So the first time through the stories is as quick as any other. Whatever a person asks for stops
it; a walk that was left goes on from there.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from rnnviz.core.architectures import carried
from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.reading import status
from rnnviz.core.kinds import kind_named
from rnnviz.core.kinds.described import from_plain
from rnnviz.core.models.units import groups_of
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.recordings.recording import size_bytes
from rnnviz.core.sequences.text import Text
from rnnviz.core.stories.story import Story
from rnnviz.core.system.identity import text_digest
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.kept_walks import kept_walk, make_room, walk_key
from rnnviz.session.shared.recordings import LARGE_BYTES, LARGE_TEXT_BYTES, Recordings
from rnnviz.session.shared.stories import StoryCollections
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.models import ModelOpened, OpenModel
from rnnviz.work.messages import Failure

OPEN_AHEAD, WALK_AHEAD = "open ahead", "walk ahead"
_IDLE_MS = 800
_FAR = 3
"""So many stories ahead."""


class NextStories(QObject):
    """Watches which story is told, and whether anybody waits for the engine."""

    def __init__(
        self,
        jobs: Jobs,
        stories: StoryCollections,
        recordings: Recordings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._stories, self._recordings = jobs, stories, recordings
        self._done: set[tuple[str, str]] = set()
        """Model and text of which nothing is left to be done."""
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_MS)
        self._idle.timeout.connect(self.go_on)
        jobs.changed.connect(self._wait)
        stories.told.connect(self._wait)

    @property
    def _busy(self) -> bool:
        return self._jobs.busy(OPEN_AHEAD) or self._jobs.busy(WALK_AHEAD)

    @Slot()
    def _wait(self) -> None:
        """Something is asked, or was answered: make room for it, and look again later."""
        others = [
            task for task in self._jobs.running if task.question not in (OPEN_AHEAD, WALK_AHEAD)
        ]
        if others and self._busy:
            for question in (OPEN_AHEAD, WALK_AHEAD):
                self._jobs.cancel(question)
        if self._jobs.closed or self._stories.current is None or others:
            self._idle.stop()
        elif not self._busy:
            self._idle.start()

    @Slot()
    def go_on(self) -> None:
        """Do the next thing that a story ahead needs."""
        if self._jobs.closed or self._jobs.running:
            return
        for story in self._next_stories():
            assert story.finding is not None
            wanted = story.finding.model_path, story.finding.text_path
            if wanted not in self._done:
                self._open(*wanted)
                return

    def _next_stories(self) -> list[Story]:
        """The next stories that are told on a file's text."""
        current = self._stories.current
        if current is None:
            return []
        first = current[1] + 1
        told = current[0]
        later = [told.at_stage(n) for n in range(self._stories.stage + 1, len(told.stages))]
        for story in self._stories.of(self._stories.collection)[first : first + _FAR]:
            later += [story.at_stage(n) for n in range(max(1, len(story.stages)))]
        return [
            story
            for story in later
            if story.show == "cells" and story.finding is not None and story.finding.text_path
        ]

    def _open(self, model: str, text: str) -> None:
        def done(found: ModelOpened) -> None:
            self._walk(found, Path(text))

        def failed(failure: Failure) -> None:
            # Whoever comes to the story is told.
            self._done.add((model, text))

        self._jobs.start(
            OpenModel(model=ModelGiven(model)),
            question=OPEN_AHEAD,
            title="Opening ahead for the next stories",
            done=done,
            failed=failed,
        )

    def _walk(self, found: ModelOpened, path: Path) -> None:
        wanted = found.path, str(path)
        try:
            small = status(path).st_size <= LARGE_TEXT_BYTES
            text = Text.read(path) if small and kind_named(found.kind).walks_texts else None
        except (OSError, RnnvizError):
            text = None
        if text is None:
            self._done.add(wanted)
            return
        description = from_plain(found.description, found.kind)

        def size(channels: tuple[str, ...]) -> int:
            return size_bytes(len(text), Groups(groups_of(description, channels)))

        channels = found.channels if size(found.channels) <= LARGE_BYTES else ()
        channels = channels or carried(found.channels)
        given, cache = ModelGiven(found.path, digest=found.digest), self._recordings.cache
        folder = cache / walk_key(given.stamp, text_digest(text), channels)
        kept = kept_walk(folder)
        if size(channels) > LARGE_BYTES or (kept is not None and kept.complete):
            self._done.add(wanted)
            self._wait()
            return

        def done(walked: Walked) -> None:
            self._done.add(wanted)

        def failed(failure: Failure) -> None:
            self._done.add(wanted)

        shown = self._recordings.recording
        make_room(cache, size(channels), None if shown is None else shown.folder)
        self._jobs.start(
            Walk(model=given, text=TextGiven.of(text), folder=str(folder), channels=channels),
            question=WALK_AHEAD,
            title="Reading ahead for the next stories",
            done=done,
            failed=failed,
        )

    def close(self) -> None:
        """Look no further."""
        self._idle.stop()
