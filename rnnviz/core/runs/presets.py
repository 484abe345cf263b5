"""Settings to begin with: what suits a text of a certain length, and a few by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnviz.core.architectures import facts_of
from rnnviz.core.runs.config import TrainingConfig

_USUAL_VOCABULARY = 96
_QUICK_STEPS = 3_000
_OPERATIONS_A_SECOND, _STEP_SECONDS, _TIME_STEP_SECONDS = 3e10, 2e-3, 3e-5
"""One core of a laptop."""


@dataclass(frozen=True)
class Preset:
    """Settings under a name; what it does not name stays as suggested for the text."""

    name: str
    title: str
    about: str
    settings: Mapping[str, Any]


_MEMORY: dict[str, Any] = {
    "task": "memory", "layers": 1, "units": 64, "batch": 20, "steps": 1_500, "embedding": 0,
    "learning_rate": 0.01, "schedule": "constant", "warmup_steps": 0, "dropout": 0.0,
    "validation_every": 50, "gradient_steps_every": 25,
}  # fmt: skip

PRESETS = (
    Preset("suggested", "Suggested for this text", "Sizes that suit the length of the text.", {}),
    Preset(
        "quick",
        "Small and fast",
        "A few minutes: enough to see words and quotes appear.",
        {"architecture": "lstm", "layers": 1, "units": 128, "batch": 16, "sequence_length": 64,
         "steps": _QUICK_STEPS, "dropout": 0.0, "validation_every": 250, "checkpoint_every": 250},
    ),
    Preset(
        "medium",
        "Medium",
        "An hour or so on a laptop: quote cells, line cells.",
        {"architecture": "lstm", "layers": 2, "units": 256, "batch": 16, "sequence_length": 64},
    ),
    Preset(
        "large",
        "Large",
        "Hours: two layers of 512, for texts of several million characters.",
        {"architecture": "lstm", "layers": 2, "units": 512, "batch": 32, "sequence_length": 100,
         "dropout": 0.2, "embedding": 128},
    ),
    Preset(
        "vanishing",
        "Vanilla RNN, to see gradients vanish",
        "One layer of tanh units over long sequences: watch the gradient over time.",
        {"architecture": "rnn", "layers": 1, "units": 128, "batch": 16, "sequence_length": 100,
         "steps": _QUICK_STEPS, "learning_rate": 0.001, "gradient_steps_every": 20},
    ),
    Preset(
        "adding-lstm",
        "Adding over 50 steps, LSTM",
        "A task made for memory, learned in a minute or two; no text is needed.",
        {**_MEMORY, "architecture": "lstm", "options": {"kind": "adding", "distance": 50}},
    ),
    Preset(
        "adding-rnn",
        "Adding over 50 steps, vanilla RNN",
        "The same task, where the gradient vanishes and nothing is learned.",
        {**_MEMORY, "architecture": "rnn", "options": {"kind": "adding", "distance": 50}},
    ),
    Preset(
        "copying",
        "Copying a symbol over 50 steps, LSTM",
        "A symbol, then blanks, then the symbol is wanted; a vanilla RNN learns it in part or not "
        "at all.",
        {**_MEMORY, "architecture": "lstm",
         "options": {"kind": "copying", "distance": 50, "symbols": 1}},
    ),
)  # fmt: skip


def suggested(characters: int) -> dict[str, Any]:
    """Settings that suit a text of so many characters.

    >>> suggested(5_000_000)["units"], suggested(100_000)["units"]
    (512, 128)
    """
    if characters < 400_000:
        return {"layers": 1, "units": 128, "batch": 8, "sequence_length": 64, "dropout": 0.2,
                "epochs": 30.0}  # fmt: skip
    if characters < 2_500_000:
        return {"layers": 2, "units": 256, "batch": 16, "sequence_length": 64, "dropout": 0.1,
                "epochs": 10.0}  # fmt: skip
    return {"layers": 2, "units": 512, "batch": 32, "sequence_length": 100, "dropout": 0.1,
            "epochs": 6.0, "embedding": 128}  # fmt: skip


def config_for(preset: Preset, texts: tuple[Path, ...], characters: int) -> TrainingConfig:
    """The settings of a preset for these texts."""
    settings = {**suggested(characters), **preset.settings}
    if "task" in settings:
        return TrainingConfig(name=preset.name, **settings)
    name = texts[0].stem if texts else ""
    return TrainingConfig(texts=tuple(map(str, texts)), name=name, **settings)


def steps_of(config: TrainingConfig, characters: int) -> int:
    """How many steps a run on a text of so many characters will take."""
    if config.steps:
        return config.steps
    held = config.held_out if config.held_out > 1 else config.held_out * characters
    an_epoch = math.ceil(max(1.0, (characters - held) / config.batch - 1) / config.sequence_length)
    return max(1, round(config.epochs * an_epoch))


def parameters_of(config: TrainingConfig, vocabulary: int = _USUAL_VOCABULARY) -> int:
    """How many numbers a character model of these sizes learns; a text's vocabulary may differ.

    >>> parameters_of(TrainingConfig(architecture="rnn", layers=1, units=2), vocabulary=3)
    23
    """
    given = config.embedding or vocabulary
    total = config.embedding * vocabulary
    facts = facts_of(config.architecture)
    for layer in range(config.layers):
        below = given if layer == 0 else config.units + (given if config.skip else 0)
        total += sum(math.prod(shape) for shape in facts.shapes(below, config.units).values())
    seen = config.units * (config.layers if config.skip else 1)
    return total + vocabulary * (seen + 1)


def rough_seconds(config: TrainingConfig, characters: int) -> float:
    """How long a run might take, by counting operations; some machines are several times faster.

    Six operations a weight and token, forth and back, beside what a step and each of its time
    steps cost however small they are.
    """
    work = 6.0 * parameters_of(config) * config.batch * config.sequence_length
    small = _STEP_SECONDS + config.sequence_length * config.layers * _TIME_STEP_SECONDS
    return steps_of(config, characters) * (work / _OPERATIONS_A_SECOND + small)


def free_directory(folder: Path, name: str) -> Path:
    """A place for a new run in `folder` that nothing lies at yet: `name`, `name-2`, ..."""
    words = "".join(c if c.isalnum() or c in "-_ ." else "-" for c in name).strip(" .") or "run"
    path, number = folder / words, 1
    while path.exists():
        number += 1
        path = folder / f"{words}-{number}"
    return path
