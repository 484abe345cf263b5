"""What recording a training costs: the rate of a bare PyTorch loop that does the same steps.

    python benchmarks/training.py [--steps 500] [--units 128 256] [--repeats 1]

1. Bare: `torch.nn.LSTM` of two layers and a linear layer on one-hot characters, fused Adam,
   `clip_grad_norm_`, the loss read every step; nothing is written.
2. Recorded: `rnnviz.nets.training` with its usual settings: events, norms of every parameter,
   gradients through time, TensorBoard, checkpoints and states; a second process watches the run
   directory ten times a second, as a window does.

Both take turns of ten steps in one process and one thread. Samples and validations are left out,
since the bare loop has none.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.training import loop
from rnnviz.nets.training.progress import Progress
from rnnviz.nets.training_tasks.characters import CharacterTask

CLAIM = 0.95
TURN = 10
WATCH = """
import sys, time
from pathlib import Path
from rnnviz.core.runs.watched import WatchedRun
while True:
    try:
        watched = WatchedRun(Path(sys.argv[1]))
        break
    except Exception:
        time.sleep(0.1)
while True:
    watched.poll()
    time.sleep(0.1)
"""


def main() -> None:
    """Measure every size and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--units", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    # One turn at the start and the end only; a sample is no part of a step.
    loop.STAGES = ()  # type: ignore[assignment]
    for units in options.units:
        for _ in range(options.repeats):
            compare(units, options.batch, options.steps)


def compare(units: int, batch: int, steps: int) -> None:
    """Train both in turns and print their rates."""
    config = TrainingConfig(
        units=units, batch=batch, steps=steps, validation_every=10**9, temperatures=(), name="b"
    )
    drawn = np.random.default_rng(0).integers(97, 97 + 90, 400_000)
    task = CharacterTask(config, "".join(map(chr, drawn)))
    bare = bare_steps(task, config)
    turns: list[tuple[float, float, float, float]] = []
    began, began_cpu = time.perf_counter(), time.process_time()

    def report(progress: Progress) -> None:
        nonlocal began, began_cpu
        if progress.step % TURN:
            return
        middle, middle_cpu = time.perf_counter(), time.process_time()
        for _ in range(TURN):
            bare()
        now, now_cpu = time.perf_counter(), time.process_time()
        turns.append((middle - began, now - middle, middle_cpu - began_cpu, now_cpu - middle_cpu))
        began, began_cpu = now, now_cpu

    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        watcher = subprocess.Popen([sys.executable, "-c", WATCH, str(run)])
        try:
            loop.train(task, config, run, report=report)
        finally:
            watcher.kill()
            watcher.wait()
    turns = turns[2 : steps // TURN]
    recorded, plain, recorded_cpu, plain_cpu = (sum(each) for each in zip(*turns, strict=True))
    ratio = plain / recorded
    count = TURN * len(turns)
    usual = statistics.median(turn[1] / turn[0] for turn in turns)
    verdict = "pass" if ratio >= CLAIM else "SHORT"
    print(
        f"LSTM 2 x {units}, {batch} streams of {config.sequence_length}: bare "
        f"{count / plain:.2f} steps/s, recorded and watched {count / recorded:.2f} steps/s: "
        f"{ratio:.3f} of it (claim {CLAIM}: {verdict}); median turn {usual:.3f}; by processor time "
        f"{plain_cpu / recorded_cpu:.3f}"
    )


def bare_steps(task: CharacterTask, config: TrainingConfig) -> Callable[[], float]:
    """A function that does the next step of a plain loop over the same batches."""
    size = len(task.model.symbols)
    lstm, output = nn.LSTM(size, config.units, config.layers), nn.Linear(config.units, size)
    parameters = [*lstm.parameters(), *output.parameters()]
    optimiser = torch.optim.Adam(parameters, config.learning_rate, fused=True)
    columns, length = task.columns, config.sequence_length
    place, state = 0, zeros(config)

    def step() -> float:
        nonlocal place, state
        if place + length >= len(columns):
            place, state = 0, zeros(config)
        inputs, targets = columns[place : place + length], columns[place + 1 : place + length + 1]
        place += length
        hidden, after = lstm(functional.one_hot(inputs, size).float(), state)
        loss = functional.cross_entropy(output(hidden).flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, config.clip_threshold)
        optimiser.step()
        state = after[0].detach(), after[1].detach()
        return loss.item()

    return step


def zeros(config: TrainingConfig) -> tuple[Tensor, Tensor]:
    """The state before a text."""
    shape = config.layers, config.batch, config.units
    return torch.zeros(shape), torch.zeros(shape)


if __name__ == "__main__":
    main()
