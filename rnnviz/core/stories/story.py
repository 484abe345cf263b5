"""What a story is: a place that shows something, and one or two sentences that say what.

A collection of stories is one JSON file. The format is specified in `docs/formats.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from rnnviz.core.cells.finding import Finding
from rnnviz.core.errors import FindingError
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.system import places

VERSION = 1
FORMAT = "rnnviz stories"
LARGEST_FILE = 1 << 24
LONGEST_CAPTION = 400
"""Characters: more cannot be read while somebody talks."""

Shown = Literal["cells", "alignments", "gradients"]
"""The workspace in which a story is told."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint at which a story shows the same place, or a sentence of an alignment."""

    model: str
    """Its file; a bare name is one that ships beside the stories."""
    caption: str
    """What is seen at it."""
    sentence: str = ""
    """For an alignment: what the model translates."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A picture and what it tells.

    A path without a folder is the name of a file that ships with rnnviz.
    """

    title: str
    caption: str
    show: Shown = "cells"
    finding: Finding | None = None
    """The model, the text, the place and the colours; for gradients the model and the text."""
    text: str = ""
    """The text itself, where no file holds it."""
    stages: tuple[Stage, ...] = ()
    """For cells: the checkpoints that it goes through, one after the other; the last is the model
    of the finding. For alignments: sentences with their models; the last is the story's own."""
    networks: tuple[str, ...] = ()
    """For gradients: the models that are compared."""
    model: str = ""
    """For an alignment: the translation model."""
    sentence: str = ""
    """What it translates."""

    @property
    def model_path(self) -> str:
        """The file of the model that it is told with, as the story names it."""
        return self.finding.model_path if self.finding is not None else self.model

    @property
    def model_files(self) -> tuple[str, ...]:
        """The files of all models that it needs, each once."""
        stages = (stage.model for stage in self.stages)
        named = (self.model_path, *stages, *self.networks)
        return tuple(dict.fromkeys(path for path in named if path))

    def at_stage(self, number: int) -> Story:
        """The same story at one of its stages; itself where it has none."""
        if not 0 <= number < len(self.stages):
            return self
        stage = self.stages[number]
        if self.finding is None:
            told = {"model": stage.model, "sentence": stage.sentence, "caption": stage.caption}
            return msgspec.structs.replace(self, **told)
        finding = msgspec.structs.replace(self.finding, model_path=stage.model)
        return msgspec.structs.replace(self, finding=finding, caption=stage.caption)

    def check(self) -> None:
        """Refuse what cannot be told.

        Raises:
            FindingError: naming what is missing.
        """
        if not self.title.strip():
            raise FindingError("a story needs a title")
        for caption in (self.caption, *(stage.caption for stage in self.stages)):
            if len(caption) > LONGEST_CAPTION:
                raise FindingError(
                    f"the caption of “{self.title}” has {len(caption):,} characters; "
                    f"a caption is read while somebody talks: at most {LONGEST_CAPTION}"
                )
        if self.show == "alignments":
            if not (self.model and self.sentence.strip()):
                raise FindingError(f"“{self.title}” names no model or no sentence")
            last = self.stages[-1] if self.stages else None
            if last is not None and (last.model, last.sentence) != (self.model, self.sentence):
                raise FindingError(f"the last stage of “{self.title}” is not its own sentence")
            if not all(stage.sentence.strip() for stage in self.stages):
                raise FindingError(f"a stage of “{self.title}” names no sentence")
            return
        if self.finding is None:
            raise FindingError(f"“{self.title}” names no model and no place")
        self.finding.check()
        if self.stages and self.stages[-1].model != self.finding.model_path:
            raise FindingError(f"the last stage of “{self.title}” is not the model of its finding")


class Stories(msgspec.Struct, frozen=True, kw_only=True):
    """Stories in the order in which they are told."""

    stories: tuple[Story, ...]
    title: str = ""
    format: str = FORMAT
    version: int = VERSION


def read_stories(path: Path) -> Stories:
    """The stories in this file.

    Raises:
        FindingError: unreadable, damaged, no stories, or of a newer version.
    """
    try:
        found = read_json(path, Stories, limit=LARGEST_FILE)
    except OSError as error:
        raise FindingError(f"cannot read {path}: {error.strerror}") from error
    except DamagedFileError as error:
        raise FindingError(f"{path.name} is damaged: {error}") from error
    return checked(found, path.name)


def checked(found: Stories, name: str) -> Stories:
    """The same stories, if they can be told.

    Raises:
        FindingError: they are none, or of a newer version.
    """
    if found.format != FORMAT:
        raise FindingError(f"{name} holds no stories of rnnviz")
    if found.version > VERSION:
        raise FindingError(f"{name} was written by a newer rnnviz; update this one")
    for story in found.stories:
        story.check()
    return found


def write_stories(path: Path, stories: Stories) -> None:
    """Write a file of stories; a reader sees the old one or the new one.

    Raises:
        FindingError: it cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(stories), indent=1) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content, wait=False)
    except OSError as error:
        raise FindingError(f"cannot write {path}: {error.strerror}") from error


def lecture() -> Stories:
    """The stories that ship: the lecture's five cells, and what else it shows.

    Raises:
        FindingError: the installation lacks them.
    """
    return read_stories(places.resources() / "stories" / "lecture.json")


def is_bare(path: str) -> bool:
    """Whether this is a file's name without any folder, on whatever system it was written."""
    return bool(path) and not {"/", "\\"} & set(path) and path not in (".", "..")


def found_path(path: str, folder: Path) -> str:
    """A path as it is here: a bare name is a file of this folder of what ships.

    >>> found_path("/home/me/mine.pt", Path("models")), found_path("", Path("models"))
    ('/home/me/mine.pt', '')
    """
    return str(folder / path) if is_bare(path) else path


def told_here(story: Story) -> Story:
    """The same story with the paths that its files have in this installation."""
    return _with_paths(story, found_path)


def to_be_shared(story: Story) -> Story:
    """The same story with bare names for what ships: such paths mean the same anywhere."""

    def bare(path: str, folder: Path) -> str:
        return Path(path).name if path and Path(path).parent == folder else path

    return _with_paths(story, bare)


def _with_paths(story: Story, changed: Callable[[str, Path], str]) -> Story:
    """The story with every path changed; what ships is told by the folder where it would lie."""
    models, texts = places.models(), places.resources() / "texts"
    # Checkpoints of a story lie beside the stories, translators among the models.
    beside = models if story.show == "alignments" else places.resources() / "stories"
    stages = tuple(
        msgspec.structs.replace(stage, model=changed(stage.model, beside)) for stage in story.stages
    )
    finding = story.finding
    if finding is not None:
        model = stages[-1].model if stages else changed(finding.model_path, models)
        finding = msgspec.structs.replace(
            finding, model_path=model, text_path=changed(finding.text_path, texts)
        )
    return msgspec.structs.replace(
        story,
        finding=finding,
        stages=stages,
        networks=tuple(changed(path, models) for path in story.networks),
        model=changed(story.model, models),
    )
