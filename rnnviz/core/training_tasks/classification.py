"""Learning to say what a text is."""

from __future__ import annotations

from collections.abc import Mapping

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import Choice, File, Real, Switch, Words
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters, steps_in
from rnnviz.core.training_tasks.shared_fields import (
    READOUTS,
    batch_tokens,
    longest,
    lower,
    share,
    tokens,
    vocabulary,
    word_vectors,
)
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription

_BYTES_A_TEXT, _BYTES_A_WORD = 700, 5.7
_COMMON: Mapping[str, Setting] = {
    "architecture": "lstm", "layers": 1, "dropout": 0.5, "batch": 64, "optimiser": "adamw",
    "weight_decay": 0.02, "learning_rate": 0.002, "warmup_steps": 100, "validation_every": 200,
    "checkpoint_every": 200, "parameters_every": 100,
}  # fmt: skip


def rough(config: TrainingConfig, size: int) -> Rough:
    """Steps and seconds of a run on texts of so many bytes."""
    steps = steps_in(config, max(1.0, size / _BYTES_A_TEXT))
    longest = int(config.options.get("longest", 400))
    words = min(longest, round(_BYTES_A_TEXT / _BYTES_A_WORD))
    parameters = stack_parameters(config, config.embedding or 100)
    return Rough(steps, seconds_of(config, steps, parameters, words))


def _column(name: str, title: str) -> Words:
    words = "Its name or number, where the header row does not tell"
    return Words(name=name, title=title, help=words)


CLASSIFICATION = TaskDescription(
    key="classification",
    title="Classes of texts",
    about="Reads a text whole and says what it is: praise or blame, a topic, a language.",
    structure="many-to-one",
    data=Data(
        "Labelled texts",
        "Choose a table with a column of labels and one of texts.",
        "Choose a table of labels and texts",
    ),
    options=(
        Choice(
            name="readout",
            title="The verdict sees",
            help="The last state alone, the mean of all states, the largest value of each unit, or "
            "the mean weighted by attention",
            default="last",
            choices=READOUTS,
        ),
        Switch(
            name="bidirectional",
            title="Both ways",
            help="The text is read from both ends",
        ),
        tokens("words", "subwords", "characters"),
        vocabulary("Tokens at most; rarer ones are unknown", 20_000),
        lower("Texts are", default=True),
        longest(
            "Of a longer text so many tokens are trained on, from another place at each pass",
            400,
            1,
            100_000,
        ),
        batch_tokens("texts"),
        share(
            "word_dropout",
            "Words dropped",
            "This share of the tokens is unknown in training, drawn anew at each step",
            high=0.99,
        ),
        share(
            "embedding_dropout",
            "Embedding dropout",
            "This share of the embedding's numbers is dropped in training",
            high=0.99,
        ),
        word_vectors(),
        Real(
            name="embedding_rate",
            title="Embedding's rate",
            help="At what part of the learning rate the embedding learns",
            default=1.0,
            high=100,
            above=True,
            smallest_step=0.01,
        ),
        share(
            "averaging",
            "Averaging",
            "Judged and saved is an average of the weights, of which each step leaves this "
            "share as it was",
            high=0.99999,
            step=0.001,
        ),
        File(
            name="held_out_texts",
            title="Held-out texts",
            help="A table to judge by, instead of holding out a share of the texts",
            choose="Choose a table of labels and texts",
        ),
        _column("label_column", "Column of labels"),
        _column("text_column", "Column of texts"),
    ),
    usual=("readout", "bidirectional", "tokens", "word_dropout"),
    unused=frozenset(
        {"sequence_length", "skip", "temperatures", "gradient_steps_every"}
    ),
    titles={"batch": "Texts a step"},
    presets=(
        Preset(
            "mean",
            "Mean of all states",
            "Minutes on some thousand sentences: every word has a say.",
            {**_COMMON, "units": 64, "embedding": 64, "epochs": 10.0,
             "options": {"readout": "mean", "word_dropout": 0.2, "averaging": 0.99}},
        ),
        Preset(
            "last",
            "Last state alone",
            "The lecture's first way: all but the last state is ignored.",
            {**_COMMON, "units": 64, "embedding": 64, "epochs": 10.0,
             "options": {"readout": "last", "word_dropout": 0.2, "averaging": 0.99}},
        ),
        Preset(
            "attention",
            "Attention over the states",
            "What the verdict looks at is learned, and can be seen.",
            {**_COMMON, "units": 64, "embedding": 64, "epochs": 10.0,
             "options": {"readout": "attention", "word_dropout": 0.2, "averaging": 0.99}},
        ),
    ),
    rough=rough,
    # Reading the texts and cutting their words may take a minute.
    measured=False,
    unit="text",
)  # fmt: skip
