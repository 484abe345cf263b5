"""Learning to give numbers, or classes, for rows of numbers."""

from __future__ import annotations

from collections.abc import Mapping

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import Choice, Switch, Whole, Words
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters, steps_in
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription

_BYTES_A_ROW = 30
_COMMON: Mapping[str, Setting] = {
    "layers": 1, "dropout": 0.0, "batch": 32, "sequence_length": 100, "optimiser": "adam",
    "learning_rate": 0.01, "warmup_steps": 20, "validation_every": 50, "checkpoint_every": 50,
    "parameters_every": 25,
}  # fmt: skip

_FROM_FILES = ("made_up", ("",))


def rough(config: TrainingConfig, size: int) -> Rough:
    """Steps and seconds of a run on rows of so many bytes."""
    rows = size / _BYTES_A_ROW if size else 12_000
    steps = steps_in(config, max(1.0, rows / config.sequence_length))
    parameters = stack_parameters(config, config.embedding or 4)
    return Rough(steps, seconds_of(config, steps, parameters, config.sequence_length))


NUMBERS = TaskDescription(
    key="numbers",
    title="Numbers over time",
    about="Reads rows of numbers and gives numbers or classes for them, or the next row.",
    structure="many-to-many-in-step",
    data=Data(
        "Numbers",
        "Choose a CSV, NPY or NPZ file: a row is a step, a column is a number.",
        "Choose a file of numbers",
    ),
    made="made_up",
    options=(
        Choice(
            name="made_up",
            title="Made up",
            help="Rows that are made up instead of read from a file",
            default="",
            choices={"": "Nothing: a file is read", "flip-flop": "Flip-flop"},
        ),
        Whole(
            name="bits",
            title="Bits",
            help="How many inputs the flip-flop has, each of whose last pulse is to be kept",
            default=3,
            low=1,
            high=16,
            when=("made_up", ("flip-flop",)),
        ),
        Words(
            name="inputs",
            title="Columns read",
            help="Names with commas between them; empty for all that do not come out",
            when=_FROM_FILES,
        ),
        Words(
            name="outputs",
            title="Columns that come out",
            help="Names with commas between them; one that holds words is a class; where none are "
            "named or called y, target or output, the next row is predicted",
            when=_FROM_FILES,
        ),
        Choice(
            name="readout",
            title="An answer",
            help="At every step, or one for each sequence",
            default="every",
            choices={
                "every": "At every step",
                "last": "Once, from the last state",
                "mean": "Once, from the mean of all states",
                "max": "Once, from the maximum of each unit",
                "attention": "Once, from what attention weighs",
            },
        ),
        Switch(name="bidirectional", title="Both ways", help="Rows are read from both ends"),
        Words(
            name="sequence_column",
            title="Column of sequences",
            help="Which column says to which sequence a row belongs, where its name does not",
            when=_FROM_FILES,
        ),
    ),
    usual=("made_up", "inputs", "outputs", "readout"),
    unused=frozenset({"skip", "temperatures", "gradient_steps_every"}),
    titles={"batch": "Sequences a step"},
    presets=(
        Preset(
            "flip-flop",
            "3-bit flip-flop",
            "Three switches, each kept until it is thrown again; learned in a minute, no file is "
            "needed.",
            {**_COMMON, "architecture": "gru", "units": 48, "epochs": 150.0,
             "learning_rate": 0.005, "options": {"made_up": "flip-flop", "bits": 3}},
        ),
        Preset(
            "file",
            "Rows of a file",
            "What comes out are the columns called y, target or output; else the next row.",
            {**_COMMON, "architecture": "lstm", "units": 64, "epochs": 40.0},
        ),
    ),
    rough=rough,
)  # fmt: skip
