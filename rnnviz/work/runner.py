"""The parent's side: something that runs jobs, in a warm child process or in place."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue
from typing import IO, Any, Protocol

from rnnviz.work.engine import RunningJob, run_job
from rnnviz.work.environment import of_a_child
from rnnviz.work.error_output import ErrorOutput
from rnnviz.work.messages import (
    Cancel,
    Done,
    Failed,
    Failure,
    Job,
    Listener,
    Request,
    Tasks,
    decode_reply,
    encode,
    framed,
    messages,
    number_of,
)

_LONGEST_LINE_OF_ERRORS = 4_096
"""Bytes: a longer one is taken as several."""
_SECONDS_TO_STOP = 30.0
_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_OF_LAST_WORDS = 2.0
"""So long what a child that ended wrote is read; what it started may hold the pipe open."""
_SECONDS_TO_END = 1.0
"""So long closing waits for a child that was killed: it may hold gigabytes that the system takes
back first."""

_HAS_GROUPS = hasattr(os, "killpg")

_Messages = SimpleQueue[bytes | None]
_Awaited = tuple["subprocess.Popen[bytes]", type[Request[Any, Any]], Listener]


class Runner(Protocol):
    """Runs jobs; the listener hears of each, from any thread."""

    def start(self, job: Job, listener: Listener) -> None:
        """Run this job; exactly one `Done` or `Failed` follows, after any `Progress`."""
        ...

    def cancel(self, number: int) -> None:
        """Ask a job to stop; one that is unknown or over is left alone."""
        ...

    def close(self) -> None:
        """End all jobs and let go of what they use."""
        ...


def _unsent(error: Exception) -> Failure:
    """Why a request cannot be sent to the child."""
    if isinstance(error, UnicodeEncodeError):
        shown = error.object[-80:].encode("utf-8", "replace").decode()
        message = f"“{shown}” is not in UTF-8; if it is a file or folder, give it another name"
        return Failure(kind="RnnvizError", message=message)
    return Failure(kind="defect", message=f"the request cannot be sent: {error}")


class InlineRunner:
    """Runs each job at once, in the caller's thread: for tests and the command line."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._running: dict[int, RunningJob] = {}

    def start(self, job: Job, listener: Listener) -> None:
        """Run the job to its end before returning."""
        running = self._running[job.number] = RunningJob(job.number, listener)
        try:
            reply = run_job(self._tasks, job, running)
        finally:
            del self._running[job.number]
        listener(reply)

    def cancel(self, number: int) -> None:
        """Stop a job from within its own progress listener."""
        if running := self._running.get(number):
            running.cancelled.set()

    def close(self) -> None:
        """Nothing to let go of."""


