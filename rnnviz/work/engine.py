"""The child's side: read jobs from a pipe, run each in a thread, write the answers."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
import traceback
from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from rnnviz.core.errors import Cancelled, RnnvizError
from rnnviz.core.system.ready_types import ready
from rnnviz.work.messages import (
    Done,
    Failed,
    Failure,
    Job,
    Listener,
    Progress,
    Reply,
    Request,
    Tasks,
    decode_wish,
    encode,
    framed,
)

_LEAST_SECONDS_BETWEEN_PROGRESS = 0.05
_TORCH_HAS_NO_MEMORY = re.compile(
    "can't allocate memory|out of memory|[Ss]torage size calculation overflowed"
)
_LONGEST_END_SECONDS = 2.0
"""So long jobs may clean up once nobody is there to hear of them."""


class RunningJob:
    """One job while it runs: reports its progress, and stops when it was cancelled."""

    def __init__(self, number: int, listener: Listener) -> None:
        self.number = number
        self.cancelled = threading.Event()
        self._listener = listener
        self._last_progress = 0.0

    def progress(self, done: float, total: float, facts: Any = None) -> None:
        """Tell how far it is, at most twenty times a second, the first and the last always.

        Raises:
            Cancelled: it was asked to stop.
        """
        if self.cancelled.is_set():
            raise Cancelled("stopped on request")
        now = time.monotonic()
        if done >= total or now - self._last_progress >= _LEAST_SECONDS_BETWEEN_PROGRESS:
            self._last_progress = now
            self._listener(Progress(self.number, done, total, facts))


def run_job(tasks: Tasks, job: Job, running: RunningJob) -> Reply:
    """Run one job to its end; every way it can end is an answer."""

    def failed(kind: str, message: str, details: str = "") -> Failed:
        return Failed(job.number, Failure(kind=kind, message=message, details=details))

    try:
        task = tasks[type(job.request)]
    except KeyError:
        return failed("defect", f"no task is called {job.task!r}")
    try:
        return Done(job.number, task(job.request, running))
    except RnnvizError as error:
        return Failed(job.number, _failure(job.request, error))
    except OSError as error:
        return failed("RnnvizError", f"{error.strerror or error}: {error.filename}")
    except Exception as error:  # noqa: BLE001 - a defect must reach the person, not end the engine
        if _is_of_memory(error):
            return failed("RnnvizError", "there is not enough memory for this")
        return failed("defect", f"{type(error).__name__}: {error}", traceback.format_exc())


def _is_of_memory(error: Exception) -> bool:
    """Whether there was too little of it; torch says so in words alone."""
    if isinstance(error, RuntimeError):
        return _TORCH_HAS_NO_MEMORY.search(str(error)) is not None
    return isinstance(error, MemoryError)


def _failure(request: Request[Any, Any], error: RnnvizError) -> Failure:
    """An error as the failure of this request, with what the request's failure tells of it."""
    wanted = {field.name for field in msgspec.structs.fields(request.failure)}
    facts = {name: fact for name, fact in error.facts.items() if name in wanted}
    told = {"kind": type(error).__name__, "message": str(error), **facts}
    return msgspec.convert(told, ready(request.failure))


def serve(tasks: Tasks, wishes: Iterable[bytes], replies: BinaryIO) -> None:
    """Answer wishes, one message each, until they end; jobs run beside each other.

    Jobs that are under way then are asked to stop, so that they clean up, and waited for a moment.
    """
    writing = threading.Lock()
    running: dict[int, RunningJob] = {}
    threads: list[threading.Thread] = []

    def answer(reply: Reply) -> None:
        message = framed(_encoded(reply))
        # Where nobody reads them any more, the wishes end, too, and with them the job.
        with writing, contextlib.suppress(OSError):
            replies.write(message)
            replies.flush()

    def work(job: Job, running_job: RunningJob) -> None:
        reply = run_job(tasks, job, running_job)
        running.pop(job.number, None)
        answer(reply)

    for message in wishes:
        wish = decode_wish(message, tasks)
        if isinstance(wish, Failed):
            answer(wish)
        elif isinstance(wish, Job):
            running_job = running[wish.number] = RunningJob(wish.number, answer)
            threads = [thread for thread in threads if thread.is_alive()]
            threads.append(threading.Thread(target=work, args=(wish, running_job), daemon=True))
            threads[-1].start()
        elif cancelled := running.get(wish.number):
            cancelled.cancelled.set()
    for job in tuple(running.values()):
        job.cancelled.set()
    end = time.monotonic() + _LONGEST_END_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _encoded(reply: Reply) -> bytes:
    """The reply as bytes; one that cannot be sent is a failure, or nobody would ever hear."""
    try:
        return encode(reply)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(reply, Progress):
            # How far it is can still be told; the answer may be sound.
            return encode(Progress(reply.number, reply.done, reply.total))
        message = f"the answer cannot be sent: {type(error).__name__}: {error}"
        failure = Failure(kind="defect", message=message, details=repr(reply))
        return encode(Failed(reply.number, failure))


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """This process's pipes to its parent; whatever else prints goes to the error stream."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, replies
