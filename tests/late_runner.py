"""A runner whose answers come when a test says: late, in any order, after the job was cancelled.

A job runs in a thread of its own and stands still at every sign of progress, so a test decides how
far each has come, and what of it has been heard. Nothing depends on time. In the tests of the
session it is the fixture `late_session`; elsewhere:

    runner = LateRunner(tasks)
    session = Session(runner, ...)
    session.open_path(model)
    number = runner.find("open_model")
    runner.step(number)      # to its next progress or its end, and that is heard
    runner.run(number)       # to its end; nothing of it is heard yet
    runner.hear(number)      # the oldest of what it said
    runner.finish()          # everything that is still open, oldest first
"""

from __future__ import annotations

import threading
from collections import deque
from random import Random
from typing import Any

from rnnviz.core.errors import Cancelled
from rnnviz.work.engine import run_job
from rnnviz.work.messages import Done, Failed, Job, Listener, Progress, Reply, Tasks
from tests.asking import crossed

_PATIENCE_SECONDS = 30.0


class _LateJob:
    """One job that goes on step by step."""

    def __init__(self, tasks: Tasks, job: Job, listener: Listener) -> None:
        self.job, self.listener = job, listener
        self.said: deque[Reply] = deque()
        self.cancelled = self.heeds = self.over = False
        self._tasks = tasks
        self._may_go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._begun = False

    @property
    def number(self) -> int:
        return self.job.number

    def advance(self) -> None:
        """Go on to the next sign of progress, or to the end."""
        if self.over:
            return
        if not self._begun:
            self._begun = True
            self._thread.start()
        self._may_go.release()
        assert self._stands.acquire(timeout=_PATIENCE_SECONDS), f"{self.job.task} does not go on"

    def end(self) -> None:
        """Let the thread go."""
        self.cancelled = self.heeds = True
        while self._begun and not self.over:
            self.advance()

    def progress(self, done: float, total: float, facts: Any = None) -> None:
        self._say(Progress(self.number, done, total, facts))
        self._stands.release()
        self._may_go.acquire()
        if self.cancelled and self.heeds:
            raise Cancelled("stopped on request")

    def _say(self, reply: Reply) -> None:
        self.said.append(crossed(reply, self.job.request))

    def _work(self) -> None:
        self._may_go.acquire()
        self._say(run_job(self._tasks, self.job, self))  # type: ignore[arg-type]
        self.over = True
        self._stands.release()


class LateRunner:
    """Runs jobs as far as it is told to, and lets hear of them when it is told to.

    Args:
        tasks: by the type of their requests, as the engine has them.
        heeds: whether a cancelled job stops at its next sign of progress; one that does not heed
            it goes on and answers, as one that was just about to when the wish came.
    """

    def __init__(self, tasks: Tasks, *, heeds: bool = False) -> None:
        self._tasks = dict(tasks)
        self.heeds = heeds
        self.closed = False
        self.ran: list[str] = []
        """The tasks of all jobs that were started."""
        self._jobs: dict[int, _LateJob] = {}

    # What the session calls

    def start(self, job: Job, listener: Listener) -> None:
        """Take the job; it does nothing yet."""
        assert not self.closed, f"{job.task} was started after closing"
        self.ran.append(job.task)
        self._jobs[job.number] = late = _LateJob(self._tasks, job, listener)
        late.heeds = self.heeds

    def cancel(self, number: int) -> None:
        """Note that nobody waits any more."""
        if number in self._jobs:
            self._jobs[number].cancelled = True

    def close(self) -> None:
        """Let all threads go."""
        self.closed = True
        for job in self._jobs.values():
            job.end()
        self._jobs.clear()

    # What a test calls

    @property
    def open(self) -> tuple[int, ...]:
        """The jobs of which something may still be heard, oldest first."""
        return tuple(self._jobs)

    def find(self, task: str, place: int = -1) -> int:
        """The number of an open job of this task; by default the newest."""
        return [n for n, late in self._jobs.items() if late.job.task == task][place]

    def job(self, number: int) -> Job:
        """What was asked."""
        return self._jobs[number].job

    def was_cancelled(self, number: int) -> bool:
        """Whether nobody waits for it any more."""
        return self._jobs[number].cancelled

    def advance(self, number: int) -> None:
        """Let it go on to its next sign of progress, or to its end; nothing is heard yet."""
        self._jobs[number].advance()

    def run(self, number: int) -> None:
        """Let it go on to its end; nothing is heard yet."""
        while not self._jobs[number].over:
            self.advance(number)

    def hear(self, number: int) -> None:
        """Hear the oldest of what it said."""
        late = self._jobs[number]
        if late.said:
            reply = late.said.popleft()
            if isinstance(reply, Done | Failed):
                del self._jobs[number]
            late.listener(reply)

    def step(self, number: int) -> None:
        """Let it go on to its next sign of progress, or to its end, and hear all of that."""
        self.advance(number)
        self.hear_all(number)

    def hear_all(self, number: int) -> None:
        """Hear everything that it has said by now."""
        while number in self._jobs and self._jobs[number].said:
            self.hear(number)

    def finish(self, *numbers: int) -> None:
        """Let these go on to their ends and hear them; without any, all, also those that follow."""
        while remaining := [n for n in numbers or self.open if n in self._jobs]:
            for number in remaining:
                self.run(number)
                self.hear_all(number)

    def anything(self, random: Random) -> None:
        """Let one of the open jobs go on a little, or hear something that one of them said."""
        if self._jobs:
            late = self._jobs[random.choice(self.open)]
            if late.said and (late.over or random.random() < 0.6):
                self.hear(late.number)
            else:
                late.advance()
