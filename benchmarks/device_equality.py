"""Whether a training on CUDA is the training on the processor: 50 losses of each, side by side.

    python benchmarks/device_equality.py [--steps 50] [--device cuda]

Every architecture as a character model, as a translator whose decoder runs at once, and on a
memory task; a translator of each attention, step by step, and a guided one: all in float32
and without dropout, from the same first weights, on the same batches. The largest
difference of a step's loss is printed, and how long a step takes on both.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.log import read_events
from rnnviz.nets.device import device_in_words, training_device
from rnnviz.nets.training import loop
from rnnviz.nets.training_tasks import training_task

CLAIM = 1e-4
TEXT = Path(__file__).parents[1] / "resources" / "texts" / "pride-and-prejudice.txt"
USUAL: dict[str, Any] = {
    "layers": 2, "units": 128, "batch": 32, "sequence_length": 64, "temperatures": (),
    "validation_every": 10**9, "checkpoint_every": 10**9, "warmup_steps": 10,
}  # fmt: skip
NAMES = tuple(facts.name for facts in ARCHITECTURES)


def translator(title: str, architecture: str, **options: Any) -> tuple[str, dict[str, Any]]:
    """A translator of made-up words: its title and settings."""
    made = {"made": "reversed", "tokens": "characters", **options}
    return title, {"task": "translation", "architecture": architecture, "options": made}


CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"characters, {name}", {"texts": (str(TEXT),), "architecture": name}) for name in NAMES),
    *(
        translator(f"reversed words, {name}, general attention after", name, attention="general")
        for name in NAMES
    ),
    *(
        translator(
            f"reversed words, gru, {attention} attention {order}",
            "gru",
            attention=attention,
            order=order,
            bidirectional=attention != "dot",
        )
        for attention, order in (
            ("dot", "before"),
            ("dot", "after"),
            ("general", "before"),
            ("additive", "before"),
            ("additive", "after"),
        )
    ),
    translator("reversed words, lstm, additive attention before", "lstm", attention="additive"),
    translator("reversed words, lstm, no attention", "lstm", attention="none"),
    translator("reversed words, gru, guided", "gru", attention="general", guided=0.5),
    *(
        (
            f"copying, {name}",
            {
                "task": "memory",
                "architecture": name,
                "options": {"kind": "copying", "distance": 40},
            },
        )
        for name in NAMES
    ),
)


def main() -> None:
    """Train every case on both and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--device", default="cuda", help="what is compared with the processor")
    parser.add_argument("--threads", type=int, default=1, help="of the processor")
    options = parser.parse_args()
    print(f"{device_in_words(training_device(options.device))} against the processor")
    # Nothing but steps: samples and checkpoints are no part of the claim.
    loop.STAGES = ()  # type: ignore[assignment]
    short = 0
    for title, chosen in CASES:
        config = {**USUAL, **chosen, "steps": options.steps, "threads": options.threads}
        here, here_ms = losses(TrainingConfig(**config, device="cpu"))
        there, there_ms = losses(TrainingConfig(**config, device=options.device))
        apart = max(abs(one - two) for one, two in zip(here, there, strict=True))
        verdict = "pass" if apart <= CLAIM else "APART"
        short += apart > CLAIM
        print(
            f"{title}: losses {here[0]:.6f} to {here[-1]:.6f} and {there[0]:.6f} to "
            f"{there[-1]:.6f}, at most {apart:.1e} apart (claim {CLAIM:.0e}: {verdict}); "
            f"{here_ms:.1f} ms a step on the processor, {there_ms:.1f} ms there",
            flush=True,
        )
    sys.exit(1 if short else 0)


def losses(config: TrainingConfig) -> tuple[list[float], float]:
    """The loss of every step, and the milliseconds a step takes; the first ten are left out."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        loop.train(training_task(config), config, run)
        events = list(read_events(run, "step"))
    first = events[min(9, len(events) - 2)]
    steps = events[-1]["step"] - first["step"]
    taken_ms = 1000 * (events[-1]["seconds"] - first["seconds"]) / max(1, steps)
    return [event["loss_nats"] for event in events], taken_ms


if __name__ == "__main__":
    main()
