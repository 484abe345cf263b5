"""Trainings that take a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.training.loop import train as train_task
from rnnviz.nets.training_tasks.characters import CharacterTask


def settings(**changed: Any) -> TrainingConfig:
    """One small layer, short sequences, two streams."""
    chosen: dict[str, Any] = {
        "layers": 1,
        "units": 12,
        "sequence_length": 8,
        "batch": 2,
        "epochs": 1.0,
        "learning_rate": 0.02,
        "warmup_steps": 1,
        "validation_every": 10_000,
        "checkpoint_every": 10_000,
    }
    return TrainingConfig(texts=("a.txt",), **(chosen | changed))


def train(
    config: TrainingConfig, text: str, directory: Path, *arguments: Any, **named: Any
) -> LanguageModel:
    """Train on a text that needs no file."""
    if arguments:
        named["report"] = arguments[0]
    task = CharacterTask(config, text)
    train_task(task, config, directory, **named)
    return task.model.eval()


def stopping_after(steps: int) -> dict[str, Any]:
    """Arguments of `train` that end the run after so many steps."""
    seen: list[int] = []
    return {
        "report": lambda progress: seen.append(progress.step),
        "stopped": lambda: len(seen) >= steps,
    }
