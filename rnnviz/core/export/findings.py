"""A finding as it looked when it was saved, from a recording of its model and its text."""

from __future__ import annotations

from dataclasses import replace

from rnnviz.core.cells.finding import Finding
from rnnviz.core.concepts.base import Labels
from rnnviz.core.errors import FindingError
from rnnviz.core.export.coloured import (
    ColouredText,
    coloured_surprisal,
    coloured_unit,
    coloured_verdict,
    with_concept,
)
from rnnviz.core.recordings.recording import Recording


def is_of_finding(recording: Recording, finding: Finding) -> bool:
    """Whether a recording is of the model and the text that a finding was made with."""
    about = recording.description
    return (about.model_path, about.text_name, about.text_path) == (
        finding.model_path,
        finding.text_name,
        finding.text_path,
    )


def coloured_finding(
    finding: Finding, recording: Recording, labels: Labels | None = None, concept: str = ""
) -> ColouredText:
    """Its range, unit and scale, and its concept as an underline.

    Args:
        labels: (T,) of its concept on the text, up to the end of its range at least.
        concept: the title of the concept.

    Raises:
        FindingError: the recording is of another model or text.
        UnitError: its model has no such unit.
        RecordingError: the channel was not recorded, or the range is not walked yet.
    """
    about = recording.description
    if not is_of_finding(recording, finding) or finding.stop > recording.length:
        raise FindingError(
            f"“{finding.title}” was found in {finding.text_name or 'another text'} with "
            f"{finding.model_name or 'another model'}; the recording is of "
            f"{about.text_name or 'another text'} and {about.model_name or 'another model'}"
        )
    if finding.channel == "surprisal":
        coloured = coloured_surprisal(recording, finding.start, finding.stop, finding.scale)
    elif finding.channel == "verdict":
        coloured = coloured_verdict(recording, finding.start, finding.stop, finding.scale)
    else:
        unit = recording.groups.number(finding.group_name, finding.unit)
        coloured = coloured_unit(
            recording, finding.channel, unit, finding.start, finding.stop, finding.scale
        )
    if labels is not None:
        coloured = with_concept(coloured, labels, concept)
    return replace(coloured, title=finding.title, note=finding.note)