class EngineRunner:
    """Runs jobs in one warm child process, started at once and started again if it dies."""

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        self._command = command or (sys.executable, "-m", "rnnviz", "engine")
        self._listeners: dict[int, _Awaited] = {}
        self._jobs: dict[int, Job] = {}
        """Those under way that nobody has cancelled: they outlive a child that is ended for another
        job."""
        self._guard = threading.RLock()
        self._child: subprocess.Popen[bytes] | None = None
        self._requests: _Messages = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._patience: dict[int, float] = {}
        """Until when each cancelled job may go on before the child is ended."""
        self._closed = threading.Event()
        self._cancelled = threading.Condition(self._guard)
        self._ended_on_purpose: subprocess.Popen[bytes] | None = None
        self._ensure_child()

    def start(self, job: Job, listener: Listener) -> None:
        """Hand the job to the child; it runs beside those already there.

        Once this is closed, no child is started any more, and nothing is answered. A request that
        no message can hold, such as one of a file whose name is not UTF-8, fails at once.
        """
        try:
            message = framed(encode(job))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            listener(Failed(job.number, _unsent(error)))
            return
        with self._guard:
            if self._closed.is_set():
                return
            self._listeners[job.number] = (self._ensure_child(), type(job.request), listener)
            self._jobs[job.number] = job
            self._requests.put(message)
            self._cancelled.notify_all()

    def cancel(self, number: int) -> None:
        """Ask the child to stop this job; a child that does not answer for long is ended.

        A job stuck inside a library, as in a regular expression that never ends, hears nothing.
        The next job starts a new child, which opens the model again by itself.
        """
        with self._guard:
            if number in self._listeners:
                self._jobs.pop(number, None)
                self._send(Cancel(number))
                self._patience[number] = time.monotonic() + _SECONDS_TO_STOP
                self._cancelled.notify()

    def _end_if_stuck(self, child: subprocess.Popen[bytes]) -> None:
        """Watch the cancelled jobs of this child, all of them, until it is gone."""
        while True:
            with self._guard:
                if child is not self._child or child.poll() is not None:
                    return
                self._patience = {n: t for n, t in self._patience.items() if n in self._listeners}
                now, first = time.monotonic(), min(self._patience.values(), default=None)
                if first is not None and first <= now:
                    self._patience.clear()
                    self._ended_on_purpose = child
                    _kill(child)
                    return
                # A child that was stopped from outside is seen while something is asked of it.
                waits = [_SECONDS_BETWEEN_LOOKS] if self._listeners else []
                limit = min([*waits, first - now] if first else waits, default=None)
                if self._cancelled.wait(limit):
                    continue
            # Without the guard, for which the window may be waiting: this looks at the system.
            _wake(child)

    def close(self) -> None:
        """Kill the child and what it started; jobs still under way are dropped without an answer.

        A child that takes longer than a second to go, as where the system is busy taking its memory
        back, is waited for no longer: nothing can keep it.
        """
        with self._guard:
            self._closed.set()
            self._listeners.clear()
            self._jobs.clear()
            child, self._child = self._child, None
            self._cancelled.notify_all()
        if child is None:
            return
        _kill(child)
        self._requests.put(None)
        until = time.monotonic() + _SECONDS_TO_END
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_SECONDS_TO_END)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _ensure_child(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=of_a_child(),
            # Of its own, so that all that it started can be ended with it.
            process_group=0 if _HAS_GROUPS else None,
        )
        self._requests = SimpleQueue()
        errors = ErrorOutput()
        reader = threading.Thread(target=_read_errors, args=(self._child, errors), daemon=True)
        self._threads = [
            reader,
            *(
                threading.Thread(target=target, args=arguments, daemon=True)
                for target, arguments in (
                    (_write_requests, (self._child, self._requests)),
                    (self._read_replies, (self._child, self._requests, errors, reader)),
                    (self._end_if_stuck, (self._child,)),
                )
            ),
        ]
        for thread in self._threads:
            thread.start()
        return self._child

    def _send(self, wish: Job | Cancel) -> None:
        self._requests.put(framed(encode(wish)))

    def _read_replies(
        self,
        child: subprocess.Popen[bytes],
        requests: _Messages,
        errors: ErrorOutput,
        reader_of_errors: threading.Thread,
    ) -> None:
        for message in _messages(child.stdout):
            number = number_of(message)
            with self._guard:
                awaited = self._listeners.get(number)
            if awaited is None:
                continue
            reply = decode_reply(message, awaited[1])
            if isinstance(reply, Done | Failed):
                with self._guard:
                    awaited = self._listeners.pop(number, None)
                    self._jobs.pop(number, None)
            if awaited is not None:
                awaited[2](reply)
        child.wait()
        requests.put(None)
        self._tell_of_the_end(child, errors, reader_of_errors)

    def _tell_of_the_end(
        self,
        child: subprocess.Popen[bytes],
        errors: ErrorOutput,
        reader_of_errors: threading.Thread,
    ) -> None:
        """Have the jobs of a child that is gone done by the next one, or say that they are lost."""
        with self._guard:
            self._cancelled.notify_all()
            left = {n: awaited for n, awaited in self._listeners.items() if awaited[0] is child}
            orphans = {number: heard for number, (_, _, heard) in left.items()}
            for number in orphans:
                del self._listeners[number]
            jobs = [self._jobs.pop(number, None) for number in orphans]
        if child is self._ended_on_purpose:
            # What was asked beside the job that did not stop is done by the next child.
            for job in jobs:
                if job is not None:
                    self.start(job, orphans.pop(job.number))
        details = ""
        if orphans and child is not self._ended_on_purpose:
            reader_of_errors.join(_SECONDS_OF_LAST_WORDS)
            details = _last_words(errors, [request for _, request, _ in left.values()])
        for number, listener in orphans.items():
            how = f"the engine stopped (exit code {child.returncode})"
            message = f"{how}; it starts again with the next job"
            failure = Failure(kind="EngineStopped", message=message, details=details)
            listener(Failed(number, failure))


def _last_words(errors: ErrorOutput, under_way: list[type[Request[Any, Any]]]) -> str:
    """What a child that ended said, and what it did then; nothing where it said nothing."""
    said = str(errors)
    tasks = ", ".join(request.task() for request in under_way)
    return f"under way: {tasks}\n{said}" if said else ""


def _read_errors(child: subprocess.Popen[bytes], errors: ErrorOutput) -> None:
    for line in _lines(child.stderr):
        errors.add(line.decode(errors="replace"))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a child, stopped or not, with all that it started; one that is gone is left alone."""
    if child.poll() is not None:
        return
    if _HAS_GROUPS:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _wake(child: subprocess.Popen[bytes]) -> None:
    """Let a child go on that somebody stopped (SIGSTOP): its jobs would wait without a word."""
    import psutil  # here, not above: the window starts without it

    with contextlib.suppress(psutil.Error, OSError):
        if psutil.Process(child.pid).status() == psutil.STATUS_STOPPED:
            psutil.Process(child.pid).resume()


def _write_requests(child: subprocess.Popen[bytes], requests: _Messages) -> None:
    """Write what comes, until None: a child that still starts is waited for here and nowhere else.

    A broken pipe means that the child died; the thread that reads its replies tells the listeners.
    """
    assert child.stdin is not None
    with contextlib.suppress(OSError):
        while (line := requests.get()) is not None:
            child.stdin.write(line)
            child.stdin.flush()
    with contextlib.suppress(OSError):
        child.stdin.close()


def _messages(stream: IO[bytes] | None) -> Iterator[bytes]:
    if stream is not None:
        with contextlib.suppress(ValueError, OSError), stream:
            yield from messages(stream)


def _lines(stream: IO[bytes] | None) -> Iterator[bytes]:
    if stream is not None:
        with contextlib.suppress(ValueError, OSError), stream:
            yield from iter(partial(stream.readline, _LONGEST_LINE_OF_ERRORS), b"")
