"""The training loop, top to bottom, for every task."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig, read_run
from rnnviz.core.runs.directory.control import Request
from rnnviz.core.runs.directory.log import EVENTS, read_lines
from rnnviz.core.system.ready_types import ready
from rnnviz.nets.device import (
    device_in_words,
    device_of,
    dropout_random,
    restore_dropout_random,
)
from rnnviz.nets.training.optimising import (
    clip_gradient,
    find_bad_number,
    learning_rate,
    loss_and_norm,
    make_optimiser,
    norms,
    set_rate,
)
from rnnviz.nets.training.processes import Processes
from rnnviz.nets.training.progress import Progress
from rnnviz.nets.training.record import Kept, Record, open_writer
from rnnviz.nets.training.state import (
    State,
    load_state,
    named,
    optimiser_tensors,
    part,
    restore_optimiser,
)
from rnnviz.nets.training_tasks.task import Position, TrainingTask

STAGES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of the training at which samples and a checkpoint are kept."""
_LOOK_SECONDS = 0.05
"""A paused trainer looks this often whether it is asked for something."""


class Ending(NamedTuple):
    """How a training ended."""

    state: str
    """`finished`, `stopped`, or `failed` for NaN and infinity."""
    reason: str = ""
    """For people, where it is not plain."""


