"""Makes run directories without training anything."""

from __future__ import annotations

import json
import math
import os
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("layers.0.weight_hh_l0", "layers.0.weight_ih_l0", "output.weight")


class MadeRun:
    """A run directory that grows as its methods are called; time is what it is told."""

    def __init__(
        self,
        directory: Path,
        *,
        version: int = 2,
        more_facts: dict[str, Any] | None = None,
        **config: Any,
    ) -> None:
        self.directory = directory
        self.version = version
        self.sequence, self.now = 0, 1_700_000_000.0
        settings = {
            "texts": ["novel.txt"], "name": directory.name, "architecture": "lstm", "layers": 2,
            "units": 8, "batch": 4, "sequence_length": 16, "learning_rate": 0.004, "clip": "norm",
            "clip_threshold": 1.0, "epochs": 2.0, **config,
        }  # fmt: skip
        facts = {"parameters": 1234, "training_characters": 6400, "steps": 200}
        facts |= more_facts or {}
        (directory / "checkpoints").mkdir(parents=True)
        (directory / "arrays").mkdir()
        (directory / "run.json").write_text(
            json.dumps({"version": version, "config": settings, **facts})
        )
        (directory / "events.jsonl").touch()

    def event(self, kind: str, **fields: Any) -> None:
        """Append one event."""
        named = {key: _named(value) for key, value in fields.items()}
        line = {"seq": self.sequence, "t": self.now, "k": kind, **named}
        self.sequence += 1
        with (self.directory / "events.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def steps(self, first: int, last: int, **fixed: Any) -> None:
        """Steps whose loss falls as 4 / sqrt(step); every third is clipped."""
        lines = []
        for step in range(first, last + 1):
            self.now += 0.5
            line: dict[str, Any] = {
                "seq": self.sequence, "t": self.now, "k": "step", "step": step,
                "loss_nats": 4 / math.sqrt(step), "gradient_norm": 1.5 if step % 3 == 0 else 0.5,
                "clipped": step % 3 == 0, "learning_rate": 0.004,
            }  # fmt: skip
            if self.version > 1:
                line |= {
                    "epoch": step / 100, "tokens": step * 64, "seconds": step * 0.5,
                    "clipped_norm": min(1.0, line["gradient_norm"]),
                }  # fmt: skip
            lines.append(json.dumps(line | {key: _named(value) for key, value in fixed.items()}))
            self.sequence += 1
        with (self.directory / "events.jsonl").open("a") as file:
            file.write("".join(line + "\n" for line in lines))

    def lock(self, process: int | None = None, host: str | None = None) -> None:
        """Hold the directory as a trainer does; by default this very process."""
        holder = {"host": host or socket.gethostname(), "process": process or os.getpid()}
        (self.directory / "lock").write_text(json.dumps({**holder, "time": time.time()}))

    def unlock(self) -> None:
        """Let the directory go."""
        (self.directory / "lock").unlink()

    def gradient_steps(self, step: int, layers: int = 2, length: int = 16) -> None:
        """A row of gradient norms that fade by half with every step back."""
        back = np.arange(length)[::-1]
        norms = np.stack([(layer + 1) * 0.5**back for layer in range(layers)])
        path = self.directory / "arrays" / "gradient_steps.f32"
        row = path.stat().st_size // (4 * norms.size) if path.exists() else 0
        with path.open("ab") as file:
            file.write(norms.astype("<f4").tobytes())
        self.event(
            "gradient_steps", step=step, file="arrays/gradient_steps.f32", row=row, layers=layers,
            steps=length,
        )  # fmt: skip

    def alignment(self, step: int, source: str, target: str) -> None:
        """Weights of a sentence, spread evenly at first, on the diagonal later."""
        words, made = source.split(), target.split()
        sharp = min(1.0, step / 100)
        weights = np.full((len(made), len(words)), (1 - sharp) / len(words), "<f4")
        for place in range(len(made)):
            weights[place, min(place, len(words) - 1)] += sharp
        path = self.directory / "arrays" / "alignment.f32"
        row = path.stat().st_size // weights.nbytes if path.exists() else 0
        with path.open("ab") as file:
            file.write(weights.tobytes())
        self.event(
            "alignment", step=step, file="arrays/alignment.f32", row=row, source=words, target=made
        )

    def parameters(self, step: int, gradient: float = 0.1) -> None:
        """Norms of three parameters."""
        self.event(
            "parameters",
            step=step,
            names=NAMES,
            gradient_norms=[gradient * (place + 1) for place in range(3)],
            weight_norms=[10.0, 20.0, 5.0],
            update_ratios=[0.001, 0.002, 0.003],
        )

    def histograms(self, step: int, spread: float = 1.0, *, gradients: bool = True) -> None:
        """Numbers of three parameters that lie around zero, a thousand each."""
        x = np.linspace(-3, 3, 100)
        counts = np.exp(-(x**2) / 2)
        row = np.concatenate([[-3 * spread, 3 * spread, 0.0], counts * 1000 / counts.sum()])
        none = row if gradients else np.full_like(row, np.nan)
        values = np.stack([row] * 3 + [none] * 3).astype("<f4")
        path = self.directory / "arrays" / "histograms.f32"
        place = path.stat().st_size // values.nbytes if path.exists() else 0
        with path.open("ab") as file:
            file.write(values.tobytes())
        self.event("histograms", step=step, names=NAMES, file="arrays/histograms.f32", row=place)

    def checkpoint(self, step: int, content: bytes = b"model") -> Path:
        """A checkpoint file, and the event that names it."""
        name = f"checkpoints/step-{step:08d}.safetensors"
        (self.directory / name).write_bytes(content)
        self.event("checkpoint", step=step, file=name, best=False)
        return self.directory / name


def _named(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def finished_run(directory: Path, **config: Any) -> MadeRun:
    """A run of 200 steps with something of everything."""
    run = MadeRun(directory, **config)
    run.event("started", step=0, resumed=False, process=1, host="here", threads=1)
    run.event("sample", step=0, temperature=0.8, text="xqz jh")
    run.checkpoint(0)
    for first in range(1, 200, 50):
        run.steps(first, first + 49)
        step = first + 49
        run.parameters(step)
        run.gradient_steps(step)
        run.event("validation", step=step, loss_nats=4.2 / math.sqrt(step), streams=4)
        for temperature in (0.5, 0.8):
            run.event("sample", step=step, temperature=temperature, text=f"the text at {step}")
        run.checkpoint(step)
    (run.directory / "checkpoints" / "best.safetensors").write_bytes(b"model")
    run.event("finished", step=200)
    return run
