"""Runs the engine's tasks in this process: the same ones as the window, never a second way."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from rnnviz.commands.output import ProgressLine, figure
from rnnviz.core.errors import RnnvizError

if TYPE_CHECKING:
    from rnnviz.work.jobs.models import ModelOpened
    from rnnviz.work.messages import Request

P = TypeVar("P")
A = TypeVar("A")
_NUMBER = 1


class TaskFailed(RnnvizError):
    """A task ended without a result; the message is the task's own."""


class _Interrupts:
    """Counts Ctrl-C; the second one no longer waits for the task to stop by itself."""

    def __init__(self) -> None:
        self.asked = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def run_task(
    request: Request[P, A], heard: Callable[[float, float, P | None], None] | None = None
) -> A:
    """Do one job to its end; its answer. Ctrl-C stops it at its next sign of progress.

    Args:
        heard: told how much is done, of how much, and what is known already.

    Raises:
        TaskFailed: it cannot be done, with the reason.
        KeyboardInterrupt: it was stopped; what it had written stays.
    """
    # Two threads of OpenMP that wait actively would slow each other down on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from rnnviz.nets.jobs.table import TASKS
    from rnnviz.work.messages import Done, Failed, Job, Progress, Reply
    from rnnviz.work.runner import InlineRunner

    runner, replies = InlineRunner(TASKS), list[Reply]()
    with _interrupts() as interrupts:

        def listen(reply: Reply) -> None:
            replies[:] = [reply]
            if interrupts.asked:
                runner.cancel(_NUMBER)
            if isinstance(reply, Progress) and heard is not None:
                heard(reply.done, reply.total, reply.facts)

        runner.start(Job(_NUMBER, request), listen)
        asked = interrupts.asked
    reply = replies[0]
    if asked or (isinstance(reply, Failed) and reply.failure.kind == "Cancelled"):
        raise KeyboardInterrupt
    if isinstance(reply, Done):
        answer: A = reply.answer
        return answer
    assert isinstance(reply, Failed)
    failure = reply.failure
    if failure.kind == "VocabularyNeeded":
        raise TaskFailed(f"{failure.message}: pass it with --vocabulary FILE")
    if failure.details:
        sys.stderr.write(failure.details)
        raise TaskFailed(f"this is a defect in rnnviz, please report it: {failure.message}")
    raise TaskFailed(failure.message)


def run_with_progress(request: Request[P, A], title: str, unit: str = "") -> A:
    """Do one job under a line of progress; its answer.

    Raises:
        TaskFailed: it cannot be done, with the reason.
        KeyboardInterrupt: it was stopped.
    """
    line = ProgressLine(title, unit)
    try:
        return run_task(request, lambda done, total, _: line.show(done, total))
    finally:
        line.finish()


def opened(
    model: Path,
    vocabulary: Path | None,
    sentences: Path | None = None,
    *,
    job: type[Request[Any, Any]] | None = None,
) -> ModelOpened:
    """What the engine says of a model; with `vocabulary`, of the characters chosen.

    Args:
        vocabulary: the training text or a vocabulary file; the guesses are printed with the loss
            that each gives, and the best is taken.
        sentences: the file that a translation model's words come from, if it needs one.
        job: what it is to be asked; None takes any kind of model.

    Raises:
        TaskFailed: it cannot be opened, or no order of the characters fits.
        ModelFileError: it is of a kind that cannot be asked this.
    """
    from rnnviz.core.kinds import kind_named, require
    from rnnviz.work.jobs.given import ModelGiven
    from rnnviz.work.jobs.models import OpenModel

    characters = None if vocabulary is None else _guessed(model, vocabulary)
    found = run_task(OpenModel(model=ModelGiven(str(model), characters, str(sentences or ""))))
    if job is not None:
        require(kind_named(found.kind), job.task(), model.name)
    return found


def _guessed(model: Path, source: Path) -> tuple[str, ...]:
    from rnnviz.work.jobs.models import GuessVocabulary

    found = run_task(GuessVocabulary(path=str(model), source=str(source)))
    if not found.candidates:
        raise TaskFailed(f"{source.name} suggests no vocabulary for {model.name}; try another file")
    print(
        f"vocabulary of {model.name} from {source.name}; a right order is far below "
        f"{figure(found.unigram_nats)} nats, what the frequencies alone give:",
        file=sys.stderr,
    )
    for number, candidate in enumerate(found.candidates):
        chosen = "  <- taken" if number == 0 else ""
        print(f"  {figure(candidate.loss_nats):>7} nats  {candidate.how}{chosen}", file=sys.stderr)
    return found.candidates[0].characters


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    """Ctrl-C asks instead of raising, as long as this lasts; outside the main thread it cannot."""
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts.hear)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
