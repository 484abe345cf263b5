"""Tasks on stories: one page, each drawn with its own models and texts, and one file of them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.decoded import Decoded
from rnnviz.core.colours.weight_colours import weights_scale
from rnnviz.core.errors import FindingError
from rnnviz.core.export.alignments.figure import DrawnAlignment, alignment_figure
from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import Figure
from rnnviz.core.export.html import DrawnPart, Part
from rnnviz.core.export.line_figure import Line, line_figure
from rnnviz.core.export.svg import svg
from rnnviz.core.gradients.field import read_field
from rnnviz.core.stories.pack import unpack, write_pack
from rnnviz.core.stories.story import Stories, Story
from rnnviz.nets.answering.findings import coloured_part, write_what_can_be
from rnnviz.nets.answering.shared.warm_models import warm_model
from rnnviz.nets.kinds import job_of
from rnnviz.nets.opened import by_request
from rnnviz.work.jobs.alignments import Translate
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.gradients import ComputeField
from rnnviz.work.jobs.stories import PackStories, StoriesWritten, UnpackStories, WriteStoriesPage
from rnnviz.work.messages import Context, Tasks

_LOSSES, _DISTANCE = 64, 100
"""Losses whose gradients are drawn, and steps back."""


def write_stories_page(request: WriteStoriesPage, context: Context[None]) -> StoriesWritten:
    """Write what can be told again; the others are named with the reason.

    Raises:
        FindingError: none of them can be told, or the page cannot be written.
    """

    def parts(number: int, story: Story) -> list[Part]:
        stages = [story.at_stage(place) for place in range(max(1, len(story.stages)))]
        return [_part(stage, _Within(context, number, request)) for stage in stages]

    left_out = write_what_can_be(request, request.stories, parts, context)
    return StoriesWritten(len(request.stories) - len(left_out), left_out)


@dataclass(frozen=True)
class _Within:
    """Tells how far a job inside one of the stories is, as a share of all of them."""

    context: Context[None]
    number: int
    request: WriteStoriesPage

    def progress(self, done: float, total: float, facts: object = None) -> None:
        """As for any context: what the job knows is not told on."""
        share = min(1.0, done / total) if total else 0.0
        self.context.progress(self.number + share, len(self.request.stories))


def _part(story: Story, context: Context[None]) -> ColouredText | DrawnPart:
    if story.show == "alignments":
        return _alignment(story, context)
    finding = story.finding
    if finding is None:
        raise FindingError("it names no model and no place")
    if story.show == "gradients":
        return _gradients(story, context)
    told = msgspec.structs.replace(finding, title=story.title, note=story.caption)
    return coloured_part(told, (), context, story.text)


def _alignment(story: Story, context: Context[None]) -> DrawnPart:
    """The weights of the sentence that the story translates."""
    path = Path(story.model)
    if not path.exists():
        raise FindingError(f"its model is gone: {path} does not exist")
    opened = warm_model(ModelGiven(story.model))
    with tempfile.TemporaryDirectory(prefix="rnnviz-") as scratch:
        asked = Translate(model=ModelGiven(story.model), source=story.sentence, folder=scratch)
        decoded: Decoded = job_of(opened, Translate, path.name)(opened, asked, context).decoded
        words = decoded.word_alignment
        weights = np.array(words.weights)
    drawn = DrawnAlignment(
        Alignment(words.source, words.target, weights), scale=weights_scale(weights)
    )
    about = f"{opened.model.description.name}: “{story.sentence}” → “{decoded.text}”"
    return _drawn(story, about, *(alignment_figure(drawn, dark=dark) for dark in (False, True)))


def _gradients(story: Story, context: Context[None]) -> DrawnPart:
    """How far back gradients reach, one line a network."""
    assert story.finding is not None
    lines, names = [], []
    text = TextGiven(
        story.finding.text_path,
        text="" if story.finding.text_path else story.text,
        name=story.finding.text_name,
    )
    with tempfile.TemporaryDirectory(prefix="rnnviz-") as scratch:
        for number, path in enumerate(story.networks or (story.finding.model_path,)):
            if not Path(path).exists():
                raise FindingError(f"its model is gone: {path} does not exist")
            opened = warm_model(ModelGiven(path))
            asked = ComputeField(
                model=ModelGiven(path),
                text=text,
                path=str(Path(scratch) / f"{number}.npz"),
                start=story.finding.start,
                count=_LOSSES,
                distance=_DISTANCE,
            )
            job_of(opened, ComputeField, Path(path).name)(opened, asked, context)
            field = read_field(Path(asked.path))
            middle = field.bands("hidden", field.facts.layers - 1).median
            with np.errstate(divide="ignore"):
                log = np.where(middle > 0, np.log10(middle / middle[0]), np.nan)
            lines.append(
                Line(opened.model.description.name, np.arange(len(log), dtype=np.float64), log)
            )
            names.append(opened.model.description.name)
    drawn = [
        line_figure(
            lines,
            "",
            "steps back",
            "gradient of the loss, powers of ten, from its first step",
            dark=dark,
        )
        for dark in (False, True)
    ]
    return _drawn(story, f"{', '.join(names)}; {story.finding.text_name}", *drawn)


def _drawn(story: Story, about: str, light: Figure, dark: Figure) -> DrawnPart:
    return DrawnPart(story.title, about, story.caption, svg(light), svg(dark))


def pack_stories(request: PackStories, _: Context[None]) -> None:
    """Write a pack.

    Raises:
        FindingError: a model or a text is gone, or the pack cannot be written.
    """
    write_pack(Path(request.path), request.stories)


def unpack_stories(request: UnpackStories, _: Context[None]) -> Stories:
    """Read a pack.

    Raises:
        FindingError: it is damaged, holds no story, or is too large.
    """
    path = Path(request.path)
    found = unpack(path, Path(request.folder))
    if not found.stories:
        raise FindingError(f"{path.name} holds no story")
    return found


TASKS: Tasks = by_request(write_stories_page, pack_stories, unpack_stories)
