"""A model that was opened from a file, and what a job about it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from rnnviz.work.messages import Context, Request


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
    """Tells this state of the file from others (`core.system.identity`); empty if unknown."""


KindJob = Callable[[OpenedModel, Any, Context[Any]], Any]
"""A job about an opened model: given that, a request and a context; it gives the answer."""


def by_request(*functions: Callable[..., Any]) -> dict[type[Request[Any, Any]], Any]:
    """These functions by the type of the `request` that each of them takes."""
    return {get_type_hints(function)["request"]: function for function in functions}
