"""What commands say of a run: its newest events, its losses, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnviz.core.quantities.loss import training_loss_in_words
from rnnviz.core.training_tasks import loss_unit

if TYPE_CHECKING:
    from rnnviz.core.runs.watched import Watched

Lines = list[tuple[str, str]]


def newest_events(directory: Path) -> dict[str, Mapping[str, Any]]:
    """The last event of each kind."""
    from rnnviz.core.runs.directory.log import read_events

    return {event["k"]: event for event in read_events(directory)}


def loss_lines(newest: dict[str, Mapping[str, Any]], task: str) -> Lines:
    """The last loss, and that on what is not trained on, as far as they were measured."""
    named = (("step", "last loss"), ("validation", "held-out loss"))
    found = [(name, newest.get(kind, {}).get("loss_nats")) for kind, name in named]
    return [
        (name, training_loss_in_words(nats, loss_unit(task)))
        for name, nats in found
        if isinstance(nats, float)
    ]


def trouble_lines(watched: Watched) -> Lines:
    """What is wrong with a run; nothing of one that is well."""
    trouble = watched.trouble() or watched.problem
    return [("problem", trouble)] if trouble else []


def read_to_the_end(watched: Watched) -> None:
    """Take all that was written by now."""
    watched.poll()
    while watched.behind:
        watched.poll()
