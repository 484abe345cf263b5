"""A model that was opened from a file, and what a job about it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rnnviz.work.messages import Context


@dataclass(frozen=True)
class OpenedModel:
    """A model and what a person should know about how it was read."""

    kind: str
    """The key of its kind in `core.kinds`."""
    model: Any
    """A network of that kind, in float32, on the CPU, in evaluation mode."""
    format_title: str
    """For people: `PyTorch state_dict`."""
    notes: tuple[str, ...] = ()
    """Sentences about anything that was assumed."""
    digest: str = ""
    """Tells this state of the file from others (`core.system.identity`); empty if nobody asks."""


KindJob = Callable[[OpenedModel, Mapping[str, Any], Context], dict[str, Any]]
"""A job about an opened model: its arguments and its result are JSON-able."""
