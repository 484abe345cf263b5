"""Jobs under way: the one place that starts them, and drops answers that nobody waits for."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.session.shared.identities import Answers, Identities, Stamp, Subject
from rnnviz.work.messages import Done, Failure, Job, Progress, Reply, Request
from rnnviz.work.runner import Runner

__all__ = ["Failure", "Jobs", "RunningTask"]

P = TypeVar("P")
A = TypeVar("A")


def _nothing(_: Any) -> None:
    return None


class RunningTask(Struct):
    """One job as the status bar shows it."""

    number: int
    title: str
    question: Subject
    share: float = 0.0
    """From 0 to 1."""


class _Asked(Struct, frozen=True):
    """Whose answer it is, and who wants it."""

    stamp: Stamp
    done: Callable[[Any], None]
    failed: Callable[[Any], None] | None
    progress: Callable[[Any], None]


class Jobs(QObject):
    """Starts jobs and brings their answers to the main thread.

    A job belongs to the subjects that it was asked about, as they were then. When one of them is
    said to be another (`now`), all its jobs are cancelled together, and whatever they still answer
    is dropped here. A job's own question is a subject, too: asking the same question anew drops
    the one before.

    How far a job is may be told more often than the window has time for: of what came since its
    last look it hears the newest, which holds all that was told before.

    Signals:
        changed: a job started or ended.
        moved: one of those under way is further on.
        failed(Failure): a job failed and nobody else takes care of it.
    """

    changed = Signal()
    moved = Signal()
    failed = Signal(object)
    _replied = Signal(object)

    def __init__(self, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._numbers = itertools.count(1)
        self._running: dict[int, RunningTask] = {}
        self._asked: dict[int, _Asked] = {}
        self._identities = Identities()
        self._closed = False
        self._guard = threading.Lock()
        self._newest: dict[int, Progress] = {}
        """Of each job how far it is, as long as the window has not looked at it."""
        self._replied.connect(self._take)

    # Whose answers

    def now(self, subject: Subject, *facts: object) -> bool:
        """Say what a subject is now; what was asked about another one is dropped.

        Returns:
            Whether it is another one than before.
        """
        another = self._identities.set(subject, *facts)
        if another:
            self._drop_foreign()
        return another

    def answers(self, *subjects: Subject) -> Answers[Any, Any]:
        """A place for answers that belong to these subjects."""
        return Answers(self._identities, subjects)

    def _drop_foreign(self) -> None:
        holds = self._identities.holds
        foreign = [number for number, asked in self._asked.items() if not holds(asked.stamp)]
        for number in foreign:
            self._forget(number)
        for number in foreign:
            self._runner.cancel(number)
        if foreign:
            self.changed.emit()

    # Jobs

    @property
    def running(self) -> tuple[RunningTask, ...]:
        """The jobs under way, oldest first."""
        return tuple(self._running.values())

    def busy(self, question: str | type[Request[Any, Any]]) -> bool:
        """Whether this question is under way; a request's type stands for its task."""
        asked = _name(question)
        return any(task.question == asked for task in self._running.values())

    def start(
        self,
        request: Request[P, A],
        *,
        title: str,
        of: Iterable[Subject] = (),
        question: str = "",
        done: Callable[[A], None] = _nothing,
        failed: Callable[[Any], None] | None = None,
        progress: Callable[[P], None] = _nothing,
    ) -> None:
        """Ask the engine; once the session is closed, nothing is asked any more.

        Args:
            of: what it is about: when one of these becomes another, the job is dropped.
            question: what is asked, if not the task alone says it; one job of each is under way.
            done: called with the answer.
            failed: called with the request's failure instead of the signal `failed`; never for a
                cancelled job.
            progress: called with what is known already, whenever there is more.
        """
        if self._closed:
            return
        number, asked = next(self._numbers), Subject(question or request.task())
        self.now(asked, number)
        self._running[number] = RunningTask(number, title, asked)
        stamp = self._identities.stamp((asked, *of))
        self._asked[number] = _Asked(stamp, done, failed, progress)
        self.changed.emit()
        if number in self._asked:
            self._runner.start(Job(number, request), self._hear)

    def cancel(self, question: str | type[Request[Any, Any]]) -> None:
        """Stop asking this, if it is under way, and drop what is still answered."""
        self.now(Subject(_name(question)), next(self._numbers))

    @property
    def closed(self) -> bool:
        """Whether nothing is asked any more."""
        return self._closed

    def close(self) -> None:
        """Drop all jobs, end the engine, and start nothing any more."""
        self._closed = True
        self._running.clear()
        self._asked.clear()
        self._runner.close()

    def _forget(self, number: int) -> _Asked | None:
        self._running.pop(number, None)
        return self._asked.pop(number, None)

    def _hear(self, reply: Reply) -> None:
        """Hand a reply to the window's thread, from any; called for one job from one thread."""
        if isinstance(reply, Progress):
            with self._guard:
                waiting = self._newest.get(reply.number)
                facts = reply.facts if reply.facts is not None or waiting is None else waiting.facts
                self._newest[reply.number] = msgspec.structs.replace(reply, facts=facts)
            if waiting is not None:
                return
        self._replied.emit(reply)

    @Slot(object)
    def _take(self, reply: Reply) -> None:
        if isinstance(reply, Progress):
            with self._guard:
                reply = self._newest.pop(reply.number)
            task, asked = self._running.get(reply.number), self._asked.get(reply.number)
            if task and asked:
                task.share = reply.done / reply.total if reply.total else 0.0
                if reply.facts is not None:
                    asked.progress(reply.facts)
                self.moved.emit()
            return
        asked = self._forget(reply.number)
        if asked is None:
            return
        self.changed.emit()
        if isinstance(reply, Done):
            asked.done(reply.answer)
        elif reply.failure.kind != "Cancelled":
            (asked.failed or self.failed.emit)(reply.failure)


def _name(question: str | type[Request[Any, Any]]) -> str:
    return question if isinstance(question, str) else question.task()
