"""What crosses the pipe between the window and its engine: one JSON object a line.

Arrays never cross it: the engine writes files, and their paths travel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec


class Job(msgspec.Struct, frozen=True, tag="job"):
    """A wish: run this task with these arguments; `number` names it in every answer."""

    number: int
    task: str
    arguments: dict[str, Any]


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """A wish: stop this job soon; it answers `Failed` with the kind `Cancelled`."""

    number: int


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far a job is; `facts` are what the task wants known already."""

    number: int
    done: float
    total: float
    facts: dict[str, Any] = {}


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A job's result."""

    number: int
    result: dict[str, Any]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A job that gave no result: the name of the error's class, and what to tell the person."""

    number: int
    kind: str
    message: str
    facts: dict[str, Any] = {}
    details: str = ""
    """The traceback of a defect; empty for an error that was raised on purpose."""


Request = Job | Cancel
Reply = Progress | Done | Failed
Listener = Callable[[Reply], None]


class Context(Protocol):
    """What a running task may ask of whoever runs it."""

    def progress(self, done: float, total: float, **facts: Any) -> None:
        """Tell how far the task is.

        Raises:
            Cancelled: the person asked for it to stop.
        """
        ...


Task = Callable[[Mapping[str, Any], Context], dict[str, Any]]
"""A function from JSON-able arguments to a JSON-able result."""
