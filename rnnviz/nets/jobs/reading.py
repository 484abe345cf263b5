"""Walking networks that give a label or a number at every step."""

from __future__ import annotations

from rnnviz.nets.jobs.walking import walk_reading
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.sequence.reading import read_text
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.messages import Context


def walk(opened: OpenedModel, request: Walk, context: Context[Walked]) -> Walked:
    """Walk what a model reads, and record it in a folder."""
    reading = read_text(opened.model.network.reads, request.text.read())
    return walk_reading(opened, reading, request, context)


MODEL_JOBS = by_request(walk)
