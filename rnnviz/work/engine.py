"""The child's side: read jobs from a pipe, run each in a thread, write the answers."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

import msgspec

from rnnviz.core.errors import Cancelled, RnnvizError
from rnnviz.work.messages import (
    Cancel,
    Done,
    Failed,
    Job,
    Listener,
    Progress,
    Reply,
    Request,
    Task,
)

_LEAST_SECONDS_BETWEEN_PROGRESS = 0.05


class RunningJob:
    """One job while it runs: reports its progress, and stops when it was cancelled."""

    def __init__(self, number: int, listener: Listener) -> None:
        self.number = number
        self.cancelled = threading.Event()
        self._listener = listener
        self._told = 0.0

    def progress(self, done: float, total: float, **facts: Any) -> None:
        """Tell how far it is, at most twenty times a second, the first and the last always.

        Raises:
            Cancelled: it was asked to stop.
        """
        if self.cancelled.is_set():
            raise Cancelled("stopped on request")
        now = time.monotonic()
        if done >= total or now - self._told >= _LEAST_SECONDS_BETWEEN_PROGRESS:
            self._told = now
            self._listener(Progress(self.number, done, total, facts))


def run_job(tasks: Mapping[str, Task], job: Job, running: RunningJob) -> Reply:
    """Run one job to its end; every way it can end is an answer."""
    try:
        task = tasks[job.task]
    except KeyError:
        return Failed(job.number, "RnnvizError", f"no task is called {job.task!r}")
    try:
        return Done(job.number, task(job.arguments, running))
    except RnnvizError as error:
        return Failed(job.number, type(error).__name__, str(error), error.facts)
    except MemoryError:
        return Failed(job.number, "RnnvizError", "there is not enough memory for this")
    except OSError as error:
        return Failed(job.number, "RnnvizError", f"{error.strerror or error}: {error.filename}")
    except Exception as error:  # noqa: BLE001 - a defect must reach the person, not end the engine
        message = f"{type(error).__name__}: {error}"
        return Failed(job.number, "defect", message, details=traceback.format_exc())


def serve(tasks: Mapping[str, Task], requests: Iterable[bytes], replies: BinaryIO) -> None:
    """Answer requests, one JSON line each, until they end; jobs run beside each other."""
    decoder = msgspec.json.Decoder(Request)
    writing = threading.Lock()
    running: dict[int, RunningJob] = {}

    def answer(reply: Reply) -> None:
        line = _encoded(reply) + b"\n"
        with writing:
            replies.write(line)
            replies.flush()

    def work(job: Job, running_job: RunningJob) -> None:
        reply = run_job(tasks, job, running_job)
        running.pop(job.number, None)
        answer(reply)

    for line in requests:
        request = decoder.decode(line)
        if isinstance(request, Cancel):
            if cancelled := running.get(request.number):
                cancelled.cancelled.set()
            continue
        running_job = running[request.number] = RunningJob(request.number, answer)
        threading.Thread(target=work, args=(request, running_job), daemon=True).start()


def _encoded(reply: Reply) -> bytes:
    """The reply as JSON; one that is none is a failure of the job, or nobody would ever hear."""
    try:
        return msgspec.json.encode(reply)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(reply, Progress):
            # How far it is can still be told; the result may be sound.
            return msgspec.json.encode(Progress(reply.number, reply.done, reply.total))
        message = f"the result cannot be sent: {type(error).__name__}: {error}"
        return msgspec.json.encode(Failed(reply.number, "defect", message, details=repr(reply)))


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """This process's pipes to its parent; whatever else prints goes to the error stream."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, replies
