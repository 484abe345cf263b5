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

from rnnviz.commands.shared.output import ProgressLine, figure
from rnnviz.core.errors import RnnvizError

if TYPE_CHECKING:
    from rnnviz.commands.shared.inputs import GoesWith
    from rnnviz.work.jobs.given import ModelGiven
    from rnnviz.work.jobs.models import ModelOpened
    from rnnviz.work.messages import Request

P = TypeVar("P")
A = TypeVar("A")
_NUMBER = 1


class TaskFailed(RnnvizError):
    """A task ended without a result; the message is the task's own."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        """The name of the error's class, which may tell that something has to be given."""


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
    from rnnviz.nets.answering.table import TASKS
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
        raise TaskFailed(f"{failure.message}: pass it with --vocabulary FILE", failure.kind)
    if failure.kind == "ReadingNeeded":
        listed = "".join(
            f"\n  --reading {number}: {words}"
            for number, words in enumerate(getattr(failure, "readings", ()), 1)
        )
        raise TaskFailed(f"{failure.message}{listed}", failure.kind)
    if failure.details:
        sys.stderr.write(failure.details)
        raise TaskFailed(f"this is a defect in rnnviz, please report it: {failure.message}")
    raise TaskFailed(failure.message, failure.kind)


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
    vocabulary: GoesWith | None,
    sentences: Path | None = None,
    *,
    job: type[Request[Any, Any]] | None = None,
) -> ModelOpened:
    """What the engine says of a model; see `opened_as`."""
    return opened_as(model, vocabulary, sentences, job=job)[1]


def opened_as(
    model: Path,
    vocabulary: GoesWith | None,
    sentences: Path | None = None,
    *,
    job: type[Request[Any, Any]] | None = None,
) -> tuple[ModelGiven, ModelOpened]:
    """A model with what was given for it, and what the engine says of it.

    Args:
        vocabulary: the training text or a vocabulary file; the guesses are printed with the loss
            that each gives, and the best is taken if the text bears it out; for a translation
            model, what `sentences` is.
        sentences: the file that a translation model's words come from, if it needs one.
        job: what it is to be asked; None takes any kind of model.

    Raises:
        TaskFailed: it cannot be opened, or no order of the characters fits.
        ModelFileError: it is of a kind that cannot be asked this.
    """
    from rnnviz.core.kinds import kind_named, require
    from rnnviz.work.jobs.given import ModelGiven
    from rnnviz.work.jobs.models import OpenModel

    reading = vocabulary.reading if vocabulary else 0
    source = vocabulary.vocabulary if vocabulary else None
    characters = None
    if source is not None and sentences is None:
        try:
            characters = _guessed(model, source, reading)
        except TaskFailed as failed:
            if failed.kind != "SentencesNeeded":
                raise
            sentences = source
    given = ModelGiven(str(model), characters, str(sentences or ""), reading)
    found = run_task(OpenModel(model=given))
    if job is not None:
        require(kind_named(found.kind), job.task(), model.name)
    return ModelGiven(found.path, found.vocabulary, given.sentences, found.reading), found


def _guessed(model: Path, source: Path, reading: int) -> tuple[str, ...]:
    """The symbols that a text or a list suggests.

    Raises:
        TaskFailed: nothing fits, or the text does not bear out the best guess.
    """
    from rnnviz.work.jobs.models import GuessVocabulary

    asked = GuessVocabulary(path=str(model), source=str(source), reading=reading)
    found = run_task(asked)
    if not found.candidates:
        raise TaskFailed(f"{source.name} suggests no vocabulary for {model.name}; try another file")
    if found.named:
        return found.candidates[0].characters
    print(
        f"vocabulary of {model.name} from {source.name}; a right order is far below "
        f"{figure(found.unigram_nats)} nats, what the frequencies alone give:",
        file=sys.stderr,
    )
    for number, candidate in enumerate(found.candidates):
        chosen = "  <- taken" if number == 0 and found.usable else ""
        print(f"  {figure(candidate.loss_nats):>7} nats  {candidate.how}{chosen}", file=sys.stderr)
    if not found.usable:
        raise TaskFailed(
            f"no order of the symbols of {source.name} is convincing for {model.name}: the best "
            f"gives {figure(found.candidates[0].loss_nats)} nats, their frequencies alone "
            f"{figure(found.unigram_nats)}. It is not the text that it was trained on, or the "
            "model has hardly been trained; give a file that lists the symbols in order"
        )
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
