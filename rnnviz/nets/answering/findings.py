"""Tasks on findings: one page of them, each drawn with the data of the model it was made with."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rnnviz.core.cells.finding import Finding
from rnnviz.core.concepts import concept_from
from rnnviz.core.concepts.base import Labels
from rnnviz.core.concepts.streaming import label_blocks
from rnnviz.core.errors import Cancelled, FindingError, RecordingError, RnnvizError
from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.findings import coloured_finding, is_of_finding
from rnnviz.core.export.html import Part, write_html
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.stories.story import Story
from rnnviz.nets.answering.shared.warm_models import warm_model
from rnnviz.nets.kinds import job_of
from rnnviz.nets.opened import by_request
from rnnviz.work.jobs.cells import Walk
from rnnviz.work.jobs.findings import PageWritten, WriteFindingsPage
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.stories import WriteStoriesPage
from rnnviz.work.messages import Context, Tasks

T = TypeVar("T", Finding, Story)


def write_findings_page(request: WriteFindingsPage, context: Context[None]) -> PageWritten:
    """Write what can be shown again; the others are named with the reason.

    Raises:
        FindingError: none of them can be shown, or the page cannot be written.
    """
    at_hand = [Path(folder) for folder in request.recordings]

    def part(number: int, finding: Finding) -> list[ColouredText]:
        return [coloured_part(finding, at_hand, context)]

    left_out = write_what_can_be(request, request.findings, part, context)
    return PageWritten(len(request.findings) - len(left_out), left_out)


def write_what_can_be(
    request: WriteFindingsPage | WriteStoriesPage,
    told: Sequence[T],
    parts_of: Callable[[int, T], Sequence[Part]],
    context: Context[None],
) -> tuple[str, ...]:
    """Write a page of what can be shown; why each of the others cannot.

    Args:
        parts_of: the parts of the page that one is, by its number and itself.

    Raises:
        FindingError: none of them can be shown.
        RnnvizError: the page cannot be written.
    """
    parts: list[Part] = []
    left_out: list[str] = []
    for number, one in enumerate(told):
        context.progress(number, len(told))
        try:
            parts += parts_of(number, one)
        except Cancelled:
            raise
        except RnnvizError as error:
            left_out.append(f"“{one.title}”: {error}")
    if not parts:
        raise FindingError("none of them can be shown again. " + "; ".join(left_out))
    write_html(Path(request.path), parts, request.title)
    return tuple(left_out)


def coloured_part(
    finding: Finding, at_hand: Sequence[Path], context: Context[None], text: str = ""
) -> ColouredText:
    """A finding as it looked when it was saved, for a page.

    Args:
        at_hand: folders of recordings that may be of it.
        text: the text itself, where no file holds it.

    Raises:
        RnnvizError: it cannot be shown again.
    """
    with _recorded(finding, at_hand, context, text) as recording:
        return _coloured(finding, recording)


@contextmanager
def _recorded(
    finding: Finding, at_hand: Sequence[Path], context: Context[None], text: str
) -> Iterator[Recording]:
    """A recording of the model and the text of a finding: one at hand, or a walk up to its end."""
    for folder in at_hand:
        with contextlib.suppress(RecordingError):
            found = Recording(folder)
            known = not finding.of_unit or finding.channel in found.channels
            if is_of_finding(found, finding) and known and found.walked >= finding.stop:
                yield found
                return
    if not finding.text_path and not text:
        raise FindingError("its text was never saved as a file; open that text, then export")
    model = ModelGiven(finding.model_path, finding.vocabulary, reading=finding.reading)
    if not Path(finding.model_path).exists():
        raise FindingError(f"its model is gone: {finding.model_path or 'no file'} does not exist")
    opened = warm_model(model)
    walk = job_of(opened, Walk, Path(finding.model_path).name)
    inline = TextGiven(text=text, name=finding.text_name)
    given = TextGiven(finding.text_path) if finding.text_path else inline
    channel = finding.channel if finding.of_unit else "hidden"
    with tempfile.TemporaryDirectory(prefix="rnnviz-") as scratch:
        asked = Walk(
            model=model,
            text=given,
            folder=scratch,
            channels=(channel,),
            until=finding.stop,
        )
        walk(opened, asked, _Quiet(context))
        yield Recording(Path(scratch))


class _Quiet:
    """Lets a walk be cancelled, but what is told is how many findings are done."""

    def __init__(self, context: Context[None]) -> None:
        self._context = context

    def progress(self, done: float, total: float, facts: object = None) -> None:
        self._context.progress(0, 0)


def _coloured(finding: Finding, recording: Recording) -> ColouredText:
    if finding.concept is None:
        return coloured_finding(finding, recording)
    concept = concept_from(finding.concept)
    parts: list[Labels] = []
    for start, part in label_blocks(concept, recording.text):
        parts.append(part)
        if start + len(part) >= finding.stop:
            break
    labels: Any = np.concatenate(parts)
    return coloured_finding(finding, recording, labels, concept.title)


TASKS: Tasks = by_request(write_findings_page)
