"""Asks tasks of the engine in place, as if request, progress and answer had crossed the pipe."""

from __future__ import annotations

from typing import Any, TypeVar

from rnnviz.work.messages import (
    Done,
    Job,
    Listener,
    Progress,
    Reply,
    Request,
    Tasks,
    decode_reply,
    decode_wish,
    encode,
)
from rnnviz.work.runner import InlineRunner

A = TypeVar("A")


def crossed(reply: Reply, request: Request[Any, Any]) -> Reply:
    """What comes out of the pipe: of what does not fit the request that it makes no sense."""
    return decode_reply(encode(reply), type(request))


class PipedRunner(InlineRunner):
    """Runs each job at once, and is heard through the pipe."""

    def start(self, job: Job, listener: Listener) -> None:
        """Run the job to its end before returning."""
        super().start(job, lambda reply: listener(crossed(reply, job.request)))


class Heard:
    """Keeps what a task tells of its progress."""

    def __init__(self) -> None:
        self.request: type[Request[Any, Any]] | None = None
        self.told: list[tuple[float, float, Any]] = []

    def progress(self, done: float, total: float, facts: Any = None) -> None:
        """Note it, as it comes out of the pipe."""
        assert self.request is not None
        reply = decode_reply(encode(Progress(1, done, total, facts)), self.request)
        assert isinstance(reply, Progress), reply
        self.told.append((reply.done, reply.total, reply.facts))


def ask(tasks: Tasks, request: Request[Any, A], heard: Heard | None = None) -> A:
    """The answer to a request; what the task raises is raised."""
    kind, heard = type(request), heard or Heard()
    heard.request = kind
    wish = decode_wish(encode(Job(1, request)), tasks)
    assert isinstance(wish, Job), wish
    reply = decode_reply(encode(Done(1, tasks[kind](wish.request, heard))), kind)
    assert isinstance(reply, Done), reply
    answer: A = reply.answer
    return answer
