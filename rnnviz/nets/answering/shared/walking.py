"""Who may walk when: what the walk of a text and the walk of documents have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.lock import writing
from rnnviz.core.recordings.recording import Recording
from rnnviz.nets.answering.shared.priority import short_first
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.reading import Reading
from rnnviz.nets.walking.walk import walk
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.messages import Context


@contextlib.contextmanager
def turn_to_walk(
    request: Walk, length: int, context: Context[Walked]
) -> Iterator[Callable[[int, int], None]]:
    """Wait until nobody else writes in the folder, then walk; gives the function for progress.

    While another walk writes there, it is told how far that one is. A walk that is to be `first`
    makes the others wait at their next sign of progress.

    Args:
        length: the steps of what is walked.
    """
    folder, first = Path(request.folder), request.first

    def progress(done: int, total: int) -> None:
        context.progress(done, total, Walked(done))
        if not first:
            short_first.wait()

    def waiting() -> None:
        with contextlib.suppress(RecordingError):
            written = Recording(folder)
            context.progress(written.walked, written.length, Walked(written.walked))
            return
        context.progress(0, length)

    with writing(folder, waiting), short_first if first else contextlib.nullcontext():
        yield progress


def walk_reading(
    opened: OpenedModel, reading: Reading, request: Walk, context: Context[Walked]
) -> Walked:
    """Walk what a model reads and record it in the folder; steps are those of what it reads."""
    with turn_to_walk(request, len(reading), context) as progress:
        walk(
            opened.model,
            reading,
            Path(request.folder),
            request.channels,
            progress=progress,
            model_path=request.model.path,
            until=request.until,
            model_stamp=opened.digest,
            dtype=request.dtype,
        )
    return Walked(len(reading) if request.until is None else min(request.until, len(reading)))
