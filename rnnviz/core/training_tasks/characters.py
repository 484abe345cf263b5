"""Learning to predict the next character of a text."""

from __future__ import annotations

import math

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.training_texts import problem_with
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription

_USUAL_VOCABULARY = 96
_QUICK_STEPS = 3_000


def suggested(characters: int) -> dict[str, Setting]:
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
    stack = stack_parameters(config, config.embedding or vocabulary)
    seen = config.units * (config.layers if config.skip else 1)
    return config.embedding * vocabulary + stack + vocabulary * (seen + 1)


def rough(config: TrainingConfig, characters: int) -> Rough:
    """Steps, seconds and parameters of a run on a text of so many characters."""
    steps, parameters = steps_of(config, characters), parameters_of(config)
    seconds = seconds_of(config, steps, parameters, config.sequence_length)
    return Rough(steps, seconds, parameters)


CHARACTERS = TaskDescription(
    key="characters",
    title="Language model of characters",
    about="Reads a text character by character and learns which one comes next.",
    structure="many-to-many-in-step",
    data=Data("Text", "Choose a text, or drop one.", "Choose one or more texts"),
    presets=(
        Preset(
            "suggested", "Suggested for this text", "Sizes that suit the length of the text.", {}
        ),
        Preset(
            "quick",
            "Small and fast",
            "A few minutes: enough to see words and quotes appear.",
            {"architecture": "lstm", "layers": 1, "units": 128, "batch": 16,
             "sequence_length": 64, "steps": _QUICK_STEPS, "dropout": 0.0,
             "validation_every": 250, "checkpoint_every": 250},
        ),
        Preset(
            "medium",
            "Medium",
            "An hour or so on a laptop: quote cells, line cells.",
            {"architecture": "lstm", "layers": 2, "units": 256, "batch": 16,
             "sequence_length": 64},
        ),
        Preset(
            "large",
            "Large",
            "Hours: two layers of 512, for texts of several million characters.",
            {"architecture": "lstm", "layers": 2, "units": 512, "batch": 32,
             "sequence_length": 100, "dropout": 0.2, "embedding": 128},
        ),
        Preset(
            "vanishing",
            "Vanilla RNN, to see gradients vanish",
            "One layer of tanh units over long sequences: watch the gradient over time.",
            {"architecture": "rnn", "layers": 1, "units": 128, "batch": 16,
             "sequence_length": 100, "steps": _QUICK_STEPS, "learning_rate": 0.001,
             "gradient_steps_every": 20},
        ),
    ),
    suggested=suggested,
    rough=rough,
    problem=problem_with,
    unit="character",
)  # fmt: skip