def train(
    task: TrainingTask,
    config: TrainingConfig,
    directory: Path,
    *,
    resume: bool = False,
    processes: Processes | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Ending:
    """Train and write the run directory.

    Args:
        task: as `training_task(config)` makes it.
        resume: go on with the run that lies there, bit for bit as if it had never ended.
        report: called after every step.
        stopped: asked after every step; True ends the run as a stop does.

    Raises:
        RunDirectoryError: the settings or the directory cannot be used, or no longer can.
    """
    config.check()
    training = _Training(task, config, directory, resume, processes or Processes())
    state = "failed"
    try:
        training.begin()
        while (ending := training.ending()) is None:
            training.step()
            training.look_after()
            report(training.progress)
            training.obey(stopped)
        training.end(ending)
        report(training.progress)
        state = ending.state
    finally:
        training.record.close(state)
    return ending


def steps_of(config: TrainingConfig, task: TrainingTask) -> int:
    """How many steps this training takes, at least one.

    Raises:
        RunDirectoryError: the configuration does not say, and the examples never end.
    """
    if config.steps == 0 and task.steps_an_epoch == 0:
        raise RunDirectoryError(
            f"steps is 0, and the examples of the task {task.name} never end; say how many to "
            "train with --steps"
        )
    return config.steps or max(1, round(config.epochs * task.steps_an_epoch))


class _Training:
    """One run under way: the task, its optimiser, and what is written about them."""

    def __init__(
        self,
        task: TrainingTask,
        config: TrainingConfig,
        directory: Path,
        resume: bool,
        processes: Processes,
    ) -> None:
        self.task, self.config, self.processes, self.resumed = task, config, processes, resume
        torch.set_num_threads(max(1, config.threads))
        torch.manual_seed(config.seed + processes.share.number)
        self.progress = Progress(steps_of(config, task), 60 * config.minutes)
        self.device = device_of(task.model)
        self.parameters = [p for p in task.model.parameters() if p.requires_grad]
        self.optimiser = make_optimiser(task.model, config)
        self.network = processes.wrap(task.model)
        self.stages = {round(share * self.progress.steps) for share in STAGES}
        self.timed_stages = [share for share in STAGES if 0 < share < 1]
        self.clock, self.time_share = time.perf_counter(), 0.0
        self.stop_reason: Ending | None = None
        writer = None
        if processes.first:
            writer = open_writer(directory, config, task, resume, self.progress.steps)
        self.record = Record(writer, task, self.progress)
        self.ended_before, self.over = False, False
        if resume:
            try:
                self._restore(directory)
            except BaseException:
                self.record.close("failed")
                raise

    def _restore(self, directory: Path) -> None:
        """Everything as it was when the last state was written."""
        known, facts = read_run(directory).facts, self.task.facts
        if any(known.get(key) not in (None, facts.get(key)) for key in ("digest", "text_digest")):
            raise RunDirectoryError(
                f"the training data of {directory} has changed since the run began; put the old "
                "texts back, or start a new run from its weights with --start-from"
            )
        lines = read_lines(directory / EVENTS) if (directory / EVENTS).exists() else ()
        begun = any(line.get("step", 0) > 0 for line in lines)
        state = load_state(directory / "checkpoints", begun)
        if state is None:
            return
        try:
            self._take_over(state)
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise RunDirectoryError(
                f"the state in {directory / 'checkpoints'} does not fit this run ({error}); start "
                "another from its last model with --start-from"
            ) from error

    def _take_over(self, state: State) -> None:
        facts, tensors = state.facts, state.tensors
        if facts["processes"] != self.processes.share.of:
            raise RunDirectoryError(
                f"the run was trained by {facts['processes']} processes, not "
                f"{self.processes.share.of}; continue it with as many"
            )
        self.task.model.load_state_dict(part(tensors, "model."))
        restore_optimiser(self.optimiser, part(tensors, "optimiser."))
        mine = part(tensors, f"process{self.processes.share.number}.")
        torch.set_rng_state(mine["random"])
        restore_dropout_random(self.device, mine)
        self.task.restore(Position(facts["position"], part(mine, "task.")))
        self.progress.restore(facts["progress"])
        settings = {**facts["settings"], "temperatures": tuple(facts["settings"]["temperatures"])}
        self.config = msgspec.structs.replace(self.config, **settings)
        self.ended_before = facts["ended"]
        if "kept" in facts:
            self.record.kept = msgspec.convert(facts["kept"], ready(Kept))
        self.over = self.ended_before and bool(self.processes.agree(self.record.has_finished()))

    def begin(self) -> None:
        """Say that the training begins; a new one shows its model before the first step."""
        if self.over:
            return
        self.record.begin(self.resumed, self.processes.share.of, device_in_words(self.device))
        self.task.model.train()
        self.clock = time.perf_counter()
        if self.progress.step == 0:
            self._show("step-00000000")
            self._keep_state()

    def ending(self) -> Ending | None:
        """Whether it is over, and why."""
        if self.stop_reason is not None:
            return self.stop_reason
        progress, patience = self.progress, self.config.early_stopping
        if progress.step >= progress.steps:
            return Ending("finished")
        self.time_share = self.processes.agree(progress.time_share) if self.config.minutes else 0.0
        if self.time_share >= 1:
            return Ending("finished", f"{self.config.minutes:g} minutes have passed")
        if patience and progress.since_best >= patience:
            return Ending("finished", f"no better validation in {patience} in a row")
        return None

    def step(self) -> None:
        """One step: forward, backward, clip, update; then what it was goes to the record."""
        task, config, progress = self.task, self.config, self.progress
        number = progress.step + 1
        began = time.perf_counter()
        batch = task.next_batch()
        if number % config.gradient_steps_every == 0 and self.processes.first:
            rows = task.state_gradients(batch)
            if rows is not None:
                self.record.state_gradients(number, rows)
        rate = learning_rate(config, progress.step, progress.steps, self.time_share)
        set_rate(self.optimiser, rate)

        loss = task.loss(self.network, batch)
        self.optimiser.zero_grad()
        loss.minimised.backward()
        measured = number % config.parameters_every == 0
        raw = norms([p.grad for p in self.parameters if p.grad is not None]) if measured else []
        before = [p.detach().clone() for p in self.parameters] if measured else []
        nats, norm = loss_and_norm(loss.nats, self.parameters)
        clipped = clip_gradient(self.parameters, config, norm)
        nats, tokens = self.processes.mean(nats, loss.tokens)
        if not progress.bad_number:
            self._check(number, nats, clipped.norm)
        if self.stop_reason is None:
            self.optimiser.step()

        progress.advance(nats, tokens, time.perf_counter() - began)
        self.record.step(nats, clipped, rate, {name: float(x) for name, x in loss.parts.items()})
        if measured:
            self.record.parameters(raw, before, [p.detach() for p in self.parameters])

    def _check(self, number: int, nats: float, norm: float) -> None:
        """Name the first NaN or infinity; unless the run shall go on, it ends before the update."""
        bad = find_bad_number(self.task.model, number, nats, norm)
        if bad is None:
            return
        self.progress.bad_number = bad.in_words()
        self.record.bad_number(bad)
        if self.config.on_bad_number == "stop":
            self.stop_reason = Ending("failed", bad.in_words())

    def look_after(self) -> None:
        """Validate, sample and keep checkpoints where this step calls for it."""
        step, config = self.progress.step, self.config
        if step >= self.progress.steps or self.stop_reason is not None:
            return
        if step % config.validation_every == 0:
            self._validate(final=False)
        if self._timed_stage() if config.minutes else step in self.stages:
            self._show(f"step-{step:08d}")
        if step % config.checkpoint_every == 0:
            self.record.checkpoint("latest")
            self._record_histograms()
            self._keep_state()

    def _timed_stage(self) -> bool:
        """Whether the time has come to a stage, of a training that ends by the clock."""
        done = max(self.progress.step / self.progress.steps, self.time_share)
        due = [share for share in self.timed_stages if share <= done]
        self.timed_stages = self.timed_stages[len(due) :]
        return bool(due)

    def obey(self, stopped: Callable[[], bool]) -> None:
        """Do what is asked of the run; while it is paused, wait here."""
        now = time.perf_counter()
        self.progress.elapsed += now - self.clock
        self._obey_requests(stopped)
        # A pause takes nothing of the time that the training may take.
        self.clock = time.perf_counter()

    def _obey_requests(self, stopped: Callable[[], bool]) -> None:
        paused = False
        while True:
            asked = self.record.requests()
            if self.processes.first and stopped():
                asked = [*asked, Request("stop")]
            for request in self.processes.agree_on(asked):
                if request.command == "pause" and not paused:
                    paused = True
                    self.record.event("paused")
                    self._keep_state()
                    self.record.says("paused")
                elif request.command == "resume" and paused:
                    paused = False
                    self.record.event("resumed")
                    self.record.says("running")
                elif request.command == "stop":
                    self.stop_reason = self.stop_reason or Ending("stopped")
                else:
                    self._obey(request)
            if not paused or self.stop_reason is not None:
                return
            time.sleep(_LOOK_SECONDS)

    def _obey(self, request: Request) -> None:
        if request.command == "checkpoint":
            self.record.checkpoint("latest")
            self._keep_state()
        elif request.command == "sample":
            self.record.observations(self.config.temperatures)
            self._keep_state()
        elif request.command == "set" and request.value is not None:
            value: object = request.value
            setting = request.setting
            if setting == "temperature":
                setting, value = "temperatures", (request.value,)
            self.config = msgspec.structs.replace(self.config, **{setting: value})
            self.record.event("changed", setting=request.setting, value=request.value)
            self._keep_state()

    def end(self, ending: Ending) -> None:
        """Show and judge the model for the last time, and keep it; one that was stopped goes on."""
        if self.over:
            return  # all of it was done and said before
        if ending.state == "finished" and not self.ended_before:
            self._show(f"step-{self.progress.step:08d}")
            self._validate(final=True)
        if ending.state != "failed" and not self.ended_before:
            self.record.checkpoint("latest")
            self._keep_state(ended=ending.state == "finished")
        kind = "stopped" if ending.state == "failed" else ending.state
        self.record.event(kind, **({"reason": ending.reason} if ending.reason else {}))

    def _validate(self, final: bool) -> None:
        found = self.task.validate(final) if self.processes.first else None
        if not self.processes.agree(found is not None):
            return
        nats = self.processes.agree(found.loss_nats if found else 0.0)
        if found is not None:
            self.record.validation(found)
        if self.progress.judge(nats):
            self.record.checkpoint("best")

    def _show(self, name: str) -> None:
        """Samples, and a checkpoint beside them."""
        self.record.observations(self.config.temperatures)
        self.record.checkpoint(name)
        self._record_histograms()

    def _record_histograms(self) -> None:
        if self.config.histograms:
            self.record.histograms()

    def _keep_state(self, ended: bool = False) -> None:
        """Write what a resumed run goes on from."""
        position = self.task.position()
        mine = {
            **named("task.", {name: part.cpu() for name, part in position.tensors.items()}),
            **dropout_random(self.device),
            "random": torch.get_rng_state(),
        }
        gathered = self.processes.gather(mine)
        if not self.processes.first:
            return
        config = self.config
        facts = {
            "version": 1,
            "ended": ended,
            "processes": self.processes.share.of,
            "position": dict(position.facts),
            "progress": self.progress.saved(),
            "settings": {
                "learning_rate": config.learning_rate,
                "clip_threshold": config.clip_threshold,
                "temperatures": list(config.temperatures),
            },
        }
        tensors = {
            **named("model.", self.task.model.state_dict()),
            **named("optimiser.", optimiser_tensors(self.optimiser)),
            **gathered,
        }
        self.record.state(State(tensors, facts))
