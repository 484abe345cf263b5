"""Runs the engine's tasks in this process: the same ones as the window, never a second way."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rnnviz.commands.output import ProgressLine, figure
from rnnviz.core.errors import RnnvizError

Heard = Callable[[float, float, Mapping[str, Any]], None]
"""Told how much is done, of how much, and what the task wants known already."""

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


def run_task(task: str, arguments: dict[str, Any], heard: Heard | None = None) -> dict[str, Any]:
    """Run one task to its end; its result. Ctrl-C stops it at its next sign of progress.

    Raises:
        TaskFailed: it cannot be done, with the reason.
        KeyboardInterrupt: it was stopped; what it had written stays.
    """
    # Two threads of OpenMP that wait actively would slow each other down on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from rnnviz.nets.jobs.table import TASKS
    from rnnviz.work.messages import Failed, Job, Progress, Reply
    from rnnviz.work.runner import InlineRunner

    runner, replies = InlineRunner(TASKS), list[Reply]()
    with _interrupts() as interrupts:

        def listen(reply: Reply) -> None:
            replies[:] = [reply]
            if interrupts.asked:
                runner.cancel(_NUMBER)
            if isinstance(reply, Progress) and heard is not None:
                heard(reply.done, reply.total, reply.facts)

        runner.start(Job(_NUMBER, task, arguments), listen)
        asked = interrupts.asked
    reply = replies[0]
    if asked or (isinstance(reply, Failed) and reply.kind == "Cancelled"):
        raise KeyboardInterrupt
    if isinstance(reply, Failed):
        if reply.kind == "VocabularyNeeded":
            raise TaskFailed(f"{reply.message}: pass it with --vocabulary FILE")
        if reply.details:
            sys.stderr.write(reply.details)
            raise TaskFailed(f"this is a defect in rnnviz, please report it: {reply.message}")
        raise TaskFailed(reply.message)
    return reply.result  # type: ignore[union-attr]


def run_with_progress(
    task: str, arguments: dict[str, Any], title: str, unit: str = ""
) -> dict[str, Any]:
    """Run one task under a line of progress.

    Raises:
        TaskFailed: it cannot be done, with the reason.
        KeyboardInterrupt: it was stopped.
    """
    line = ProgressLine(title, unit)
    try:
        return run_task(task, arguments, lambda done, total, _: line.show(done, total))
    finally:
        line.finish()


def opened(
    model: Path, vocabulary: Path | None, sentences: Path | None = None, *, job: str = ""
) -> dict[str, Any]:
    """What the task `open_model` says of a model; with `vocabulary`, of the characters chosen.

    Args:
        vocabulary: the training text or a vocabulary file; the guesses are printed with the loss
            that each gives, and the best is taken.
        sentences: the file that a translation model's words come from, if it needs one.
        job: what it is to be asked; empty takes any kind of model.

    Raises:
        TaskFailed: it cannot be opened, or no order of the characters fits.
        ModelFileError: it is of a kind that cannot be asked this.
    """
    from rnnviz.core.kinds import kind_named, require

    characters = None if vocabulary is None else _guessed(model, vocabulary)
    found = run_task(
        "open_model",
        {"path": str(model), "vocabulary": characters, "sentences": str(sentences or "")},
    )
    if job:
        require(kind_named(found["kind"]), job, model.name)
    return found


def _guessed(model: Path, source: Path) -> tuple[str, ...]:
    found = run_task("guess_vocabulary", {"path": str(model), "source": str(source)})
    candidates = found["candidates"]
    if not candidates:
        raise TaskFailed(f"{source.name} suggests no vocabulary for {model.name}; try another file")
    compared = figure(found["unigram_nats"] if found["unigram_nats"] is not None else float("nan"))
    print(
        f"vocabulary of {model.name} from {source.name}; a right order is far below "
        f"{compared} nats, what the frequencies alone give:",
        file=sys.stderr,
    )
    for number, candidate in enumerate(candidates):
        loss = candidate["loss_nats"]
        loss = figure(loss if loss is not None else float("nan"))
        chosen = "  <- taken" if number == 0 else ""
        print(f"  {loss:>7} nats  {candidate['how']}{chosen}", file=sys.stderr)
    return tuple(candidates[0]["characters"])


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
