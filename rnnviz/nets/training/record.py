"""What the loop tells the run directory: events, rows of numbers, checkpoints, states."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.control import Request
from rnnviz.core.runs.directory.log import write_error
from rnnviz.core.runs.directory.writer import RunWriter
from rnnviz.core.runs.histograms import rows_of
from rnnviz.nets.training.optimising import BadNumber, Clipped, norms
from rnnviz.nets.training.progress import Progress
from rnnviz.nets.training.state import State, save_state
from rnnviz.nets.training_tasks.task import TrainingTask, Validation


class Kept(msgspec.Struct, frozen=True):
    """How much had been written when a state was kept; what follows is void once it is resumed."""

    events: int
    rows: dict[str, int] = {}


class Record:
    """Writes one run; in a process that does not write, every call does nothing.

    Args:
        writer: None in all but the first of several processes.
    """

    def __init__(self, writer: RunWriter | None, task: TrainingTask, progress: Progress) -> None:
        self._writer = writer
        self._task = task
        self._progress = progress
        self.kept: Kept | None = None
        """What of the run directory belongs to the state that is gone on from."""
        self._histograms_at = -1
        self._names = [name for name, _ in task.model.named_parameters()]

    def event(self, kind: str, **fields: Any) -> None:
        """An event about the present step."""
        if self._writer is not None:
            self._writer.event(kind, step=self._progress.step, **fields)

    def begin(self, resumed: bool, processes: int, device: str) -> None:
        """A trainer begins; what earlier ones wrote about later steps is void."""
        writer = self._writer
        if writer is None:
            return
        step = self._progress.step
        if resumed and writer.log.next_number > 0:
            self._go_back(writer, step)
            writer.mirror(step)
        else:
            writer.mirror()
        self.event(
            "started",
            resumed=resumed,
            process=os.getpid(),
            host=socket.gethostname(),
            threads=torch.get_num_threads(),
            processes=processes,
            device=device,
        )

    def step(
        self, loss_nats: float, clipped: Clipped, rate: float, parts: Mapping[str, float]
    ) -> None:
        """A step is done; `parts` are other losses, each a curve of its own."""
        progress = self._progress
        epoch = self._task.steps_an_epoch
        self.event(
            "step",
            epoch=progress.step / epoch if epoch else None,
            tokens=progress.tokens,
            seconds=round(progress.seconds, 4),
            loss_nats=loss_nats,
            gradient_norm=clipped.norm,
            clipped=clipped.clipped,
            clipped_norm=clipped.clipped_norm,
            learning_rate=rate,
            **({"metrics": dict(parts)} if parts else {}),
        )

    def parameters(
        self, gradients: list[float], before: Sequence[Tensor], after: Sequence[Tensor]
    ) -> None:
        """The norms of every parameter's gradient and weights, and how far the update moved it."""
        weights = norms(before)
        moved = norms([new - old for new, old in zip(after, before, strict=True)])
        ratios = [
            update / weight if weight else None  # a bias that starts at zero has no ratio yet
            for update, weight in zip(moved, weights, strict=True)
        ]
        self.event(
            "parameters",
            names=self._names,
            gradient_norms=gradients,
            weight_norms=weights,
            update_ratios=ratios,
        )

    def histograms(self) -> None:
        """How the numbers of every parameter lie, and of its gradient as it went into the step."""
        if self._writer is None or self._histograms_at == self._progress.step:
            return
        self._histograms_at = self._progress.step
        parameters = [parameter for _, parameter in self._task.model.named_parameters()]
        rows = rows_of([*parameters, *(parameter.grad for parameter in parameters)])
        self.event("histograms", names=self._names, **self._writer.row("histograms", rows))

    def state_gradients(self, step: int, rows: npt.NDArray[np.float32]) -> None:
        """The norm of dL/dh at every hidden state, (2, L, T), of the step to come."""
        if self._writer is None:
            return
        _, layers, steps = rows.shape
        last = self._writer.row("last-step-gradients", rows[1])
        self._writer.event(
            "gradient_steps",
            step=step,
            **self._writer.row("state-gradients", rows[0]),
            layers=layers,
            steps=steps,
            last_file=last["file"],
            last_row=last["row"],
        )

    def validation(self, found: Validation) -> None:
        """A validation is done."""
        self.event(
            "validation",
            loss_nats=found.loss_nats,
            streams=found.streams,
            metrics=dict(found.metrics),
        )

    def observations(self, temperatures: tuple[float, ...]) -> None:
        """What there is to see of the model now."""
        if self._writer is None:
            return
        for seen in self._task.observe(temperatures):
            row = {} if seen.array is None else self._writer.row(seen.kind, seen.array)
            self.event(seen.kind, **seen.fields, **row)

    def checkpoint(self, name: str) -> None:
        """Write a model file that opens by itself."""
        if self._writer is None:
            return
        self._writer.check_place()
        path = self._writer.checkpoints / f"{name}.safetensors"
        try:
            self._task.save(path, self._summary())
        except OSError as error:
            raise write_error(path, error) from error
        self.event("checkpoint", file=f"checkpoints/{path.name}", best=name == "best")

    def _summary(self) -> dict[str, object]:
        progress, epoch = self._progress, self._task.steps_an_epoch
        return {
            "steps": progress.step,
            "epochs": round(progress.step / epoch, 3) if epoch else 0.0,
            "seconds": round(progress.seconds, 1),
            "loss_nats": round(progress.loss_nats, 4),
            "held_out_nats": round(progress.validation_nats, 4),
        }

    def state(self, state: State) -> None:
        """Write what a resumed run goes on from; the events so far are safe on the disk then."""
        if self._writer is None:
            return
        self._writer.check_place()
        folder = self._writer.checkpoints
        try:
            self._writer.flush()
            kept = Kept(self._writer.log.next_number, self._writer.rows())
            facts = {**state.facts, "kept": msgspec.to_builtins(kept)}
            save_state(folder, State(state.tensors, facts))
        except OSError as error:
            raise write_error(folder / "state.safetensors", error) from error

    def _go_back(self, writer: RunWriter, step: int) -> None:
        """Say what of the events is void, and cut the rows that belong to it."""
        kept = self.kept
        if step == 0:
            # A run that was killed before its second state begins anew, with step 0.
            writer.event("rewind", step=-1)
            writer.cut_rows({})
        elif kept is None:  # the state is of an earlier version
            if writer.log.last_step > step:
                writer.event("rewind", step=step)
        else:
            if writer.log.void_after(step, kept.events):
                writer.event("rewind", step=step, kept=kept.events)
            writer.cut_rows(kept.rows)

    def has_finished(self) -> bool:
        """Whether a trainer before this one said after its last state that the run is finished."""
        if self._writer is None or self.kept is None:
            return False
        return self._writer.log.said_since("finished", self.kept.events)

    def bad_number(self, bad: BadNumber) -> None:
        """NaN or infinity came up for the first time."""
        if self._writer is not None:
            self._writer.event(
                "bad_number", step=bad.step, where=bad.where, parameter=bad.parameter
            )

    def requests(self) -> list[Request]:
        """What the run is asked to do since the last time."""
        return [] if self._writer is None else self._writer.inbox.new()

    def says(self, state: str) -> None:
        """`running` or `paused`, for the heartbeat."""
        if self._writer is not None:
            self._writer.heartbeat.set(state)

    def close(self, state: str) -> None:
        """End; the last state is said in the heartbeat."""
        if self._writer is not None:
            self._writer.close(state)


def open_writer(
    directory: Path, config: TrainingConfig, task: TrainingTask, resumed: bool, steps: int
) -> RunWriter:
    """The writer of a new run, or of one that goes on.

    Raises:
        RunDirectoryError: the directory cannot be used.
    """
    if resumed:
        return RunWriter(directory, None)
    return RunWriter(
        directory,
        config,
        torch=torch.__version__,
        parameters=sum(parameter.numel() for parameter in task.model.parameters()),
        steps=steps,
        steps_an_epoch=task.steps_an_epoch,
        **task.facts,
    )
