"""Learning to predict the next word of a text."""

from __future__ import annotations

from collections.abc import Mapping

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.training_texts import problem_with
from rnnviz.core.training_tasks.characters import steps_of
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters
from rnnviz.core.training_tasks.shared_fields import lower, tokens, vocabulary
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription

_BYTES_A_WORD = 5.5
_COMMON: Mapping[str, Setting] = {
    "architecture": "lstm", "layers": 1, "batch": 32, "sequence_length": 35, "dropout": 0.3,
    "epochs": 8.0, "learning_rate": 0.002,
}  # fmt: skip


def rough(config: TrainingConfig, size: int) -> Rough:
    """Steps, seconds and parameters of a run on a text of so many bytes."""
    words = round(size / _BYTES_A_WORD)
    steps = steps_of(config, words)
    vocabulary = min(int(config.options.get("vocabulary", 10_000)), max(8, words // 4))
    width = config.embedding or vocabulary
    parameters = stack_parameters(config, width) + vocabulary * (config.embedding + config.units)
    return Rough(steps, seconds_of(config, steps, parameters, config.sequence_length), parameters)


WORDS = TaskDescription(
    key="words",
    title="Language model of words",
    about="Reads a text word by word, or by parts of words, and learns which one comes next.",
    structure="many-to-many-in-step",
    data=Data("Text", "Choose a text, or drop one.", "Choose one or more texts"),
    options=(
        tokens("words", "subwords"),
        vocabulary("Tokens at most; rarer words are unknown", 10_000, low=16, high=200_000),
        lower("The text is"),
    ),
    usual=("tokens", "vocabulary", "lower"),
    titles={"sequence_length": "Tokens a step"},
    presets=(
        Preset(
            "small",
            "Small",
            "Some minutes on a novel: common words, and which follow each other.",
            {**_COMMON, "units": 128, "embedding": 64, "epochs": 3.0},
        ),
        Preset(
            "medium",
            "Medium",
            "An hour or so on a novel.",
            {**_COMMON, "units": 256, "embedding": 128},
        ),
    ),
    rough=rough,
    problem=problem_with,
    measured=False,
    unit="word",
)  # fmt: skip
