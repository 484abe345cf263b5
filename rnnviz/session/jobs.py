"""Jobs under way: one place that starts them, shows how far they are, and drops stale answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.work.messages import Done, Failed, Job, Progress, Reply
from rnnviz.work.runner import Runner

__all__ = ["Failed", "Jobs", "RunningTask"]


def _nothing(_: Any) -> None:
    return None


@dataclass
class RunningTask:
    """One job as the status bar shows it."""

    number: int
    title: str
    slot: str
    share: float = 0.0
    """From 0 to 1."""
    cancellable: bool = True


@dataclass(frozen=True)
class _Handlers:
    done: Callable[[dict[str, Any]], None]
    failed: Callable[[Failed], None] | None
    progress: Callable[[Mapping[str, Any]], None]


class Jobs(QObject):
    """Starts jobs and brings their answers to the main thread.

    A job has a slot: starting another in the same slot cancels the first, and whatever the first
    still answers is dropped.

    Signals:
        changed: a job started, moved on or ended.
        failed(Failed): a job failed and nobody else takes care of it.
    """

    changed = Signal()
    failed = Signal(object)
    _replied = Signal(object)

    def __init__(self, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._numbers = itertools.count(1)
        self._running: dict[int, RunningTask] = {}
        self._handlers: dict[int, _Handlers] = {}
        self._replied.connect(self._take)

    @property
    def running(self) -> tuple[RunningTask, ...]:
        """The jobs under way, oldest first."""
        return tuple(self._running.values())

    def busy(self, slot: str) -> bool:
        """Whether a job of this slot is under way."""
        return any(task.slot == slot for task in self._running.values())

    def start(
        self,
        task: str,
        arguments: dict[str, Any],
        *,
        slot: str,
        title: str,
        done: Callable[[dict[str, Any]], None] = _nothing,
        failed: Callable[[Failed], None] | None = None,
        progress: Callable[[Mapping[str, Any]], None] = _nothing,
    ) -> None:
        """Run a task of the engine.

        Args:
            done: called with the result.
            failed: called instead of the signal `failed`; never for a cancelled job.
            progress: called with the facts of each progress message.
        """
        self.cancel(slot)
        number = next(self._numbers)
        self._running[number] = RunningTask(number, title, slot)
        self._handlers[number] = _Handlers(done, failed, progress)
        self.changed.emit()
        self._runner.start(Job(number, task, arguments), self._replied.emit)

    def cancel(self, slot: str) -> None:
        """Stop the job of this slot, if any, and drop what it still answers."""
        for number in [task.number for task in self._running.values() if task.slot == slot]:
            self._forget(number)
            self._runner.cancel(number)
        self.changed.emit()

    def close(self) -> None:
        """Drop all jobs and end the engine."""
        self._running.clear()
        self._handlers.clear()
        self._runner.close()

    def _forget(self, number: int) -> _Handlers | None:
        self._running.pop(number, None)
        return self._handlers.pop(number, None)

    @Slot(object)
    def _take(self, reply: Reply) -> None:
        if isinstance(reply, Progress):
            task, handlers = self._running.get(reply.number), self._handlers.get(reply.number)
            if task and handlers:
                task.share = reply.done / reply.total if reply.total else 0.0
                handlers.progress(reply.facts)
                self.changed.emit()
            return
        handlers = self._forget(reply.number)
        if handlers is None:
            return
        self.changed.emit()
        if isinstance(reply, Done):
            handlers.done(reply.result)
        elif reply.kind != "Cancelled":
            (handlers.failed or self.failed.emit)(reply)
