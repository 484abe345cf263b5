"""Stories that are told one after the other: those that ship, one's own, those of a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.errors import FindingError
from rnnviz.core.files.reading import exists
from rnnviz.core.stories.story import (
    Stories,
    Story,
    lecture,
    read_stories,
    to_be_shared,
    told_here,
    write_stories,
)
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.work.jobs.stories import PackStories, StoriesWritten, UnpackStories, WriteStoriesPage

SHIPPED, OWN, ALONE = "lecture", "own", "alone"
"""Collections; others are named by the file that they were read from. The last is in no list."""


class StoryCollections(QObject):
    """Collections of stories, and which of them is being told; showing it is the session's.

    Signals:
        changed: a collection, or `damaged`.
        told: `current` is another one, or None.
        page_written(StoriesWritten, path): `write_page` is done.
        packed(path): `write_pack` is done.
        refused(str): a page or a pack was not written, and why.
    """

    changed = Signal()
    told = Signal()
    page_written = Signal(object, object)
    packed = Signal(object)
    refused = Signal(str)

    def __init__(self, jobs: Jobs, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._file = data / "stories.json"
        self._unpacked = data / "shared-stories"
        self._collections: dict[str, Stories] = {}
        self._place: tuple[str, int] | None = None
        self._stage = 0
        self._removed: list[tuple[int, Story]] = []
        self.damaged = ""
        """Why one's own stories cannot be read, if they cannot."""
        self._read()

    def _read(self) -> None:
        try:
            self._collections[SHIPPED] = _here(lecture())
        except FindingError:
            self._collections[SHIPPED] = Stories(stories=())
        own = Stories(stories=())
        if exists(self._file):
            try:
                own = _here(read_stories(self._file))
            except FindingError as error:
                self.damaged = str(error)
        self._collections[OWN] = own

    # What there is

    @property
    def collections(self) -> tuple[tuple[str, Stories], ...]:
        """All of them by their keys: what ships, one's own, then opened files."""
        return tuple(one for one in self._collections.items() if one[0] != ALONE)

    def of(self, collection: str) -> tuple[Story, ...]:
        """The stories of a collection, in their order."""
        found = self._collections.get(collection)
        return () if found is None else found.stories

    def at(self, collection: str, place: int) -> Story:
        """The story at a place.

        Raises:
            FindingError: there is none.
        """
        stories = self.of(collection)
        if not 0 <= place < len(stories):
            raise FindingError("there is no such story")
        return stories[place]

    def open_file(self, path: Path, done: Callable[[str], None]) -> None:
        """List the stories of a file, at once, or of a pack, which comes later.

        Args:
            done: gets the key of their collection.

        Raises:
            FindingError: it cannot be read, or holds none.
        """
        from rnnviz.core.recognise import kind_of  # here: the window starts without

        if kind_of(path) == "stories" and path.suffix.lower() != ".json":
            self._jobs.start(
                UnpackStories(path=str(path), folder=str(self._unpacked)),
                title=f"Unpacking {path.name}",
                done=partial(self._list, path, done),
            )
            return
        found = _here(read_stories(path))
        if not found.stories:
            raise FindingError(f"{path.name} holds no story")
        self._list(path, done, found)

    def _list(self, path: Path, done: Callable[[str], None], found: Stories) -> None:
        title = found.title or path.stem
        self._collections[str(path)] = msgspec.structs.replace(found, title=title)
        self.changed.emit()
        done(str(path))

    # Telling

    @property
    def current(self) -> tuple[Story, int, int] | None:
        """The story that is being told, its place from 0, and how many there are.

        One that goes through stages is as it is at the stage that is shown.
        """
        if self._place is None:
            return None
        collection, place = self._place
        stories = self.of(collection)
        if place >= len(stories):
            return None
        return stories[place].at_stage(self._stage), place, len(stories)

    @property
    def stage(self) -> int:
        """Which stage of the told story is shown, from 0."""
        return self._stage

    @property
    def collection(self) -> str:
        """The key of the collection that is being told; empty for none."""
        return self._place[0] if self._place is not None else ""

    def set_current(self, collection: str, place: int, stage: int = 0) -> None:
        """This one is being told, at this of its stages."""
        if (collection, place, stage) != (*(self._place or ("", -1)), self._stage):
            self._place, self._stage = (collection, place), stage
            self.told.emit()

    def tell_alone(self, story: Story) -> None:
        """Show the title and the words of something that was opened by itself, as a finding is."""
        self._collections[ALONE] = Stories(stories=(story,))
        self._place, self._stage = (ALONE, 0), 0
        self.told.emit()

    @Slot()
    def end(self) -> None:
        """Nothing is being told any more; what is on the screen stays."""
        if self._place is not None:
            self._place = None
            self.told.emit()

    def beside(self, way: int) -> tuple[str, int, int] | None:
        """The collection, place and stage so many further on; None beyond the ends.

        A story that goes through stages is told to its last one before the next comes. Where none
        is being told, it is the first that ships.
        """
        if self._place is None:
            return (SHIPPED, 0, 0) if self.of(SHIPPED) else None
        collection, place = self._place
        stories = self.of(collection)
        if place < len(stories) and 0 <= self._stage + way < len(stories[place].stages):
            return collection, place, self._stage + way
        place += way
        if not 0 <= place < len(stories):
            return None
        return collection, place, max(0, len(stories[place].stages) - 1) if way < 0 else 0

    # One's own

    def add(self, story: Story) -> None:
        """Put a story at the end of one's own.

        Raises:
            FindingError: it cannot be told, or not be kept.
        """
        story.check()
        self._keep((*self.of(OWN), told_here(story)))

    def change(self, place: int, title: str, caption: str) -> None:
        """Give one of one's own another title and caption.

        Raises:
            FindingError: it cannot be told, or not be kept.
        """
        changed = msgspec.structs.replace(self.at(OWN, place), title=title, caption=caption)
        changed.check()
        stories = list(self.of(OWN))
        stories[place] = changed
        self._keep(tuple(stories))
        if self._place == (OWN, place):
            self.told.emit()

    def move(self, place: int, way: int) -> int:
        """Tell one of one's own earlier or later; its new place.

        Raises:
            FindingError: the order cannot be kept.
        """
        stories = list(self.of(OWN))
        target = min(max(place + way, 0), len(stories) - 1)
        if target != place:
            stories.insert(target, stories.pop(place))
            if self._place is not None and self._place[0] == OWN:
                told = self.of(OWN)[self._place[1]]
                self._place = OWN, stories.index(told)
            self._keep(tuple(stories))
            self.told.emit()
        return target

    def remove(self, place: int) -> None:
        """Remove one of one's own; `restore` brings it back as long as the window is open.

        Raises:
            FindingError: it cannot be kept that it is gone.
        """
        stories = list(self.of(OWN))
        removed = stories.pop(place)
        if self._place is not None and self._place[0] == OWN:
            told = self._place[1]
            self._place = None if told == place else (OWN, told - (told > place))
        self._keep(tuple(stories))
        self._removed.append((place, removed))
        self.told.emit()

    def restore(self) -> None:
        """Bring back the story that was removed last.

        Raises:
            FindingError: it cannot be kept.
        """
        if self._removed:
            place, story = self._removed.pop()
            stories = list(self.of(OWN))
            stories.insert(place, story)
            self._keep(tuple(stories))

    def take_in(self, collection: str) -> None:
        """Put the stories of an opened file among one's own.

        Raises:
            FindingError: they cannot be kept.
        """
        self._keep((*self.of(OWN), *self.of(collection)))

    def _keep(self, stories: tuple[Story, ...]) -> None:
        if self.damaged:
            raise FindingError(f"your stories are not changed while {self.damaged}")
        kept = Stories(stories=tuple(map(to_be_shared, stories)))
        write_stories(self._file, kept)
        self._collections[OWN] = Stories(stories=stories)
        self.changed.emit()

    # Sharing

    def write_pack(self, path: Path, collection: str = OWN) -> None:
        """Write stories with all that they need into one file.

        Raises:
            FindingError: there are none.
        """
        if not self.of(collection):
            raise FindingError("there are no stories to share yet")
        self._jobs.start(
            PackStories(stories=self._collections[collection], path=str(path)),
            title=f"Writing {path.name}",
            done=lambda _: self.packed.emit(path),
            failed=self._refuse,
        )

    def write_page(self, path: Path, collection: str = OWN) -> None:
        """Write stories onto one web page that needs nothing else."""
        found = self._collections[collection]

        def done(page: StoriesWritten) -> None:
            self.page_written.emit(page, path)

        self._jobs.start(
            WriteStoriesPage(stories=found.stories, path=str(path), title=found.title or "Stories"),
            title="Writing the page of stories",
            done=done,
            failed=self._refuse,
        )

    def _refuse(self, failure: Failure) -> None:
        self.refused.emit(failure.message)


def _here(found: Stories) -> Stories:
    return msgspec.structs.replace(found, stories=tuple(map(told_here, found.stories)))
