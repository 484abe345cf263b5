"""What the colours of the text are and what they tell, in words: for legend, files and findings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnviz.core.cells.captions import caption
from rnnviz.core.cells.verdicts import running_verdict
from rnnviz.core.models.network import SequenceDescription
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.in_words import steps_called
from rnnviz.session.session import Session
from rnnviz.session.shared.selection import Colouring


def came_out(recording: Recording, colouring: Colouring) -> npt.NDArray[np.floating] | None:
    """What came out of the network at each step (T,), where the text is coloured by it."""
    if colouring == "surprisal":
        return recording.surprisal
    verdict = running_verdict(recording) if colouring == "verdict" else None
    return None if verdict is None else verdict.values


def colours_title(session: Session) -> str:
    """What the colours are: `hidden of layer 1, unit 7`."""
    selection, recording = session.selection, session.recordings.recording
    if selection.colouring == "surprisal":
        return f"surprisal, bits{_windows(session)}"
    if recording is None:
        return ""
    verdict = running_verdict(recording) if selection.colouring == "verdict" else None
    if verdict is not None:
        return verdict.title
    scale = session.scaling.scale
    shown = f"tanh of {selection.channel}" if scale and scale.tanh else selection.channel
    return f"{shown} of {recording.unit_title(selection.unit)}{_windows(session)}"


def _windows(session: Session) -> str:
    """`, windows of 40` where each step is the end of a window that is read anew."""
    model = session.recordings.model
    description = None if model is None else model.description
    if not isinstance(description, SequenceDescription) or description.network.windows is None:
        return ""
    return f", windows of {description.network.windows.steps:,}"


def colours_caption(session: Session) -> str:
    """What the colours tell, in a sentence."""
    scale, colouring = session.scaling.scale, session.selection.colouring
    if scale is None:
        return ""
    if colouring == "surprisal":
        recording = session.recordings.recording
        steps = "characters" if recording is None else steps_called(recording.sequence)
        what = "character" if steps == "characters" else "word or sign"
        return f"The redder, the less the model expected this {what}"
    if colouring == "verdict":
        return ""
    health, found = session.unit_summary.health.sentence, session.unit_summary.separation
    concept = session.rankings.concept(session.selection.concept or "")
    if found is None or concept is None:
        return health
    return " ".join(filter(None, (caption(found, concept.title, scale) + ".", health)))
