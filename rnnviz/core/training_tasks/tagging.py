"""Learning to say what every word is."""

from __future__ import annotations

from collections.abc import Mapping

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import File, Switch
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters, steps_in
from rnnviz.core.training_tasks.shared_fields import lower, vocabulary, word_vectors
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription

_BYTES_A_SENTENCE, _WORDS_A_SENTENCE = 200, 20
_COMMON: Mapping[str, Setting] = {
    "architecture": "lstm", "layers": 1, "dropout": 0.3, "batch": 32, "optimiser": "adam",
    "learning_rate": 0.003, "warmup_steps": 50, "validation_every": 100, "checkpoint_every": 100,
}  # fmt: skip


def rough(config: TrainingConfig, size: int) -> Rough:
    """Steps and seconds of a run on sentences of so many bytes."""
    steps = steps_in(config, max(1.0, size / _BYTES_A_SENTENCE))
    parameters = stack_parameters(config, config.embedding or 100)
    return Rough(steps, seconds_of(config, steps, parameters, _WORDS_A_SENTENCE))


TAGGING = TaskDescription(
    key="tagging",
    title="Labels of words",
    about="Reads a sentence and gives every word a label: its part of speech, say.",
    structure="many-to-many-in-step",
    data=Data(
        "Labelled words",
        "Choose a file of two columns: a word and its label on each line, a blank line after each "
        "sentence.",
        "Choose a file of words and labels",
    ),
    options=(
        Switch(
            name="bidirectional",
            title="Both ways",
            help="Sentences are read from both ends, so that a label may depend on what follows",
            default=True,
        ),
        vocabulary("Words at most; rarer ones are unknown", 20_000),
        lower("Words are", default=True),
        word_vectors(),
        File(
            name="held_out_texts",
            title="Held-out sentences",
            help="A file to judge by, instead of holding out a share of the sentences",
            choose="Choose a file of words and labels",
        ),
    ),
    usual=("bidirectional", "vocabulary", "lower"),
    unused=frozenset(
        {"sequence_length", "skip", "temperatures", "gradient_steps_every"}
    ),
    titles={"batch": "Sentences a step"},
    presets=(
        Preset(
            "both-ways",
            "Both ways, 64 units",
            "Minutes on some thousand sentences.",
            {**_COMMON, "units": 64, "embedding": 64, "epochs": 10.0,
             "options": {"bidirectional": True}},
        ),
        Preset(
            "one-way",
            "One way, 64 units",
            "A label is given before the next word is read.",
            {**_COMMON, "units": 64, "embedding": 64, "epochs": 10.0,
             "options": {"bidirectional": False}},
        ),
    ),
    rough=rough,
    measured=False,
    unit="word",
)  # fmt: skip
