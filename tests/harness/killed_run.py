"""Trains in children that it kills at random moments; `kills.Trainer` starts it and asks.

It reads lines of folder, task, kills and seed, and answers each, as JSON, with how many attempts
were killed, at how many different places, and the exit code of the last one, which finishes. The
children are forked from a process that has torch loaded and never used it, so that a new attempt
takes milliseconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch._dynamo  # noqa: F401 - an optimiser would load it in every child anew
from msgspec.structs import replace

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.log import read_lines
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.training_tasks.task import TrainingTask
from rnnviz.nets.training_tasks.words import WordTask
from tests.nets.small import random_text
from tests.nets.training.small_runs import settings

CONFIG = settings(
    layers=2, dropout=0.3, epochs=1.0, checkpoint_every=3, validation_every=7, parameters_every=5,
    gradient_steps_every=5, temperatures=(0.8,),
)  # fmt: skip
TEXT = random_text(900)
MEMORY = settings(
    task="memory", options={"kind": "adding", "distance": 8}, steps=60, checkpoint_every=3,
    validation_every=7, parameters_every=5, gradient_steps_every=5,
)  # fmt: skip
TRANSLATION = settings(
    task="translation", options={"made": "reversed", "made_pairs": 120, "tokens": "characters"},
    architecture="gru", embedding=6, batch=8, dropout=0.2, steps=30, checkpoint_every=3,
    validation_every=13, parameters_every=5, gradient_steps_every=5,
)  # fmt: skip
TEXTS = Path(__file__).with_name("texts")
_STEPS = {
    "units": 10, "embedding": 6, "batch": 8, "dropout": 0.2, "steps": 40, "checkpoint_every": 3,
    "validation_every": 7, "parameters_every": 5, "held_out": 0.2,
}  # fmt: skip
CLASSIFICATION = replace(
    settings(
        task="classification", **_STEPS,
        options={"readout": "attention", "bidirectional": True, "averaging": 0.9,
                 "word_dropout": 0.2, "embedding_dropout": 0.1, "longest": 5},
    ),
    texts=(str(TEXTS / "reviews.tsv"),),
)  # fmt: skip
TAGGING = replace(settings(task="tagging", **_STEPS), texts=(str(TEXTS / "tags.tsv"),))
NUMBERS = replace(
    settings(task="numbers", **{**_STEPS, "embedding": 0}), texts=(str(TEXTS / "rows.csv"),)
)
WORDS = replace(
    settings(task="words", **_STEPS, gradient_steps_every=5, temperatures=(0.8,)),
    texts=(str(TEXTS / "story.txt"),),
)
CONFIGS = {
    "characters": CONFIG,
    "characters-bfloat16": replace(CONFIG, precision="bfloat16"),
    "characters-gru": replace(CONFIG, architecture="gru", optimiser="rmsprop"),
    "characters-rnn": replace(CONFIG, architecture="rnn", optimiser="sgd", embedding=4),
    "memory": MEMORY,
    "memory-copying": replace(MEMORY, options={"kind": "copying", "distance": 8, "symbols": 3}),
    "classification": CLASSIFICATION,
    "classification-batches": replace(
        CLASSIFICATION, options={"readout": "max", "batch_tokens": 40, "tokens": "characters"}
    ),
    "tagging": TAGGING,
    "numbers": NUMBERS,
    "numbers-made-up": replace(
        NUMBERS, architecture="gru", texts=(), options={"made_up": "flip-flop", "bits": 2}
    ),
    "words": WORDS,
    "translation": TRANSLATION,
    "translation-bfloat16": replace(TRANSLATION, precision="bfloat16"),
}
"""Every task and precision."""


def task_of(config: TrainingConfig) -> TrainingTask:
    """What is trained; the text is in no file."""
    return CharacterTask(config, TEXT) if config.task == "characters" else training_task(config)


def attempt(folder: Path, config: TrainingConfig) -> None:
    """Train in this process, from where the last attempt came to."""
    CharacterTask.sampled = WordTask.sampled = 5
    resume = (folder / "run.json").exists()
    train(task_of(config), config, folder, resume=resume)


def wait_for_growth(path: Path, size: int) -> None:
    """Wait until a file has grown by so many bytes, however busy the machine is."""
    size += path.stat().st_size if path.exists() else 0
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not (path.exists() and path.stat().st_size >= size):
        time.sleep(0.001)


def run(folder: Path, config: TrainingConfig, most_kills: int, seed: int) -> tuple[int, int, int]:
    """Attempt and kill: how often, at how many places, and how the last attempt ended."""
    moments = random.Random(seed)
    kills, killed_at = 0, set[int]()
    while True:
        child = os.fork()
        if child == 0:
            try:
                attempt(folder, config)
            except BaseException as error:  # noqa: BLE001 - the parent must hear of it
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        if kills < most_kills:
            if moments.random() < 0.3:
                # Early: before the first event, the first state, or while the lock is taken.
                time.sleep(moments.uniform(0.0, 0.3))
            else:
                wait_for_growth(folder / "events.jsonl", moments.randrange(6000))
                time.sleep(moments.uniform(0.0, 0.02))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return kills, len(killed_at), os.waitstatus_to_exitcode(status)
        kills += 1
        events = folder / "events.jsonl"
        lines = list(read_lines(events)) if events.exists() else []
        killed_at.add(len(lines))


def main() -> None:
    """Answer until nobody asks any more."""
    for line in sys.stdin:
        folder, name, most_kills, seed = json.loads(line)
        answer = run(Path(folder), CONFIGS[name], most_kills, seed)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
